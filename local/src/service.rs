//! A small HTTP server of the harness: a port, a router, and an orderly end.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a service may take to finish the requests under way when it is asked to end.
const PATIENCE: Duration = Duration::from_secs(2);

/// A task that serves on a port of this machine until it is told to stop.
#[derive(Debug)]
pub struct Service {
    address: SocketAddr,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Service {
    /// Runs `serve`, which serves on `address` until the token it is given is cancelled.
    pub fn spawn<F>(address: SocketAddr, serve: impl FnOnce(CancellationToken) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let stop = CancellationToken::new();
        let task = tokio::spawn(serve(stop.clone()));
        Self { address, stop, task }
    }

    /// Serves `router` on `listener`; handlers find the peer's address in `ConnectInfo`.
    pub fn http(listener: TcpListener, router: Router) -> anyhow::Result<Self> {
        let address = listener.local_addr()?;
        Ok(Self::spawn(address, |stop| async move {
            let router = router.into_make_service_with_connect_info::<SocketAddr>();
            // Else a streamed body waits behind its headers for the peer's delayed acknowledgement, some 40 ms.
            let listener = listener.tap_io(|connection| {
                if let Err(fault) = connection.set_nodelay(true) {
                    tracing::debug!(%fault, "a connection keeps waiting to send");
                }
            });
            let server = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
            if let Err(fault) = server.await {
                tracing::error!(%address, %fault, "a service ended");
            }
        }))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://` and where it listens, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes no more requests, lets those under way finish for a moment, and ends.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if tokio::time::timeout(PATIENCE, &mut self.task).await.is_err() {
            // A request that hangs must not keep the harness from ending.
            self.task.abort();
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A listener on a free port of 127.0.0.1.
pub async fn loopback() -> anyhow::Result<TcpListener> {
    TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))
        .await
        .context("no free port on 127.0.0.1")
}
