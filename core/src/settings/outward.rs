//! How others are called: `vars.resourceproxy`, `vars.http_options`.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use http::HeaderName;
use url::Url;

use super::section::Section;

/// The resource proxy.
#[derive(Debug, Clone)]
pub struct Resourceproxy {
    /// Name → URL template.
    pub targets: BTreeMap<String, Target>,
    /// The answer's headers that are passed on.
    pub allowed_headers: Vec<HeaderName>,
    /// Whether private, loopback and link-local addresses may be called.
    pub allow_private_addresses: bool,
}

/// A URL template: literal pieces with one value between each two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pieces: Vec<String>,
}

impl Target {
    /// The literal pieces, one more than there are values; `%%` is already a `%`.
    #[must_use]
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// How many values (`%s`) the template takes.
    #[must_use]
    pub fn values(&self) -> usize {
        self.pieces.len().saturating_sub(1)
    }
}

/// How backends are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpOptions {
    /// Whether certificates are checked.
    pub verify: bool,
    /// The longest wait for an answer.
    pub timeout: Duration,
}

const ALLOWED_HEADERS: [&str; 5] = [
    "Content-Type",
    "Cache-Control",
    "Expires",
    "Last-Modified",
    "ETag",
];

impl Resourceproxy {
    pub(super) fn read(section: Section<'_>) -> Self {
        let default = format!("[{}]", ALLOWED_HEADERS.join(", "));
        let allowed = section.list("allowed_headers", &default, header_name);
        let resourceproxy = Self {
            targets: section
                .pairs("targets", |_, template| template.parse())
                .into_iter()
                .collect(),
            allowed_headers: allowed.unwrap_or_else(|| {
                ALLOWED_HEADERS
                    .iter()
                    .filter_map(|name| name.parse().ok())
                    .collect()
            }),
            allow_private_addresses: section.boolean("allow_private_addresses", false),
        };
        section.finish(|_| false);
        resourceproxy
    }
}

impl HttpOptions {
    /// The rest of the parameters of Python's `requests.request` are `GeoMapFish`'s.
    pub(super) fn read(section: Section<'_>) -> Self {
        let options = Self {
            verify: section.boolean("verify", true),
            timeout: section.seconds("timeout", 25),
        };
        section.finish(|key| matches!(key, "allow_redirects" | "cert" | "headers" | "proxies" | "stream"));
        options
    }
}

pub(super) fn header_name(text: &str) -> Result<HeaderName, String> {
    text.trim().parse().map_err(|_| "a header name".to_owned())
}

impl FromStr for Target {
    type Err = String;

    /// A URL template. A value may stand only behind the host, so that it cannot choose one; the error says what is
    /// wrong.
    fn from_str(template: &str) -> Result<Self, String> {
        let pieces = pieces(template.trim())?;
        let filled = |value: &str| Url::parse(&pieces.join(value));
        let url = filled("1").map_err(|error| format!("not a URL ({error})"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("expected an http or https URL".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must have no user and no password".to_owned());
        }
        let host_ends = pieces.first().and_then(|piece| piece.split_once("://"));
        let host_ends = host_ends.is_some_and(|(_, rest)| rest.contains(['/', '?']));
        let same_host = filled("2").is_ok_and(|other| other.origin() == url.origin());
        if pieces.len() > 1 && !(host_ends && same_host) {
            return Err("a %s must stand behind the host".to_owned());
        }
        if pieces.iter().rev().skip(1).any(|piece| piece.contains('#')) {
            return Err("a %s must not stand behind a #, which is never sent".to_owned());
        }
        Ok(Self { pieces })
    }
}

/// What stands before, between and behind each `%s`; `%%` is a `%`.
fn pieces(template: &str) -> Result<Vec<String>, String> {
    let mut pieces = Vec::new();
    let mut piece = String::new();
    let mut characters = template.chars();
    while let Some(character) = characters.next() {
        match (character, (character == '%').then(|| characters.next()).flatten()) {
            ('%', Some('s')) => pieces.push(std::mem::take(&mut piece)),
            ('%', Some('%')) => piece.push('%'),
            ('%', _) => return Err("holds a % that is neither %s nor %%".to_owned()),
            (other, _) => piece.push(other),
        }
    }
    pieces.push(piece);
    Ok(pieces)
}
