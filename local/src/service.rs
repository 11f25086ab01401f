//! A small HTTP server of the harness: a port, a router, and an orderly end.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::serve::{Listener as _, ListenerExt as _};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use mapgate_core::identity::Peer;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service as _;

/// How long a service may take to finish the requests under way when it is asked to end.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most bytes of an answer that wait in memory for a slow client; a request's head must not be longer, and a URL alone
/// may have 64 KB. `axum::serve` has 400 KB, and no setting for it.
const BUFFER: usize = 128 * 1024;

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

    /// Serves `router` on `listener`; handlers find who is at the other end in [`Peer`].
    pub fn http(listener: TcpListener, router: Router) -> anyhow::Result<Self> {
        let address = listener.local_addr()?;
        Ok(Self::spawn(address, |stop| async move {
            // Else a streamed body waits behind its headers for the peer's delayed acknowledgement, some 40 ms.
            let mut listener = listener.tap_io(|connection| {
                if let Err(fault) = connection.set_nodelay(true) {
                    tracing::debug!(%fault, "a connection keeps waiting to send");
                }
            });
            let connections = TaskTracker::new();
            // Accepting goes on whatever becomes of one connection.
            while let Some((connection, peer)) = stop.run_until_cancelled(listener.accept()).await {
                connections.spawn(serve(connection, peer, router.clone(), stop.clone()));
            }
            drop(listener);
            connections.close();
            connections.wait().await;
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

/// Answers the requests of one connection, until it ends or, once `stop` is cancelled, none is under way.
async fn serve(connection: TcpStream, peer: SocketAddr, router: Router, stop: CancellationToken) {
    let answer = service_fn(move |mut request: Request<Incoming>| {
        // As Lambda's request context tells it.
        request.extensions_mut().insert(Peer {
            address: peer.ip(),
            https: false,
        });
        router.clone().call(request.map(Body::new))
    });
    let connection = http1::Builder::new()
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(connection), answer);
    let mut connection = pin!(connection);
    let served = if let Some(served) = stop.run_until_cancelled(connection.as_mut()).await {
        served
    } else {
        connection.as_mut().graceful_shutdown();
        connection.await
    };
    if let Err(fault) = served {
        tracing::debug!(%peer, %fault, "a connection ended");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A listener on a free port of 127.0.0.1.
pub async fn loopback() -> anyhow::Result<TcpListener> {
    free_port_of(Ipv4Addr::LOCALHOST.into()).await
}

/// A listener on a free port of an address of this machine.
pub async fn free_port_of(address: IpAddr) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind((address, 0)).await;
    listener.with_context(|| format!("no free port on {address}"))
}
