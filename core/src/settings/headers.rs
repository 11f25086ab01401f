//! `vars.headers`: CORS and additional headers by service.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

/// A part of the portal that has headers of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// `index`
    Index,
    /// `config`
    Config,
    /// `api`
    Api,
    /// `themes`
    Themes,
    /// `login`
    Login,
    /// `mapserver`
    Mapserver,
    /// `print`
    Print,
    /// `profile`
    Profile,
    /// `raster`
    Raster,
    /// `layers`
    Layers,
    /// `error`
    Error,
    /// `oauth`
    Oauth,
    /// `externalresource`
    Externalresource,
    /// `admin`
    Admin,
}

/// The headers of each service.
#[derive(Debug, Clone)]
pub struct ServiceHeaders {
    services: BTreeMap<Service, Headers>,
    default: Headers,
}

impl ServiceHeaders {
    /// The headers of `service`; the defaults where the settings say nothing.
    #[must_use]
    pub fn get(&self, service: Service) -> &Headers {
        self.services.get(&service).unwrap_or(&self.default)
    }
}

/// CORS and additional headers of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers {
    /// Who may read answers from a page elsewhere.
    pub access_control_allow_origin: Vec<AllowedOrigin>,
    /// How long a preflight's answer may be kept.
    pub access_control_max_age: Duration,
    /// Added to every answer.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// An entry of `access_control_allow_origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigin {
    /// `*`: everyone, without credentials.
    Any,
    /// One origin in its serialised form, `https://example.com[:port]`.
    Origin(String),
}
