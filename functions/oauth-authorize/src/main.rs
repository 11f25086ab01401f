//! The function oauth-authorize under Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    mapgate_core::lambda::run(mapgate_oauth_authorize::router)
}
