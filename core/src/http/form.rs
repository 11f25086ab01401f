//! Forms: urlencoded or multipart (RFC 7578), in UTF-8, within the limit. Anything else is refused with its reason.

use axum::body::to_bytes;
use axum::extract::{FromRequest as _, Multipart, Request};
use http::header;

use super::{BODY_LIMIT, Failure};
use crate::settings::Secret;

/// More fields than any form of mapgate's or any OAuth request has: what looks through them stays quick.
const MAX_FIELDS: usize = 100;

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
            "application/x-www-form-urlencoded" => {
                let body = to_bytes(request.into_body(), BODY_LIMIT)
                    .await
                    .map_err(|_| Failure::TooLarge)?;
                Self::parse(&body)
            }
            "multipart/form-data" => Self::multipart(request).await,
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

    async fn multipart(request: Request) -> Result<Self, Failure> {
        let bad = |_| Failure::BadRequest("the body is not a multipart form".to_owned());
        let mut parts = Multipart::from_request(request, &())
            .await
            .map_err(|_| Failure::UnsupportedMediaType)?;
        let mut fields = Vec::new();
        let refused = |error: axum::extract::multipart::MultipartError| match error.status() {
            http::StatusCode::PAYLOAD_TOO_LARGE => Failure::TooLarge,
            _ => Failure::BadRequest("the body is not a multipart form".to_owned()),
        };
        while let Some(part) = parts.next_field().await.map_err(refused)? {
            if fields.len() == MAX_FIELDS {
                return Err(too_many());
            }
            let name = part.name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(refused)?;
            fields.push((name, Secret::new(String::from_utf8(bytes.to_vec()).map_err(bad)?)));
        }
        Ok(Self(fields))
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
        let names = self.0.iter().map(|(name, _)| name.as_str());
        names
            .enumerate()
            .find(|(at, name)| self.0.iter().take(*at).any(|(other, _)| other == name))
            .map(|(_, name)| name)
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
        assert!(Form::of_query(Some(&"a&".repeat(100))).is_ok());
        assert!(Form::of_query(Some(&"a&".repeat(101))).is_err());
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
