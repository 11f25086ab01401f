//! Starts a router under Lambda; the only room that knows it.

mod buffered;
mod event;
mod mails;
mod start;
mod streamed;
mod told;

use std::future::Future;
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use lambda_http::lambda_runtime::{self, LambdaEvent, Service};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Request, StreamAdapter};
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::gate::Gate;
use crate::http::{front, without_prefix};
use crate::measure::{Since, measured};
use crate::settings::InvokeMode;
use buffered::{Buffered, Gathered};
use streamed::Streamed;
use told::Told;

pub use start::{gate_of, gate_of_environment, log, log_filter};

/// A function's `main`: reads settings, makes the gate, and serves events until Lambda ends the process.
///
/// With bad environment or settings it exits at once, non-zero, with one readable line per fault. How its answers go
/// out is `MAPGATE_INVOKE_MODE`'s to say: it must be what the gateway before it expects.
pub fn run(router: impl FnOnce(Arc<Gate>) -> Router) -> ExitCode {
    start(async |gate| match gate.settings.invoke_mode {
        InvokeMode::Buffered => lambda_runtime::run(of_http(gate, router)).await,
        InvokeMode::ResponseStream => stream(gate, router).await,
    })
}

/// Serves with answers that stream, until one breaks off.
async fn stream(
    gate: Arc<Gate>,
    router: impl FnOnce(Arc<Gate>) -> Router,
) -> Result<(), lambda_runtime::Error> {
    let broken = Arc::new(Notify::new());
    let streamed = Streamed {
        router: peers(gate, router),
        broken: broken.clone(),
    };
    tokio::select! {
        ended = lambda_runtime::run(Sane(StreamAdapter::from(streamed))) => ended,
        () = broken.notified() => Err("an answer broke off".into()),
    }
}

/// Like [`run`], always buffered, for the function that sends mail: events of the table's stream that tell of a queued mail, and those of
/// a schedule, go to `send`. An error of it makes the invocation a failed one.
pub fn run_with_mails<F, E>(
    router: impl FnOnce(Arc<Gate>) -> Router,
    send: impl Fn(Arc<Gate>) -> F + Send,
) -> ExitCode
where
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: std::error::Error,
{
    start(async |gate| {
        let of_mail = gate.clone();
        lambda_runtime::run(mails::Either::new(of_http(gate, router), move || {
            send(of_mail.clone())
        }))
        .await
    })
}

fn start(serve: impl AsyncFnOnce(Arc<Gate>) -> Result<(), lambda_runtime::Error>) -> ExitCode {
    log();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&[error.to_string()]),
    };
    runtime.block_on(async {
        let gate = match gate_of_environment().await {
            Ok(gate) => Arc::new(gate),
            Err(faults) => return failed(&faults),
        };
        match serve(gate).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&[error.to_string()]),
        }
    })
}

/// The way of HTTP events whose answers are gathered.
fn of_http(
    gate: Arc<Gate>,
    router: impl FnOnce(Arc<Gate>) -> Router,
) -> Sane<Adapter<'static, Gathered, Buffered>> {
    Sane(Adapter::from(Buffered(peers(gate, router))))
}

fn peers(gate: Arc<Gate>, router: impl FnOnce(Arc<Gate>) -> Router) -> Peers {
    let settings = gate.settings.clone();
    Peers {
        clock: gate.clock.clone(),
        router: front(router(gate), &settings),
    }
}

#[expect(
    clippy::print_stderr,
    reason = "a function that cannot start says so in plain lines, whatever the log's form"
)]
fn failed(faults: &[String]) -> ExitCode {
    for fault in faults {
        eprintln!("{fault}");
    }
    ExitCode::FAILURE
}

#[expect(
    clippy::print_stdout,
    reason = "CloudWatch takes metrics from a line that is this JSON and nothing else"
)]
fn say(line: &serde_json::Value) {
    println!("{line}");
}

/// Makes events harmless that `lambda_http` would panic on.
struct Sane<S>(S);

impl<S: Service<LambdaEvent<LambdaRequest>>> Service<LambdaEvent<LambdaRequest>> for Sane<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut event: LambdaEvent<LambdaRequest>) -> Self::Future {
        event::make_sane(&mut event.payload);
        self.0.call(event)
    }
}

/// Puts the event's peer into the request's extensions, and its body into axum's.
#[derive(Clone)]
struct Peers {
    router: Router,
    clock: Clock,
}

impl Peers {
    /// Around a router, for tests.
    #[cfg(test)]
    fn of(router: Router) -> Self {
        Self {
            router,
            clock: Clock::system(),
        }
    }
}

impl Service<Request> for Peers {
    type Response = axum::response::Response;
    type Error = std::convert::Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Service::<axum::extract::Request>::poll_ready(&mut self.router, context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let peer = event::peer(&request);
        let (stage, times) = event::stage(&request);
        let mut request = request.map(axum::body::Body::new);
        for _ in 0..times {
            if let Some(uri) = without_prefix(request.uri(), &stage) {
                *request.uri_mut() = uri;
            }
        }
        request.extensions_mut().insert(peer);
        let context = request.extensions().get::<lambda_runtime::Context>().cloned();
        let (method, clock) = (request.method().clone(), self.clock.clone());
        let answering = self.router.call(request);
        Box::pin(async move {
            let since = Since::now();
            let (answer, measures) = measured(answering).await;
            if let (Ok(response), Some(context)) = (&answer, context) {
                let told = Told {
                    function: &context.env_config.function_name,
                    version: &context.env_config.version,
                    request_id: &context.request_id,
                    method: &method,
                    status: response.status(),
                    took: since.elapsed(),
                    measures: &measures,
                };
                say(&told.line(clock.now()));
            }
            answer
        })
    }
}
