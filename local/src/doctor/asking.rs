//! Asking a map server or mapgate itself over HTTP, as somebody without a login.

use std::time::{Duration, UNIX_EPOCH};

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use mapgate_core::clock::{Clock, Timestamp};
use mapgate_core::map_server::{layers_answer, place};
use mapgate_core::ogc::{Service, Tree};
use mapgate_core::outbound::{Call, CallError, Outbound};

/// More is not read of an answer.
const LONGEST: usize = 64 * 1024 * 1024;
/// So long an answer may take as a whole, however steadily it comes.
const PATIENCE: Duration = Duration::from_mins(1);

/// Who asks, and by which clock.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The client.
    pub outbound: &'a Outbound,
    /// The clock.
    pub clock: &'a Clock,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
    /// How long its beginning took.
    pub took: Duration,
    /// How far the other end's clock is ahead of this one, in milliseconds, by the header `Date`.
    pub ahead: Option<i64>,
}

impl Asker<'_> {
    /// GETs a URL, with a query behind its own. Follows no redirect.
    pub async fn get(self, url: &str, query: &str, mut headers: HeaderMap) -> Result<Answer, CallError> {
        headers.insert(header::USER_AGENT, HeaderValue::from_static("mapgate-doctor"));
        let call = Call {
            method: Method::GET,
            url: url.to_owned(),
            query: query.to_owned(),
            headers,
            body: None,
        };
        let asking = async {
            let before = self.clock.now();
            let response = self.outbound.call(call).await?;
            let after = self.clock.now();
            let (parts, mut arriving) = response.into_parts();
            let mut body = Vec::new();
            while let Some(piece) = arriving.next().await {
                body.extend_from_slice(&piece?);
                if body.len() > LONGEST {
                    return Err(CallError::Down("its answer is over 64 MB".to_owned()));
                }
            }
            Ok(Answer {
                status: parts.status,
                took: after.since(before),
                ahead: ahead(&parts.headers, before, after),
                headers: parts.headers,
                body,
            })
        };
        tokio::time::timeout(PATIENCE, asking)
            .await
            .unwrap_or(Err(CallError::Slow))
    }
}

impl Answer {
    /// A header's value, where it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The layers that it lists.
    pub async fn layers(&self, service: Service) -> Result<Tree, String> {
        let body = Bytes::from(self.body.clone());
        layers_answer(service, stream::iter([Ok::<_, std::convert::Infallible>(body)])).await
    }

    /// Its status and type, in words.
    #[must_use]
    pub fn told(&self) -> String {
        let kind = self.header("content-type").unwrap_or("no content type");
        match self.header("location") {
            Some(location) if self.status.is_redirection() => {
                format!("{}, a redirect to {}", self.status, place(location))
            }
            _ => format!("{} with {kind}", self.status),
        }
    }
}

/// The header counts whole seconds, so half a second is added; it was written somewhere between question and answer.
fn ahead(headers: &HeaderMap, before: Timestamp, after: Timestamp) -> Option<i64> {
    let date = headers.get(header::DATE)?.to_str().ok()?;
    let date = httpdate::parse_http_date(date).ok()?;
    let date = i64::try_from(date.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()?;
    let between = before.millis().midpoint(after.millis());
    Some(date.saturating_add(500).saturating_sub(between))
}

/// What to do about an address that cannot be asked, beside looking at what is said.
#[must_use]
pub fn advice(error: &CallError) -> &'static str {
    match error {
        CallError::NotAllowed(_) => "correct the URL: it is none that can be called",
        CallError::NoClient(_) => "install the system's root certificates (ca-certificates)",
        CallError::Slow => "see what keeps it, or whether a firewall swallows the connection",
        CallError::Down(reason) if reason.contains("certificate authorities of this machine") => {
            "install the system's root certificates (ca-certificates)"
        }
        CallError::Down(reason) if reason.contains("certificate") => {
            "renew its certificate; one of an authority of your own is trusted by SSL_CERT_FILE"
        }
        CallError::Down(_) => "start it, or correct its URL",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clocks_are_compared_in_the_middle_of_a_question() {
        let date = HeaderMap::from_iter([(
            header::DATE,
            HeaderValue::from_static("Fri, 15 Jan 2027 08:00:00 GMT"),
        )]);
        let (before, after) = (
            Timestamp::from_millis(1_800_000_000_000),
            Timestamp::from_millis(1_800_000_001_000),
        );
        assert_eq!(ahead(&date, before, after), Some(0));
        let later = |by: i64| Timestamp::from_seconds(1_800_000_000 + by);
        assert_eq!(ahead(&date, later(60), later(60)), Some(-59_500));
        assert_eq!(ahead(&HeaderMap::new(), before, after), None);
    }
}
