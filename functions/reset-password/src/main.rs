//! The function reset-password under Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    mapgate_core::lambda::run_with_mails(mapgate_reset_password::router, mapgate_reset_password::on_event)
}
