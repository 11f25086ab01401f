//! Client authentication (RFC 6749 §2.3.1): by the `Authorization` header or in the body, not both.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use mapgate_core::http::Form;
use mapgate_core::oauth::client_secret_verifies;
use mapgate_core::secrets::Secrets;
use mapgate_core::settings::Secret;
use mapgate_core::table::{Client, MAX_CLIENT_ID};

use crate::error::TokenError;

/// Why somebody is not the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stranger {
    /// A secret that is not the client's: a guess.
    WrongSecret,
    /// No such client, or a secret too many or too few: nothing was guessed.
    Other,
}

/// Who a client says it is.
#[derive(Debug)]
pub(crate) struct Credentials {
    /// The client's identifier: not empty, and short enough for a key.
    pub(crate) client_id: String,
    secret: Option<Secret>,
    by_header: bool,
}

impl Credentials {
    /// Reads them. An empty secret counts as absent, as QGIS sends it for a public client.
    ///
    /// Refuses both ways at once, two headers, other schemes than Basic, and a request that names no client.
    pub(crate) fn of(headers: &HeaderMap, form: &Form) -> Result<Self, TokenError> {
        let mut authorizations = headers.get_all(header::AUTHORIZATION).iter();
        let (body_id, body_secret) = (form.get("client_id"), form.secret("client_secret"));
        let by_header = headers.contains_key(header::AUTHORIZATION);
        let credentials = match (authorizations.next(), authorizations.next()) {
            (None, _) => (body_id.map(str::to_owned), body_secret.cloned()),
            (Some(_), Some(_)) => return Err(TokenError::InvalidRequest("two Authorization headers")),
            (Some(_), None) if body_secret.is_some() => {
                return Err(TokenError::InvalidRequest(
                    "the client authenticates in the header and in the body",
                ));
            }
            (Some(value), None) => {
                let pair = value.to_str().ok().and_then(basic);
                let (id, secret) = pair.ok_or(TokenError::InvalidClient { by_header })?;
                if body_id.is_some_and(|other| other != id) {
                    return Err(TokenError::InvalidRequest(
                        "the header and the body name two clients",
                    ));
                }
                (Some(id), secret)
            }
        };
        let (client_id, secret) = credentials;
        let client_id = client_id.filter(|id| (1..=MAX_CLIENT_ID).contains(&id.len()));
        Ok(Self {
            client_id: client_id.ok_or(TokenError::InvalidClient { by_header })?,
            secret,
            by_header,
        })
    }

    /// The client, where it is the one it says. A public client has no secret and must not send one.
    pub(crate) fn authenticate(&self, client: Option<Client>, secrets: &Secrets) -> Result<Client, Stranger> {
        let client = client.ok_or(Stranger::Other)?;
        match (&client.secret_hash, &self.secret) {
            (None, None) => Ok(client),
            (Some(stored), Some(secret)) => {
                if client_secret_verifies(secrets, &client.client_id, secret, stored) {
                    Ok(client)
                } else {
                    Err(Stranger::WrongSecret)
                }
            }
            _ => Err(Stranger::Other),
        }
    }

    /// The refusal of who is not the client, the same for every reason.
    pub(crate) fn refused(&self) -> TokenError {
        TokenError::InvalidClient {
            by_header: self.by_header,
        }
    }
}

/// The pair of a Basic header, each half form-encoded; `None` for anything else.
fn basic(value: &str) -> Option<(String, Option<Secret>)> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Secret::new(String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?);
    let (id, secret) = decoded.expose().split_once(':')?;
    let secret = form_decoded(secret)?;
    Some((
        form_decoded(id)?,
        (!secret.is_empty()).then(|| Secret::new(secret)),
    ))
}

fn form_decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8();
    decoded.ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: Option<&str>, body: &str) -> Result<Credentials, TokenError> {
        let mut headers = HeaderMap::new();
        if let Some(value) = header {
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        }
        Credentials::of(&headers, &Form::of_query(Some(body)).unwrap())
    }

    fn basic_of(pair: &str) -> String {
        format!("Basic {}", STANDARD.encode(pair))
    }

    fn pair(credentials: &Credentials) -> (&str, Option<&str>) {
        let secret = credentials.secret.as_ref().map(Secret::expose);
        (&credentials.client_id, secret)
    }

    #[test]
    fn the_header_is_form_decoded_and_the_body_is_taken_as_it_is() {
        let by_header = read(Some(&basic_of("a%3Ab+c:p%25%20w%2B")), "client_id=a%3Ab+c").unwrap();
        assert_eq!(pair(&by_header), ("a:b c", Some("p% w+")));
        let in_body = read(None, "client_id=qgis&client_secret=1%2B2").unwrap();
        assert_eq!(pair(&in_body), ("qgis", Some("1+2")));
    }

    #[test]
    fn an_empty_secret_is_none() {
        assert_eq!(
            pair(&read(None, "client_id=qgis&client_secret=").unwrap()),
            ("qgis", None)
        );
        assert_eq!(
            pair(&read(Some(&basic_of("qgis:")), "client_secret=").unwrap()),
            ("qgis", None)
        );
    }

    #[test]
    fn both_ways_at_once_are_refused() {
        let both = read(Some(&basic_of("qgis:1")), "client_secret=1");
        assert!(matches!(both, Err(TokenError::InvalidRequest(_))));
        let two = read(Some(&basic_of("qgis:1")), "client_id=other");
        assert!(matches!(two, Err(TokenError::InvalidRequest(_))));
    }

    #[test]
    fn what_names_no_client_is_no_client() {
        let long = format!("client_id={}", "x".repeat(256));
        for body in ["", "client_id=", &long] {
            let refused = TokenError::InvalidClient { by_header: false };
            assert_eq!(read(None, body).unwrap_err(), refused, "{body}");
        }
        for value in [
            "Bearer abc",
            "Basic",
            "Basic !",
            "Basic cWdpcw==",
            &basic_of(":x"),
            &basic_of("%ff:x"),
        ] {
            let refused = TokenError::InvalidClient { by_header: true };
            assert_eq!(read(Some(value), "").unwrap_err(), refused, "{value}");
        }
    }
}
