//! Forms: urlencoded or multipart (RFC 7578), in UTF-8, within the limit. Anything else is refused with its reason.

use std::collections::HashSet;
use std::error::Error;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request};
use http::{HeaderValue, header};
use http_body_util::LengthLimitError;

use super::{BODY_LIMIT, Failure};
use crate::settings::Secret;

/// More fields than any form of mapgate's has, a table of boxes for layers and roles among them, or any OAuth request:
/// what looks through them stays quick.
const MAX_FIELDS: usize = 2000;

/// A form's fields, in order. Values can be secrets, so it cannot be printed.
#[derive(Clone, Default)]
pub struct Form(Vec<(String, Secret)>);

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Form {
    /// Reads the body. 415 for another type, 413 beyond 1 MiB, 400 for what is not UTF-8 or not a form.
    pub async fn read(request: Request) -> Result<Self, Failure> {
        let kind = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let kind = kind
            .and_then(|kind| kind.split(';').next())
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        match kind.as_str() {
            "application/x-www-form-urlencoded" => Self::parse(&whole(request.into_body()).await?),
            "multipart/form-data" => {
                let kind = request.headers().get(header::CONTENT_TYPE).cloned();
                let mut form = Self::default();
                form.read_parts(kind, request.into_body(), BODY_LIMIT).await?;
                Ok(form)
            }
            _ => Err(Failure::UnsupportedMediaType),
        }
    }

    /// Reads a query string; an absent one has no fields. 400 for what is not UTF-8 or not percent-encoded rightly.
    pub fn of_query(query: Option<&str>) -> Result<Self, Failure> {
        Self::parse(query.unwrap_or_default().as_bytes())
    }

    fn parse(encoded: &[u8]) -> Result<Self, Failure> {
        let bad = || Failure::BadRequest("the form is not percent-encoded UTF-8".to_owned());
        let text = std::str::from_utf8(encoded).map_err(|_| bad())?;
        let decode = |part: &str| {
            let spaced = part.replace('+', " ");
            let bytes = spaced.as_bytes();
            let broken = |at: usize| {
                !bytes
                    .get(at + 1..at + 3)
                    .is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit))
            };
            if bytes
                .iter()
                .enumerate()
                .any(|(at, byte)| *byte == b'%' && broken(at))
            {
                return Err(bad());
            }
            let decoded = percent_encoding::percent_decode_str(&spaced)
                .decode_utf8()
                .map_err(|_| bad())?;
            Ok(decoded.into_owned())
        };
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        if pairs.clone().nth(MAX_FIELDS).is_some() {
            return Err(too_many());
        }
        let pairs = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, Secret::new(decode(value)?)))
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }

    /// Reads the fields of a `multipart/form-data` body as they arrive, until it is refused; its type tells where each part
    /// ends, 415 where it does not. 413 beyond `limit`, 400 for what is no such form, or not in UTF-8.
    pub async fn read_parts(
        &mut self,
        kind: Option<HeaderValue>,
        body: Body,
        limit: usize,
    ) -> Result<(), Failure> {
        let bad = || Failure::BadRequest("the body is not a multipart form".to_owned());
        let refused = |error: MultipartError| {
            if is_too_large(&error) {
                Failure::TooLarge
            } else {
                bad()
            }
        };
        let mut request = Request::new(body);
        DefaultBodyLimit::max(limit).apply(&mut request);
        if let Some(kind) = kind {
            request.headers_mut().insert(header::CONTENT_TYPE, kind);
        }
        let mut parts = Multipart::from_request(request, &())
            .await
            .map_err(|_| Failure::UnsupportedMediaType)?;
        while let Some(part) = parts.next_field().await.map_err(refused)? {
            if self.0.len() == MAX_FIELDS {
                return Err(too_many());
            }
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(refused)?;
            let value = String::from_utf8(bytes.into()).map_err(|_| bad())?;
            self.0.push((name, Secret::new(value)));
        }
        Ok(())
    }

    /// All fields, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.expose()))
    }

    /// The value of `name`, the last where it is repeated; an empty one counts as absent (RFC 6749 §3.1).
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.secret(name).map(Secret::expose)
    }

    /// The value of `name` as a secret.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<&Secret> {
        let mut values = self.0.iter().filter(|(found, _)| found == name);
        values
            .next_back()
            .map(|(_, value)| value)
            .filter(|value| !value.expose().is_empty())
    }

    /// Whether `name` is there at all, be it empty.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(found, _)| found == name)
    }

    /// Whether `name` stands there twice.
    #[must_use]
    pub fn is_repeated(&self, name: &str) -> bool {
        self.0.iter().filter(|(found, _)| found == name).count() > 1
    }

    /// A name that stands there twice, if any: OAuth requests refuse it (RFC 6749 §3.1), as do those of mapgate's
    /// own forms.
    #[must_use]
    pub fn repeated(&self) -> Option<&str> {
        // A body can hold hundreds of thousands of names: each is looked at once.
        let mut seen = HashSet::new();
        let mut names = self.0.iter().map(|(name, _)| name.as_str());
        names.find(|name| !seen.insert(*name))
    }

    /// The value of `name`, or a 400 that names it.
    pub fn required(&self, name: &str) -> Result<&Secret, Failure> {
        self.secret(name)
            .ok_or_else(|| Failure::BadRequest(format!("the field {name} is missing")))
    }
}

