//! Answers that a client may keep, but asks about each time (RFC 9111 §5.2.2.4).

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::{Body, Bytes};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, StatusCode, header};

/// That an answer is stale as soon as it is there, for those who know no `Cache-Control`.
const LONG_AGO: HeaderValue = HeaderValue::from_static("Thu, 01 Jan 1970 00:00:00 GMT");

/// Gives an answer its whole body, and lets its client keep it: `private, no-cache`, with a validator of our own, and 304
/// where `asked` names it. `response` has been through [`super::private`].
///
/// Who asks is known anew each time, and the validator is made of the bytes, so one who may not have them never gets them
/// from a copy, and two who get different ones never share one. `max-age` would do both: QGIS's cache, which is Qt's, is one
/// for all users of a profile and knows an answer by its URL alone, whatever `Vary` says (tried with Qt 5.15). QGIS takes
/// `Cache-Control` off and prefers a copy that is fresh: only `Expires` makes it ask then.
#[must_use]
pub fn revalidated(asked: &HeaderMap, mut response: Response, whole: Bytes) -> Response {
    let digest = digest(&SHA256, &whole);
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest));
    let headers = response.headers_mut();
    let policy = HeaderValue::from_static("private, no-cache");
    headers.insert(header::CACHE_CONTROL, policy);
    headers.insert(header::EXPIRES, LONG_AGO);
    let known = is_named(&tag, asked);
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    if !known {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(whole.len()));
        *response.body_mut() = Body::from(whole);
        return response;
    }
    // They tell of a body that is not here.
    for name in [
        header::CONTENT_TYPE,
        header::CONTENT_LENGTH,
        header::CONTENT_ENCODING,
        header::CONTENT_DISPOSITION,
    ] {
        headers.remove(name);
    }
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    *response.body_mut() = Body::empty();
    response
}

/// Whether `If-None-Match` names a tag (RFC 9110 §13.1.2). `*` does not: whoever sends it has no copy to go on with.
fn is_named(tag: &str, asked: &HeaderMap) -> bool {
    let lists = asked.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','));
    tags.any(|known| {
        let known = known.trim();
        known.strip_prefix("W/").unwrap_or(known) == tag
    })
}

#[cfg(test)]
mod tests {
    use super::super::private;
    use super::*;

    fn answer(condition: Option<&str>, body: &'static str) -> Response {
        let mut asked = HeaderMap::new();
        if let Some(condition) = condition {
            asked.insert(header::IF_NONE_MATCH, condition.parse().unwrap());
        }
        let mut response = private(Response::new(Body::empty()));
        let kind = HeaderValue::from_static("image/png");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        revalidated(&asked, response, Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn a_copy_is_good_only_where_it_is_the_same() {
        let first = answer(None, "for jane");
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(first.headers()[header::CACHE_CONTROL], "private, no-cache");
        assert_eq!(first.headers()[header::VARY], "Cookie, Authorization");
        let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        for (condition, body, status) in [
            (tag.clone(), "for jane", 304),
            (format!("W/{tag}"), "for jane", 304),
            (format!("\"x\", {tag}"), "for jane", 304),
            (tag.clone(), "for joe", 200),
            ("*".to_owned(), "for jane", 200),
            ("\"x\"".to_owned(), "for jane", 200),
        ] {
            let answer = answer(Some(&condition), body);
            assert_eq!(answer.status().as_u16(), status, "{condition} {body}");
            assert_eq!(answer.headers().contains_key(header::CONTENT_TYPE), status == 200);
            assert_eq!(answer.headers()[header::CACHE_CONTROL], "private, no-cache");
            assert_eq!(answer.headers()[header::EXPIRES], LONG_AGO);
        }
    }
}
