//! The SDK's HTTP client: the one that calls map servers. The SDK's own would be a second one, with HTTP/2, and would read
//! the machine's certificate authorities once more.

use std::error::Error;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::retries::ErrorKind;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{CaptureConnection, capture_connection};

use crate::outbound::{Addresses, Client, client};

/// The time for a TCP connection, shared by a name's addresses. What else takes long, the limits of each attempt end.
const PATIENCE: Duration = Duration::from_secs(2);

/// An HTTP client for the SDK: HTTP/1.1, no proxy, certificates checked by the machine's authorities.
#[must_use]
pub fn http_client() -> SharedHttpClient {
    SharedHttpClient::new(Http::default())
}

#[derive(Debug, Clone, Default)]
struct Http(Arc<OnceLock<Result<Client, String>>>);

impl HttpClient for Http {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let made = self.0.get_or_init(|| client(Addresses::Any, PATIENCE, true));
        let (client, mut request) = match (made.clone(), whole(request)) {
            (Ok(client), Ok(request)) => (client, request),
            (Err(error), _) => {
                return HttpConnectorFuture::ready(Err(ConnectorError::other(error.into(), None)));
            }
            (_, Err(error)) => return HttpConnectorFuture::ready(Err(error)),
        };
        let used = capture_connection(&mut request);
        if let Some(asked) = request.extensions().get::<CaptureSmithyConnection>() {
            asked.set_connection_retriever(move || connection(&used));
        }
        HttpConnectorFuture::new(async move {
            let answer = client.request(request).await.map_err(fault)?;
            let answer = HttpResponse::try_from(answer.map(SdkBody::from_body_1_x));
            answer.map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The request with its body, which none of our requests streams.
fn whole(request: HttpRequest) -> Result<http::Request<Full<Bytes>>, ConnectorError> {
    let request = request.try_into_http1x();
    let (parts, body) = request
        .map_err(|error| ConnectorError::user(error.into()))?
        .into_parts();
    let body = body
        .bytes()
        .ok_or_else(|| ConnectorError::user("a body that streams".into()))?;
    Ok(http::Request::from_parts(
        parts,
        Full::new(Bytes::copy_from_slice(body)),
    ))
}

/// The connection of a request, so that the SDK leaves it after a failure of the service.
fn connection(used: &CaptureConnection) -> Option<ConnectionMetadata> {
    let used = used.clone();
    used.connection_metadata().as_ref()?;
    let leave = move || {
        if let Some(connection) = used.connection_metadata().as_ref() {
            connection.poison();
        }
    };
    Some(
        ConnectionMetadata::builder()
            .proxied(false)
            .poison_fn(leave)
            .build(),
    )
}

/// As the SDK's retries have it: what was not reached or broke off may be tried again.
fn fault(error: legacy::Error) -> ConnectorError {
    let first: &(dyn Error + 'static) = &error;
    let mut is_slow = false;
    let mut is_io = error.is_connect();
    let mut broke_off = false;
    for reason in std::iter::successors(Some(first), |error| (*error).source()) {
        if let Some(error) = reason.downcast_ref::<io::Error>() {
            is_io = true;
            is_slow |= error.kind() == io::ErrorKind::TimedOut;
        }
        if let Some(error) = reason.downcast_ref::<hyper::Error>() {
            broke_off |= error.is_incomplete_message() || error.is_closed() || error.is_canceled();
        }
    }
    match (is_slow, is_io) {
        (true, _) => ConnectorError::timeout(error.into()),
        (_, true) => ConnectorError::io(error.into()),
        _ => ConnectorError::other(error.into(), broke_off.then_some(ErrorKind::TransientError)),
    }
}
