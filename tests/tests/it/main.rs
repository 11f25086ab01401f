//! mapgate's tests beyond single rooms: one binary. Routers against an embedded DynamoDB first, then black-box tests
//! over HTTP.
#![expect(
    clippy::expect_used,
    reason = "what a test leans on must be there, or the test ends"
)]

mod house;
mod http;
mod identity;
mod login;
mod mapserver_proxy;
mod oauth;
mod table;
