//! Answers as a streaming invocation gives them: each piece as it comes.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use lambda_http::Request;
use lambda_http::lambda_runtime::Service;
use tokio::sync::Notify;

use super::Peers;

/// Streams a router's answers. One that breaks off must not look whole, and `lambda_runtime` 1.5 ends it in order, with a
/// line of text behind it: so here it never ends, and `broken` says that the process is to end instead, on which Lambda
/// breaks the answer off as well.
#[derive(Clone)]
pub(super) struct Streamed {
    pub(super) router: Peers,
    pub(super) broken: Arc<Notify>,
}

impl Service<Request> for Streamed {
    type Response = http::Response<Whole>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.router.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let answering = self.router.call(request);
        let broken = self.broken.clone();
        Box::pin(async move {
            Ok(answering.await?.map(|body| Whole {
                body,
                broken,
                is_broken: false,
            }))
        })
    }
}

/// A body that ends only where it is whole.
pub(super) struct Whole {
    body: Body,
    broken: Arc<Notify>,
    is_broken: bool,
}

impl HttpBody for Whole {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // Asked once more, a body that broke off may say that it ends.
        if self.is_broken {
            return Poll::Pending;
        }
        match ready!(Pin::new(&mut self.body).poll_frame(context)) {
            Some(Err(error)) => {
                tracing::error!(%error, "an answer breaks off, and the process with it");
                self.is_broken = true;
                self.broken.notify_one();
                Poll::Pending
            }
            other => Poll::Ready(other),
        }
    }

    fn is_end_stream(&self) -> bool {
        !self.is_broken && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use http_body_util::BodyExt as _;

    use super::*;

    fn answering(pieces: [Result<&'static str, &'static str>; 2]) -> Streamed {
        let pieces = move || {
            let pieces = pieces.map(|piece| piece.map_err(std::io::Error::other));
            Body::from_stream(futures_util::stream::iter(pieces))
        };
        Streamed {
            router: Peers::of(Router::new().route("/", get(async move || pieces()))),
            broken: Arc::default(),
        }
    }

    async fn body_of(streamed: &mut Streamed) -> Whole {
        let request = http::Request::get("/").body(lambda_http::Body::Empty).unwrap();
        streamed.call(request).await.unwrap().into_body()
    }

    #[tokio::test]
    async fn an_answer_arrives_piece_by_piece() {
        let mut streamed = answering([Ok("a"), Ok("b")]);
        let mut body = body_of(&mut streamed).await;
        for piece in ["a", "b"] {
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), piece);
        }
        assert!(body.frame().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn t112_an_answer_that_breaks_off_never_ends_and_the_process_is_told() {
        let mut streamed = answering([Ok("a"), Err("the server is gone")]);
        let mut body = body_of(&mut streamed).await;
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "a");
        let day = std::time::Duration::from_hours(24);
        assert!(tokio::time::timeout(day, body.frame()).await.is_err());
        streamed.broken.notified().await;
    }
}
