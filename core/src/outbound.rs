//! The HTTP client towards others: certificate checks, time limits, address guard, no redirects. Made on first use.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::settings::HttpOptions;

/// The client towards backends.
#[derive(Debug)]
pub struct Outbound {
    options: HttpOptions,
    local_refused: bool,
    client: OnceLock<Result<reqwest::Client, String>>,
}

/// The client cannot be made: the machine has no usable certificates. The log has the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the HTTP client cannot be made: {0}")]
pub struct NoClient(String);

impl Outbound {
    /// A client that is made when it is first asked for.
    #[must_use]
    pub fn new(options: HttpOptions) -> Self {
        Self {
            options,
            local_refused: false,
            client: OnceLock::new(),
        }
    }

    /// The same, refusing loopback and link-local addresses: under Lambda the runtime API and the credentials live
    /// there. The address checked is the address connected to.
    #[must_use]
    pub fn without_local_addresses(self) -> Self {
        Self {
            local_refused: true,
            client: OnceLock::new(),
            ..self
        }
    }

    /// Refuses a URL that is none, or that names an address which may not be called. Names are looked at again once
    /// they are resolved; an address in a URL is not resolved, so every call asks here first.
    pub fn check(&self, url: &str) -> Result<(), NotAllowed> {
        let url = Url::parse(url).map_err(|_| NotAllowed)?;
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(NotAllowed),
        };
        let local = self.local_refused && address.is_some_and(is_local);
        let http = matches!(url.scheme(), "http" | "https");
        if local || !http { Err(NotAllowed) } else { Ok(()) }
    }

    /// The client: keeps connections, follows no redirects, decodes nothing, and gives up after
    /// `http_options.timeout` without an answer or without further bytes.
    pub fn client(&self) -> Result<&reqwest::Client, NoClient> {
        let made = self.client.get_or_init(|| {
            let builder = reqwest::Client::builder();
            let builder = if self.local_refused {
                builder.dns_resolver(Arc::new(NotLocal))
            } else {
                builder
            };
            builder
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(self.options.timeout)
                .read_timeout(self.options.timeout)
                .danger_accept_invalid_certs(!self.options.verify)
                .no_proxy()
                .build()
                .map_err(|error| error.to_string())
        });
        made.as_ref().map_err(|error| NoClient(error.clone()))
    }
}

/// A URL that may not be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the URL is not one that may be called")]
pub struct NotAllowed;

/// Loopback, link-local (the metadata services) or unspecified, also as an IPv4 address in an IPv6 one.
fn is_local(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_link_local() || v4.is_unspecified(),
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unicast_link_local()
                || v6.is_unspecified()
                || v6.to_ipv4().is_some_and(|v4| is_local(IpAddr::V4(v4)))
                // Amazon's metadata service over IPv6.
                || v6.segments() == [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254]
        }
    }
}

/// The system's resolver, less local addresses.
#[derive(Debug)]
struct NotLocal;

impl Resolve for NotLocal {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| !is_local(address.ip())).collect();
            if allowed.is_empty() {
                return Err(NotAllowed.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn outbound() -> Outbound {
        Outbound::new(HttpOptions {
            verify: true,
            timeout: Duration::from_secs(1),
        })
    }

    #[tokio::test]
    async fn local_addresses_are_refused_however_they_are_written() {
        let guarded = outbound().without_local_addresses();
        for url in [
            "http://127.0.0.1:9001/2018-06-01/runtime",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0.0.0.0/",
            "http://169.254.169.254/latest/meta-data",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "file:///etc/passwd",
            "nonsense",
        ] {
            assert_eq!(guarded.check(url), Err(NotAllowed), "{url}");
        }
        for url in ["http://10.0.0.1/", "https://maps.example.com/ows"] {
            assert_eq!(guarded.check(url), Ok(()), "{url}");
        }
        assert_eq!(outbound().check("http://127.0.0.1/"), Ok(()));
        let answer = guarded.client().unwrap().get("http://localhost:9/").send().await;
        let error = answer.unwrap_err();
        assert!(format!("{error:?}").contains("NotAllowed"), "{error:?}");
    }
}
