//! The function oauth-token under Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    mapgate_core::lambda::run(mapgate_oauth_token::router)
}
