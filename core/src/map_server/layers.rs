//! A server's layers, as its own capabilities list them.

use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use http::{HeaderMap, HeaderValue, header};

use super::{NotAnswered, in_time, place, send};
use crate::ogc::ogcapi::read_collections;
use crate::ogc::{Service, Tree, read_tree};
use crate::outbound::Outbound;

/// The tree of a service at this URL, asked of the server as itself, without anything of a user, within `limit` as a whole.
///
/// Refuses where it cannot be read: without it nobody knows what a name means.
pub async fn read_layers(
    outbound: &Outbound,
    limit: Duration,
    url: &str,
    service: Service,
) -> Result<Tree, NotAnswered> {
    in_time(limit, url, fetch(outbound, url, service)).await
}

async fn fetch(outbound: &Outbound, url: &str, service: Service) -> Result<Tree, NotAnswered> {
    let (query, headers) = layers_question(service);
    let response = send(outbound, url, query, None, headers).await?;
    let status = response.status();
    match layers_answer(service, response.into_body()).await {
        Ok(tree) if status.is_success() => Ok(tree),
        other => {
            let error = other.err();
            tracing::error!(url = place(url), %status, error, "the layers cannot be read");
            Err(NotAnswered::Unreadable)
        }
    }
}

/// What a server is asked for its layers: the query behind its URL, and the headers.
#[must_use]
pub fn layers_question(service: Service) -> (String, HeaderMap) {
    let version = match service {
        Service::Wms => "1.3.0",
        Service::Wfs => "2.0.0",
        Service::Wmts => "1.0.0",
        // In 2.0, GeoServer's names are not those of the rules.
        Service::Wcs => "1.1.1",
        Service::Features => {
            let json = HeaderValue::from_static("application/json");
            return (
                "f=json".to_owned(),
                HeaderMap::from_iter([(header::ACCEPT, json)]),
            );
        }
    };
    let query = format!(
        "SERVICE={}&VERSION={version}&REQUEST=GetCapabilities",
        service.as_str()
    );
    (query, HeaderMap::new())
}

/// The tree in a server's answer to that; refuses, in words, what is neither capabilities nor a list of collections.
pub async fn layers_answer<S, E>(service: Service, body: S) -> Result<Tree, String>
where
    S: Stream<Item = Result<Bytes, E>> + Unpin,
    E: std::fmt::Display,
{
    match service {
        Service::Features => read_collections(body).await.map_err(|error| error.to_string()),
        _ => read_tree(service, body).await.map_err(|error| error.to_string()),
    }
}
