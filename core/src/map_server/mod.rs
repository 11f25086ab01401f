//! A map server as the proxy and the administration meet it: its record with its rules, its own capabilities, and how it
//! is called.

mod access;
mod calling;
mod layers;
mod server;

pub use access::{LOOKED_AT, Seen, Shown, UnknownName, look};
pub use calling::{ask, in_time, place, send};
pub use layers::{layers_answer, layers_question, read_layers};
pub use server::Server;

/// Why a map server gave nothing that can be used. The log has the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnswered {
    /// It is down, misconfigured, or it redirects.
    #[error("The map server does not answer.")]
    Down,
    /// It took longer than `http_options.timeout`.
    #[error("The map server does not answer in time.")]
    Slow,
    /// It answered with something else than its capabilities or its collections.
    #[error("The map server's list of its layers cannot be read.")]
    Unreadable,
}
