//! mapgate's tests beyond single rooms: one binary. Routers against an embedded DynamoDB first, then black-box tests
//! over HTTP.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what a test leans on must be there, or the test ends"
)]

mod account;
mod admin;
mod blackbox;
mod fuzz;
mod house;
mod http;
mod identity;
mod infra;
mod login;
mod mapserver_proxy;
mod oauth;
mod reset_password;
mod resourceproxy;
mod table;
mod texts;
