//! The function mapserver-proxy under Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    mapgate_core::lambda::run(mapgate_mapserver_proxy::router)
}
