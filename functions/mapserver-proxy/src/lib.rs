//! mapserver-proxy
