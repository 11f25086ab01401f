//! Who a request acts for, scheme by scheme.

mod authorization;
mod basic;
pub mod bearer;
mod ticket;
mod trusted_header;
mod url_login;

use axum::body::Body;
use http::Request;
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach};
use mapgate_core::identity::{Identity, Peer};
use mapgate_tests::gate::{IDENTIFYING, as_function};

/// What `gate` makes of a request with these headers, from 203.0.113.7.
async fn identify(gate: &Gate, headers: &[(&str, &str)]) -> Result<Identity, Failure> {
    let mut request = Request::get("/loginuser");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let peer = Peer {
        address: [203, 0, 113, 7].into(),
        https: false,
    };
    let (parts, _) = request
        .extension(peer)
        .body(Body::empty())
        .expect("a request")
        .into_parts();
    as_function(IDENTIFYING, gate.identify(&parts, Reach::Own)).await
}

/// The user's name; empty for an anonymous request.
async fn who(gate: &Gate, headers: &[(&str, &str)]) -> Result<String, Failure> {
    Ok(identify(gate, headers)
        .await?
        .user
        .map(|user| user.username)
        .unwrap_or_default())
}
