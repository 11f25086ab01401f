//! The function login under Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    mapgate_core::lambda::run(mapgate_login::router)
}
