//! mapgate on a laptop: the services that the functions need, and the harness that runs them all.

mod builtin_wms;
pub mod doctor;
pub mod dynamodb;
mod folder;
mod greeting;
pub mod harness;
mod import;
mod keys;
pub mod mail;
pub mod manage_users;
pub mod map_server;
mod mapserv;
pub mod options;
mod page;
mod places;
mod sample_map;
pub mod seed;
mod sending;
pub mod service;
pub mod services;
mod smtp;
mod sowing;
