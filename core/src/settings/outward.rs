//! How others are called: `vars.resourceproxy`, `vars.http_options`.

use std::collections::BTreeMap;
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
                .pairs("targets", |_, template| target(template))
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

/// A URL template. A value may stand only behind the host, so that it cannot choose one.
fn target(template: &str) -> Result<Target, String> {
    let mut pieces = vec![String::new()];
    let mut characters = template.trim().chars();
    while let Some(character) = characters.next() {
        let piece = match (character, pieces.last_mut()) {
            ('%', Some(piece)) => match characters.next() {
                Some('s') => {
                    pieces.push(String::new());
                    continue;
                }
                Some('%') => piece,
                _ => return Err("holds a % that is neither %s nor %%".to_owned()),
            },
            (_, Some(piece)) => piece,
            (_, None) => continue,
        };
        piece.push(character);
    }
    let url = Url::parse(&pieces.join("1")).map_err(|error| format!("not a URL ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("expected an http or https URL".to_owned());
    }
    let host_ends = pieces.first().and_then(|piece| piece.split_once("://"));
    if pieces.len() > 1 && !host_ends.is_some_and(|(_, rest)| rest.contains(['/', '?'])) {
        return Err("a %s must stand behind the host".to_owned());
    }
    Ok(Target { pieces })
}