fn too_many() -> Failure {
    Failure::BadRequest("too many fields".to_owned())
}

/// A whole body: 413 beyond the limit, however it is sent, 400 where it breaks off.
async fn whole(body: Body) -> Result<Bytes, Failure> {
    to_bytes(body, BODY_LIMIT).await.map_err(|error| {
        if is_too_large(&error) {
            return Failure::TooLarge;
        }
        Failure::BadRequest("the body cannot be read".to_owned())
    })
}

/// Whether a body could not be read since it is longer than it may be.
fn is_too_large(error: &(dyn Error + 'static)) -> bool {
    let mut reasons = std::iter::successors(Some(error), |error| (*error).source());
    reasons.any(<dyn Error>::is::<LengthLimitError>)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_decoded_and_empty_ones_are_absent() {
        let form = Form::of_query(Some("login=j%C3%A9+n&password=&otp")).unwrap();
        assert_eq!(form.get("login"), Some("jé n"));
        assert_eq!(
            (form.get("password"), form.has("password"), form.has("otp")),
            (None, true, true)
        );
        let missing = form.required("password").unwrap_err();
        assert_eq!(
            missing,
            Failure::BadRequest("the field password is missing".to_owned())
        );
    }

    #[test]
    fn more_fields_than_any_form_has_are_refused() {
        assert!(Form::of_query(Some(&"a&".repeat(MAX_FIELDS))).is_ok());
        assert!(Form::of_query(Some(&"a&".repeat(MAX_FIELDS + 1))).is_err());
    }

    #[test]
    fn broken_encodings_are_refused() {
        for query in ["a=%", "a=%4", "a=%zz", "a=%ff", "%c3=1"] {
            assert!(Form::of_query(Some(query)).is_err(), "{query}");
        }
    }

    #[test]
    fn a_repeated_name_is_known_by_its_decoded_form() {
        assert_eq!(
            Form::of_query(Some("a=1&b=2&%61=3")).unwrap().repeated(),
            Some("a")
        );
        assert_eq!(Form::of_query(Some("a=1&b=2&A=3")).unwrap().repeated(), None);
    }

    /// In quadratic time, this would take minutes.
    async fn read(kind: &str, body: Body) -> Result<Form, Failure> {
        let request = http::Request::post("/").header(header::CONTENT_TYPE, kind);
        Form::read(request.body(body).unwrap()).await
    }

    /// As a chunked body comes: nobody says its length before.
    fn streamed(chunks: Vec<Result<String, std::io::Error>>) -> Body {
        Body::from_stream(futures_util::stream::iter(chunks))
    }

    const KINDS: [&str; 2] = [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
    ];

    #[tokio::test]
    async fn a_body_that_grows_beyond_the_limit_is_too_large_whatever_its_type() {
        let head = "--b\r\nContent-Disposition: form-data; name=\"login\"\r\n\r\n".to_owned();
        for kind in KINDS {
            for behind in [0, BODY_LIMIT] {
                let chunks = vec![
                    Ok(head.clone()),
                    Ok("x".repeat(BODY_LIMIT)),
                    Ok("x".repeat(behind)),
                ];
                let read = read(kind, streamed(chunks)).await;
                assert_eq!(read.unwrap_err(), Failure::TooLarge, "{kind}");
            }
            let limited = http_body_util::Limited::new(Body::from("x".repeat(100)), 10);
            assert_eq!(
                read(kind, Body::new(limited)).await.unwrap_err(),
                Failure::TooLarge
            );
        }
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_a_bad_request() {
        for kind in KINDS {
            let chunks = vec![Ok("login=jane".to_owned()), Err(std::io::Error::other("gone"))];
            let read = read(kind, streamed(chunks)).await;
            assert!(matches!(read, Err(Failure::BadRequest(_))), "{kind}");
        }
    }

    #[test]
    fn values_are_not_printed() {
        let form = Form::of_query(Some("password=hunter2")).unwrap();
        assert_eq!(format!("{form:?}"), r#"["password"]"#);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(query in "\\PC{0,200}") {
            let _ = Form::of_query(Some(&query));
        }
    }
}
