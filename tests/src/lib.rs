//! What mapgate's tests share.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what a test leans on must be there, or the test ends"
)]

pub mod gate;
