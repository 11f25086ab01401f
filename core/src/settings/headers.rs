//! `vars.headers`: CORS and additional headers by service.

use std::collections::BTreeMap;
use std::time::Duration;

use http::{HeaderName, HeaderValue};
use url::Url;

use super::outward::header_name;
use super::section::Section;

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

const SERVICES: [(&str, Service); 14] = [
    ("index", Service::Index),
    ("config", Service::Config),
    ("api", Service::Api),
    ("themes", Service::Themes),
    ("login", Service::Login),
    ("mapserver", Service::Mapserver),
    ("print", Service::Print),
    ("profile", Service::Profile),
    ("raster", Service::Raster),
    ("layers", Service::Layers),
    ("error", Service::Error),
    ("oauth", Service::Oauth),
    ("externalresource", Service::Externalresource),
    ("admin", Service::Admin),
];

const MAX_AGE: u32 = 3600;

impl ServiceHeaders {
    pub(super) fn read(section: Section<'_>) -> Self {
        let read = |(name, service)| (service, Headers::read(section.section_named(name, "<service>")));
        let services = SERVICES.into_iter().map(read).collect();
        section.finish(is_other_service);
        Self {
            services,
            default: Headers::default(),
        }
    }
}

/// The services of `GeoMapFish` that are not served here, of any version 2.
fn is_other_service(name: &str) -> bool {
    let others = [
        "dynamic",
        "apihelp",
        "fulltextsearch",
        "tinyows",
        "vector_tiles",
        "shortener",
        "entry",
        "pdfreport",
    ];
    others.contains(&name) || name.starts_with("mapserver_ogcapi_")
}

impl Default for Headers {
    fn default() -> Self {
        Self {
            access_control_allow_origin: Vec::new(),
            access_control_max_age: Duration::from_secs(MAX_AGE.into()),
            headers: Vec::new(),
        }
    }
}

impl Headers {
    fn read(section: Section<'_>) -> Self {
        let max_age = section.number_or("access_control_max_age", MAX_AGE, &(0..=86_400));
        let headers = Self {
            access_control_allow_origin: section
                .list("access_control_allow_origin", "[]", origin)
                .unwrap_or_default(),
            access_control_max_age: Duration::from_secs(max_age.into()),
            headers: section
                .pairs("headers", header)
                .into_iter()
                .map(|(_, header)| header)
                .collect(),
        };
        section.finish(|key| key.starts_with("cache_control_"));
        headers
    }
}

fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let name = header_name(name).map_err(|_| "not a header name".to_owned())?;
    let value = value
        .trim()
        .parse()
        .map_err(|_| "not a header value".to_owned())?;
    Ok((name, value))
}

fn origin(text: &str) -> Result<AllowedOrigin, String> {
    let text = text.trim();
    if text == "*" {
        return Ok(AllowedOrigin::Any);
    }
    let is_origin = |url: &Url| {
        matches!(url.scheme(), "http" | "https")
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
            && !text.contains('*')
    };
    let url = Url::parse(text).ok().filter(is_origin);
    url.map(|url| AllowedOrigin::Origin(url.origin().ascii_serialization()))
        .ok_or_else(|| "an origin, as https://example.com, or *".to_owned())
}
