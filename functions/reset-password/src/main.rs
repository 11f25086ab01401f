//! The function reset-password under Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    mapgate_core::lambda::run(mapgate_reset_password::router)
}
