//! What two or more functions of mapgate need, and nothing else.
//!
//! Rooms from the ground up: each imports only those above it in this list.

pub mod clock;
pub mod random;
pub mod measure;
pub mod settings;
pub mod outbound;
pub mod aws;
pub mod secrets;
pub mod table;
pub mod account;
pub mod session;
pub mod oauth;
pub mod identity;
pub mod ogc;
pub mod map_server;
pub mod http;
pub mod pages;
pub mod gate;
pub mod lambda;
