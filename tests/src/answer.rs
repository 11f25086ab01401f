//! What a site answered.

use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        Self {
            status: response.status(),
            headers: response.headers().clone(),
            body: response.bytes().await.unwrap().to_vec(),
        }
    }

    /// Asserts the status and that the body holds `part`, together: one alone proves little.
    ///
    /// # Panics
    /// Where it is not so.
    #[expect(clippy::must_use_candidate, reason = "what it asserts is the point")]
    #[track_caller]
    pub fn is(&self, status: u16, part: &str) -> &Self {
        let text = self.lossy();
        assert!(
            self.status.as_u16() == status && text.contains(part),
            "expected {status} with {part:?}, got {} {:?}\n{text}",
            self.status,
            self.headers
        );
        self
    }

    /// Asserts a header's value; `None` that it is absent.
    ///
    /// # Panics
    /// Where it is not so.
    #[expect(clippy::must_use_candidate, reason = "what it asserts is the point")]
    #[track_caller]
    pub fn has(&self, name: &str, value: Option<&str>) -> &Self {
        assert_eq!(
            self.header(name).as_deref(),
            value,
            "{name} of {} {:?}",
            self.status,
            self.headers
        );
        self
    }

    /// A header's value; several of one name are joined by `, `.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self
            .headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// The body as text.
    ///
    /// # Panics
    /// Where it is not UTF-8.
    #[must_use]
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is not JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{error}: {} {}", self.status, self.lossy()),
        }
    }

    /// Whether it is a PNG.
    #[must_use]
    pub fn is_png(&self) -> bool {
        self.body.starts_with(b"\x89PNG\r\n\x1a\n")
    }

    /// The body for a message: what is not text is only counted.
    fn lossy(&self) -> String {
        match std::str::from_utf8(&self.body) {
            Ok(text) => text.to_owned(),
            Err(_) => format!("({} bytes)", self.body.len()),
        }
    }
}
