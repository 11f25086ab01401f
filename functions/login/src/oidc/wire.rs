//! How the provider is asked: by core's HTTP client, an answer of at most 1 MiB, and no redirect followed.

use std::future::Future;
use std::pin::Pin;

use mapgate_core::outbound::Outbound;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

/// The most bytes of an answer.
const LONGEST: usize = 1024 * 1024;

/// Core's client, as openidconnect calls it.
pub(super) struct Wire<'a>(pub(super) &'a Outbound);

/// The provider gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct NoAnswer(String);

impl<'c> AsyncHttpClient<'c> for Wire<'_> {
    type Error = NoAnswer;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NoAnswer>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl Wire<'_> {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NoAnswer> {
        self.0.check(&request.uri().to_string()).map_err(fault)?;
        let client = self.0.client().map_err(fault)?;
        let request = reqwest::Request::try_from(request).map_err(fault)?;
        let mut answer = client.execute(request).await.map_err(fault)?;
        let mut response = HttpResponse::new(Vec::new());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        while let Some(chunk) = answer.chunk().await.map_err(fault)? {
            if response.body().len() + chunk.len() > LONGEST {
                return Err(NoAnswer("the answer is too long".to_owned()));
            }
            response.body_mut().extend_from_slice(&chunk);
        }
        Ok(response)
    }
}

/// With its causes, which say more than reqwest's own words.
fn fault(error: impl std::error::Error) -> NoAnswer {
    let causes = std::iter::successors(error.source(), |error| error.source());
    let text = causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
    NoAnswer(text)
}
