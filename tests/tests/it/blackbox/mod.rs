//! mapgate as others see it: over HTTP, whole, before a real map server. Modules mirror the URL tree; those named
//! after a client run the real one.

#[macro_use]
mod everywhere;

mod admin;
mod login;
mod mail_servers;
mod mapserv_proxy;
mod notice;
mod oauth;
mod oidc;
mod reset_password;

mod bad_input;
mod basic;
mod costs;
mod doctor;
mod every_route;
mod function;
mod gateways;
mod greeting;
mod import;
mod intranet;
mod manage_users;
mod memory;
mod races;
mod resourceproxy;
mod table_requests;

mod authlib;
mod browser;
mod deployed;
mod gdal;
mod jwt;
mod openid_client;
mod golden;
mod owslib;
mod pyramid;
mod qgis;
mod qgis_api;
mod qgis_server;
mod requests_oauthlib;
mod schemathesis;
mod screenshots;
mod trusted_header;
mod url_login;
mod walk;
mod watch;
