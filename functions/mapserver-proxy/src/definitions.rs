//! The servers' own `OpenAPI` documents, for the properties by which features can be filtered.

use std::sync::Arc;

use futures_util::StreamExt as _;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use mapgate_core::gate::Gate;
use mapgate_core::map_server::{in_time, place, send};
use serde_json::Value;

use crate::fault::Fault;
use crate::readings::Readings;

/// The largest that is read.
const MAX_DOCUMENT: usize = 8 * 1024 * 1024;
/// Both of the types under which it is known.
const ACCEPT: &str = "application/vnd.oai.openapi+json;version=3.0, application/json";

/// The documents read lately, by their URL.
#[derive(Default)]
pub struct Definitions(Readings<String, Value, Fault>);

impl Definitions {
    /// The document at this URL, read from the server without anything of a user; null where it has none. 502 or 504 where
    /// it cannot be read.
    pub async fn read(&self, gate: &Arc<Gate>, url: &str) -> Result<Arc<Value>, Fault> {
        let limit = gate.settings.http_options.timeout;
        let fetch = || {
            let (gate, url) = (gate.clone(), url.to_owned());
            async move { in_time(limit, &url, fetch(&gate, &url)).await }
        };
        self.0.read(&gate.clock, limit, url.to_owned(), fetch).await
    }
}

async fn fetch(gate: &Gate, url: &str) -> Result<Value, Fault> {
    let unreadable = |error: &str| {
        tracing::error!(
            url = place(url),
            error,
            "the definition of the API cannot be read"
        );
        Fault::backend(
            StatusCode::BAD_GATEWAY,
            "The map server's definition of its API cannot be read.",
        )
    };
    let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(ACCEPT))]);
    let response = send(&gate.outbound, url, String::new(), None, headers).await?;
    if response.status() == StatusCode::NOT_FOUND {
        return Ok(Value::Null);
    }
    if !response.status().is_success() {
        return Err(unreadable(response.status().as_str()));
    }
    let mut body = response.into_body();
    let mut read = Vec::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|error| unreadable(&error.to_string()))?;
        if read.len() + piece.len() > MAX_DOCUMENT {
            return Err(unreadable("it is too large"));
        }
        read.extend_from_slice(&piece);
    }
    serde_json::from_slice(&read).map_err(|error| unreadable(&error.to_string()))
}
