//! The public URL.

use url::Url;

use super::referer::host_with_port;

/// `MAPGATE_BASE_URL`: http or https, with no query, fragment or user, and no slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    origin: String,
    host_with_port: String,
    path_prefix: String,
}

impl BaseUrl {
    /// Checks and normalises; the error says what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| format!("not a URL ({error})"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("expected an http or https URL".to_owned());
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err("must have no query and no fragment".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must have no user and no password".to_owned());
        }
        let host_with_port = host_with_port(&url).ok_or("has no host")?;
        let origin = url.origin().ascii_serialization();
        let path_prefix = url.path().trim_end_matches('/').to_owned();
        Ok(Self {
            text: format!("{origin}{path_prefix}"),
            origin,
            host_with_port,
            path_prefix,
        })
    }

    /// The whole URL, without a slash at the end; also the token issuer.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, host and port, as a browser's `Origin` has them.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The host, with the port where it is not the scheme's own.
    #[must_use]
    pub fn host_with_port(&self) -> &str {
        &self.host_with_port
    }

    /// The path, without a slash at the end: empty, or `/prefix`.
    #[must_use]
    pub fn path_prefix(&self) -> &str {
        &self.path_prefix
    }

    /// Whether the portal is served under https.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }

    /// The absolute URL of `path`, which starts with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("{}{slash}{path}", self.text)
    }
}
