//! Gateway events: who is at the other end, and those that `lambda_http` cannot turn into a request.

use std::net::IpAddr;

use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Uri, header};
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Request, RequestExt as _};

use crate::identity::Peer;

/// The other end: for HTTP API, function URL and REST API the context's source address, for an ALB the last entry of
/// `X-Forwarded-For`, which it appends itself. Gateways set `X-Forwarded-Proto` themselves too.
pub(super) fn peer(request: &Request) -> Peer {
    let last = |name: &str| {
        let value = request
            .headers()
            .get_all(name)
            .iter()
            .next_back()?
            .to_str()
            .ok()?;
        value.rsplit(',').next().map(|entry| entry.trim().to_owned())
    };
    let address = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone(),
        Some(RequestContext::ApiGatewayV1(context)) => context.identity.source_ip.clone(),
        Some(RequestContext::Alb(_)) => last("x-forwarded-for"),
        _ => None,
    };
    let address = address
        .and_then(|address| address.parse().ok())
        .unwrap_or(IpAddr::from([0, 0, 0, 0]));
    Peer {
        address,
        https: last("x-forwarded-proto").is_some_and(|proto| proto.eq_ignore_ascii_case("https")),
    }
}

/// The path that the gateway's stage stands for, with its slash, and how often it stands before the path of the request.
///
/// A REST API leaves the stage out of an event's path, an HTTP API has it there; a client that comes by a custom domain
/// never sees it. `lambda_http` puts it before each path that does not begin with it and a slash.
pub(super) fn stage(request: &Request) -> (String, usize) {
    let (stage, is_in_event) = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => (context.stage.as_deref(), true),
        Some(RequestContext::ApiGatewayV1(context)) => (context.stage.as_deref(), false),
        _ => (None, false),
    };
    let Some(stage) = stage.filter(|stage| *stage != "$default") else {
        return (String::new(), 0);
    };
    let stage = format!("/{stage}");
    let below = request.raw_http_path().strip_prefix(&stage);
    let is_put = !below.is_some_and(|below| below.starts_with('/'));
    let times = usize::from(is_put)
        + usize::from(is_in_event && below.is_some_and(|below| below.is_empty() || below.starts_with('/')));
    (stage, times)
}

/// Turns an event whose URI cannot be built, on which `lambda_http` 1.3 panics, into one for `/` with a Host that the
/// front refuses with 400.
pub(super) fn make_sane(event: &mut LambdaRequest) {
    match event {
        LambdaRequest::ApiGatewayV2(event) => {
            let query = event.raw_query_string.as_deref();
            if !is_sane(&event.headers, event.raw_path.as_deref(), query) {
                event.raw_path = Some("/".to_owned());
                event.raw_query_string = None;
                refuse(&mut event.headers);
            }
        }
        LambdaRequest::ApiGatewayV1(event) => {
            refuse_insane(
                &mut event.path,
                &mut event.headers,
                &mut event.multi_value_headers,
            );
        }
        LambdaRequest::Alb(event) => {
            refuse_insane(
                &mut event.path,
                &mut event.headers,
                &mut event.multi_value_headers,
            );
        }
        _ => {}
    }
}

/// For the events whose query comes as a map, which `lambda_http` encodes itself.
fn refuse_insane(path: &mut Option<String>, headers: &mut HeaderMap, multi_value_headers: &mut HeaderMap) {
    if !is_sane(headers, path.as_deref(), None) {
        *path = Some("/".to_owned());
        multi_value_headers.remove(header::HOST);
        multi_value_headers.remove("x-forwarded-proto");
        refuse(headers);
    }
}

fn is_sane(headers: &HeaderMap, path: Option<&str>, query: Option<&str>) -> bool {
    let host = headers
        .get(header::HOST)
        .map_or(&b"localhost"[..], HeaderValue::as_bytes);
    let proto = headers
        .get("x-forwarded-proto")
        .map_or(&b"https"[..], HeaderValue::as_bytes);
    let (Ok(host), Ok(proto)) = (std::str::from_utf8(host), std::str::from_utf8(proto)) else {
        return false;
    };
    let uri = format!("{proto}://{host}{}", path.unwrap_or_default());
    let Ok(url) = url::Url::parse(&uri) else {
        return false;
    };
    let whole = query
        .filter(|query| !query.is_empty())
        .map_or(url.to_string(), |query| format!("{url}?{query}"));
    matches!(proto, "http" | "https") && host.parse::<Authority>().is_ok() && whole.parse::<Uri>().is_ok()
}

/// Two Host headers, which the front refuses.
fn refuse(headers: &mut HeaderMap) {
    headers.remove("x-forwarded-proto");
    headers.insert(header::HOST, HeaderValue::from_static("malformed"));
    headers.append(header::HOST, HeaderValue::from_static("malformed"));
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
