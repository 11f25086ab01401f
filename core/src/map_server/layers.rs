//! A server's layers, as its own capabilities list them.

use std::time::Duration;

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
    let version = match service {
        Service::Wms => "1.3.0",
        Service::Wfs => "2.0.0",
        Service::Wmts => "1.0.0",
        // In 2.0, GeoServer's names are not those of the rules.
        Service::Wcs => "1.1.1",
        Service::Features => return fetch_collections(outbound, url).await,
    };
    let query = format!(
        "SERVICE={}&VERSION={version}&REQUEST=GetCapabilities",
        service.as_str()
    );
    let response = send(outbound, url, query, None, HeaderMap::new()).await?;
    let status = response.status();
    match read_tree(service, response.into_body()).await {
        Ok(tree) if status.is_success() => Ok(tree),
        other => {
            let error = other.err().map(|error| error.to_string());
            tracing::error!(url = place(url), %status, error, "the capabilities cannot be read");
            Err(NotAnswered::Unreadable)
        }
    }
}

/// The collections of an API.
async fn fetch_collections(outbound: &Outbound, url: &str) -> Result<Tree, NotAnswered> {
    let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("application/json"))]);
    let response = send(outbound, url, "f=json".to_owned(), None, headers).await?;
    let status = response.status();
    match read_collections(response.into_body()).await {
        Ok(tree) if status.is_success() => Ok(tree),
        other => {
            let error = other.err().map(|error| error.to_string());
            tracing::error!(url = place(url), %status, error, "the collections cannot be read");
            Err(NotAnswered::Unreadable)
        }
    }
}
