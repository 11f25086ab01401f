//! Calls to map servers. They go without reqwest, whose layers for redirects, cookies and decoding cost a small map more
//! than the call itself, and which bounds no buffer.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use http_body::Body as _;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use percent_encoding::percent_decode_str;
use tokio::time::{Sleep, sleep, timeout};
use tower::Service;
use url::{Position, Url};

use super::{Addresses, Guarded, NoClient, NotAllowed, Outbound, tls};

/// The most bytes of an answer that wait in memory for a slow client; an answer's head must not be longer.
const BUFFER: usize = 64 * 1024;

/// A client over HTTP/1.1 that keeps connections.
pub(crate) type Client = legacy::Client<HttpsConnector<HttpConnector<Guarded>>, Full<Bytes>>;

/// What a map server is asked.
#[derive(Debug)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The server's URL; a name and a password in it go as `Authorization: Basic`.
    pub url: String,
    /// Parameters behind those that the URL has, percent-encoded.
    pub query: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Option<Bytes>,
}

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// There is no client.
    #[error(transparent)]
    NoClient(#[from] NoClient),
    /// The URL may not be called, or is none.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// No answer, or no further byte of it, within `http_options.timeout`.
    #[error("it does not answer in time")]
    Slow,
    /// It is not there, or broke off.
    #[error("{0}")]
    Down(String),
}

impl CallError {
    /// Of what hyper says, with its reasons. None of them holds the URL.
    fn of(error: &(dyn Error + 'static)) -> Self {
        let reasons = std::iter::successors(Some(error), |error| (*error).source());
        let mut io = reasons
            .clone()
            .filter_map(|error| error.downcast_ref::<io::Error>());
        if io.any(|error| error.kind() == io::ErrorKind::TimedOut) {
            return Self::Slow;
        }
        let reasons: Vec<String> = reasons.map(ToString::to_string).collect();
        Self::Down(reasons.join(": "))
    }
}

impl Outbound {
    /// Calls a map server: follows no redirects, decodes nothing, checks the URL as [`Outbound::check`] does, and gives
    /// up after `http_options.timeout` without an answer.
    pub async fn call(&self, call: Call) -> Result<Response<Arriving>, CallError> {
        let limit = self.options.timeout;
        let request = request(&self.check(&call.url)?, call)?;
        let made = self
            .direct
            .get_or_init(|| client(self.addresses, self.options.timeout, self.options.verify));
        let client = made.as_ref().map_err(|error| NoClient(error.clone()))?;
        match timeout(limit, client.request(request)).await {
            Err(_) => Err(CallError::Slow),
            Ok(Err(error)) => Err(CallError::of(&error)),
            Ok(Ok(response)) => Ok(response.map(|body| Arriving {
                body,
                limit,
                silence: None,
            })),
        }
    }
}

/// A client to `addresses`, with a time limit for a connection and certificates that are checked or not.
pub(crate) fn client(addresses: Addresses, limit: Duration, verify: bool) -> Result<Client, String> {
    let mut http = HttpConnector::new_with_resolver(Guarded(addresses));
    http.enforce_http(false);
    http.set_nodelay(true);
    // Of several addresses each gets its share.
    http.set_connect_timeout(Some(limit));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls::towards_others(verify)?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(http);
    Ok(legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .http1_max_buf_size(BUFFER)
        .build(connector))
}

/// The request as it goes over the wire.
fn request(url: &Url, call: Call) -> Result<Request<Full<Bytes>>, CallError> {
    let mut request = Request::new(Full::new(call.body.unwrap_or_default()));
    *request.uri_mut() = with_query(url, &call.query).parse().map_err(|_| NotAllowed)?;
    *request.method_mut() = call.method;
    *request.headers_mut() = call.headers;
    request
        .headers_mut()
        .entry(header::ACCEPT)
        .or_insert(HeaderValue::from_static("*/*"));
    if let Some(basic) = basic(url) {
        request.headers_mut().insert(header::AUTHORIZATION, basic);
    }
    Ok(request)
}

/// A URL with more parameters behind its own, without a name, a password and a fragment.
fn with_query(url: &Url, query: &str) -> String {
    let separator = match url.query() {
        _ if query.is_empty() => "",
        None => "?",
        Some(own) if own.is_empty() || own.ends_with('&') => "",
        Some(_) => "&",
    };
    let own = &url[Position::BeforeHost..Position::AfterQuery];
    [url.scheme(), "://", own, separator, query].concat()
}

/// The name and the password of a URL (RFC 7617).
fn basic(url: &Url) -> Option<HeaderValue> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    let mut pair: Vec<u8> = percent_decode_str(url.username()).collect();
    pair.push(b':');
    pair.extend(percent_decode_str(url.password().unwrap_or_default()));
    let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The body of an answer, as it comes. It breaks off after `http_options.timeout` without a byte.
#[derive(Debug)]
pub struct Arriving {
    body: Incoming,
    limit: Duration,
    silence: Option<Pin<Box<Sleep>>>,
}

impl Stream for Arriving {
    type Item = Result<Bytes, CallError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        while let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.silence = None;
            match frame {
                None => return Poll::Ready(None),
                Some(Err(error)) => return Poll::Ready(Some(Err(CallError::of(&error)))),
                Some(Ok(frame)) => {
                    // Trailers say nothing that a client may know.
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
            }
        }
        let silence = this.silence.get_or_insert_with(|| Box::pin(sleep(this.limit)));
        ready!(silence.as_mut().poll(context));
        this.silence = None;
        Poll::Ready(Some(Err(CallError::Slow)))
    }
}

impl Service<Name> for Guarded {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let guarded = *self;
        Box::pin(async move { Ok(guarded.resolve(name.as_str()).await?.into_iter()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(url: &str, query: &str) -> Request<Full<Bytes>> {
        let call = Call {
            method: Method::GET,
            url: url.to_owned(),
            query: query.to_owned(),
            headers: HeaderMap::new(),
            body: None,
        };
        request(&Url::parse(url).unwrap(), call).unwrap()
    }

    #[test]
    fn a_servers_own_parameters_stay() {
        for (url, query, expected) in [
            ("http://b/m", "a=1", "http://b/m?a=1"),
            ("http://b/m?", "a=1", "http://b/m?a=1"),
            ("http://b/m?map=/x", "a=1", "http://b/m?map=/x&a=1"),
            ("http://b/m?map=/x&", "a=1", "http://b/m?map=/x&a=1"),
            ("http://b/m?map=/x&#y", "a=1", "http://b/m?map=/x&a=1"),
            ("http://b/m?map=/x", "", "http://b/m?map=/x"),
            ("http://b", "a=1", "http://b/?a=1"),
            ("https://B:8443/é x", "a=1", "https://b:8443/%C3%A9%20x?a=1"),
            ("http://[::1]:80/m", "", "http://[::1]/m"),
        ] {
            assert_eq!(sent(url, query).uri(), expected, "{url}");
        }
    }

    #[test]
    fn a_name_and_a_password_go_as_a_header() {
        let request = sent("http://maps:s%C3%A9cret@b:8080/m?map=/x", "a=1");
        assert_eq!(request.uri(), "http://b:8080/m?map=/x&a=1");
        let header = &request.headers()[header::AUTHORIZATION];
        assert!(header.is_sensitive());
        assert_eq!(header, &format!("Basic {}", STANDARD.encode("maps:sécret")));
        assert!(
            !sent("http://b/", "")
                .headers()
                .contains_key(header::AUTHORIZATION)
        );
    }
}
