//! The HTTP clients towards others: certificate checks, time limits, address guard, no redirects. Made on first use: one
//! for map servers ([`Outbound::call`]), one for all else ([`Outbound::client`]).

mod addresses;
mod call;
pub(crate) mod tls;

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

pub use addresses::Addresses;
pub use call::{Arriving, Call, CallError};
pub(crate) use call::{Client, client};

use crate::settings::HttpOptions;

/// The client towards backends.
#[derive(Debug)]
pub struct Outbound {
    options: HttpOptions,
    addresses: Addresses,
    client: OnceLock<Result<reqwest::Client, String>>,
    direct: OnceLock<Result<call::Client, String>>,
}

/// The client cannot be made: the machine has no usable certificates. The log has the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the HTTP client cannot be made: {0}")]
pub struct NoClient(String);

impl Outbound {
    /// A client to any address, that is made when it is first asked for.
    #[must_use]
    pub fn new(options: HttpOptions) -> Self {
        Self {
            options,
            addresses: Addresses::Any,
            client: OnceLock::new(),
            direct: OnceLock::new(),
        }
    }

    /// Another with the same options that calls only `addresses`, and none that this one may not call. The address
    /// checked is the address connected to.
    #[must_use]
    pub fn limited_to(&self, addresses: Addresses) -> Self {
        Self {
            options: self.options,
            addresses: self.addresses.max(addresses),
            client: OnceLock::new(),
            direct: OnceLock::new(),
        }
    }

    /// Another one, towards whom users are entrusted to: it checks certificates whatever `http_options.verify` says, and
    /// refuses the same addresses.
    #[must_use]
    pub fn checked(&self) -> Self {
        let mut options = self.options;
        options.verify = true;
        Self {
            options,
            addresses: self.addresses,
            client: OnceLock::new(),
            direct: OnceLock::new(),
        }
    }

    /// Refuses a URL that is none, or that names an address which may not be called. Names are looked at again once
    /// they are resolved; an address in a URL is not resolved, so every call asks here first. Gives the URL as it was read,
    /// to be called as such.
    pub fn check(&self, url: &str) -> Result<Url, NotAllowed> {
        let url = Url::parse(url).map_err(|_| NotAllowed)?;
        let address = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(_)) => None,
            None => return Err(NotAllowed),
        };
        let allowed = address.is_none_or(|address| self.addresses.allow(address));
        let http = matches!(url.scheme(), "http" | "https");
        if allowed && http { Ok(url) } else { Err(NotAllowed) }
    }

    /// The client: keeps connections, follows no redirects, decodes nothing, and gives up after
    /// `http_options.timeout` without an answer or without further bytes.
    pub fn client(&self) -> Result<&reqwest::Client, NoClient> {
        let made = self.client.get_or_init(|| {
            let builder = reqwest::Client::builder();
            let builder = match self.addresses {
                Addresses::Any => builder,
                addresses => builder.dns_resolver(Arc::new(Guarded(addresses))),
            };
            builder
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(self.options.timeout)
                .read_timeout(self.options.timeout)
                .tls_backend_preconfigured(tls::towards_others(self.options.verify)?)
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

/// The system's resolver, less what may not be called.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guarded(Addresses);

impl Guarded {
    async fn resolve(self, name: &str) -> Result<Vec<SocketAddr>, Box<dyn Error + Send + Sync>> {
        let found = tokio::net::lookup_host((name, 0)).await?;
        let allowed: Vec<SocketAddr> = found.filter(|found| self.0.allow(found.ip())).collect();
        if allowed.is_empty() {
            return Err(NotAllowed.into());
        }
        Ok(allowed)
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let guarded = *self;
        Box::pin(async move {
            let allowed = guarded.resolve(name.as_str()).await?;
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

    #[test]
    fn local_addresses_are_refused_however_they_are_written() {
        let guarded = outbound().limited_to(Addresses::NotLocal);
        for url in [
            "http://127.0.0.1:9001/2018-06-01/runtime",
            "http://127.0.0.1./",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://017700000001/",
            "http://127.0.0.%31/",
            "http://１２７.０.０.１/",
            "http://①②⑦.⓪.⓪.①/",
            "http://127。0。0。1/",
            "http://a:b@127.0.0.1/",
            "http:\\\\127.0.0.1\\",
            "http:/127.0.0.1/",
            "http:127.0.0.1",
            " http://127.0.0.1/",
            "ht\ntp://127.0.\t0.1/",
            "http://0.0.0.0/",
            "http://0/",
            "http://169.254.169.254/latest/meta-data",
            "http://2852039166/",
            "http://[::1]/",
            "http://[0:0:0:0:0:0:0:1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "file:///etc/passwd",
            "ftp://maps.example.com/",
            "gopher://maps.example.com/",
            "data:text/plain,x",
            "//127.0.0.1/",
            "nonsense",
            "",
        ] {
            assert_eq!(guarded.check(url), Err(NotAllowed), "{url}");
            assert_eq!(
                guarded.limited_to(Addresses::Public).check(url),
                Err(NotAllowed),
                "{url}"
            );
        }
        for (url, public) in [
            ("http://10.0.0.1/", Err(NotAllowed)),
            ("http://[fd00::1]/", Err(NotAllowed)),
            ("https://maps.example.com/ows", Ok(())),
            ("https://1.1.1.1/", Ok(())),
        ] {
            assert!(guarded.check(url).is_ok(), "{url}");
            let checked = guarded.limited_to(Addresses::Public).check(url);
            assert_eq!(checked.map(drop), public, "{url}");
        }
        assert!(outbound().check("http://127.0.0.1/").is_ok());
    }

    #[test]
    fn a_limit_is_never_lifted() {
        let public = outbound().limited_to(Addresses::Public);
        assert_eq!(public.limited_to(Addresses::Any).addresses, Addresses::Public);
    }

    /// The name is no address, so that it passes the check; what it stands for does not.
    #[tokio::test]
    async fn t115_a_name_that_leads_to_a_refused_address_is_not_connected_to() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        for host in ["localhost", "LOCALHOST"] {
            let url = format!("http://{host}:{port}/");
            for addresses in [Addresses::NotLocal, Addresses::Public] {
                let guarded = outbound().limited_to(addresses);
                assert!(guarded.check(&url).is_ok());
                let error = guarded.client().unwrap().get(&url).send().await.unwrap_err();
                assert!(format!("{error:?}").contains("NotAllowed"), "{host}: {error:?}");
                let call = Call {
                    method: http::Method::GET,
                    url: url.clone(),
                    query: String::new(),
                    headers: http::HeaderMap::new(),
                    body: None,
                };
                let error = guarded.call(call).await.unwrap_err();
                assert!(
                    error.to_string().ends_with(&NotAllowed.to_string()),
                    "{host}: {error}"
                );
            }
        }
        let accepted = listener.accept().map_err(|error| error.kind());
        assert!(
            matches!(accepted, Err(std::io::ErrorKind::WouldBlock)),
            "{accepted:?}"
        );
    }
}
