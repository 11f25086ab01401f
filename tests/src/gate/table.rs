//! The way to the table: an embedded DynamoDB, and a client of it that notes what is asked, and has go wrong what a test
//! wants.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::sync::Notify;

use super::access;

/// What went by, and what is to go wrong.
#[derive(Debug, Default)]
pub(super) struct Way(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    requests: Vec<String>,
    /// What a function asked for that its role does not allow.
    denied: BTreeSet<String>,
    /// The next answer is lost, though the table did what was asked.
    loses_next: bool,
    /// The next request of this operation does not arrive.
    refuses: Option<String>,
    /// A request of this operation is held back, once so many others of it have gone by.
    holds: Option<(String, usize, Held)>,
}

/// A request that is held back.
#[derive(Debug, Clone, Default)]
pub struct Held {
    came: Arc<Notify>,
    goes: Arc<Notify>,
}

impl Held {
    /// Waits until the request is there.
    pub async fn came(&self) {
        self.came.notified().await;
    }

    /// Lets it go on to the table.
    pub fn let_go(&self) {
        self.goes.notify_one();
    }
}

impl Way {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The operations asked for since the last call.
    pub(super) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state().requests)
    }

    /// What functions asked for beyond their roles since the last call.
    pub(super) fn denied(&self) -> BTreeSet<String> {
        std::mem::take(&mut self.state().denied)
    }

    pub(super) fn lose_next_answer(&self) {
        self.state().loses_next = true;
    }

    pub(super) fn refuse_next(&self, operation: &str) {
        self.state().refuses = Some(operation.to_owned());
    }

    pub(super) fn hold(&self, operation: &str, nth: usize) -> Held {
        let held = Held::default();
        self.state().holds = Some((operation.to_owned(), nth, held.clone()));
        held
    }

    /// The SDK's configuration for the table at `endpoint`.
    pub(super) fn config(self: &Arc<Self>, endpoint: String) -> SdkConfig {
        let inner = mapgate_core::aws::http_client();
        let credentials = Credentials::new("test", "test", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(endpoint)
            .http_client(SharedHttpClient::new(Recording {
                inner,
                way: self.clone(),
            }))
            .build()
    }
}

impl State {
    /// The hold on a request of `operation`, where it is its turn.
    fn held(&mut self, operation: &str) -> Option<Held> {
        let (_, before, _) = self.holds.as_mut().filter(|(held, ..)| held == operation)?;
        if *before > 0 {
            *before -= 1;
            return None;
        }
        self.holds.take().map(|(.., held)| held)
    }
}

/// Starts a DynamoDB in memory and gives its URL. It ends with the test's runtime.
pub(super) async fn embedded_dynamodb() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let database = dynoxide::Database::memory().expect("a database");
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    url
}

/// An HTTP client that notes each request's operation.
#[derive(Debug)]
struct Recording<T> {
    inner: T,
    way: Arc<Way>,
}

impl HttpClient for Recording<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        parts: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, parts);
        let way = self.way.clone();
        SharedHttpConnector::new(Recording { inner, way })
    }
}

impl HttpConnector for Recording<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let denied = access::denied(&operation, request.body().bytes().unwrap_or_default());
        let mut state = self.way.state();
        state.requests.push(operation.clone());
        state.denied.extend(denied);
        if state.refuses.take_if(|refused| *refused == operation).is_some() {
            let fault = ConnectorError::other("refused".into(), None);
            return HttpConnectorFuture::ready(Err(fault));
        }
        if let Some(held) = state.held(&operation) {
            let inner = self.inner.clone();
            return HttpConnectorFuture::new(async move {
                held.came.notify_one();
                held.goes.notified().await;
                inner.call(request).await
            });
        }
        if std::mem::take(&mut state.loses_next) {
            let asked = self.inner.call(request);
            return HttpConnectorFuture::new(async move {
                asked.await?;
                Err(ConnectorError::io("the answer is lost".into()))
            });
        }
        self.inner.call(request)
    }
}
