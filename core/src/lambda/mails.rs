//! The second way in: one function gets the events of its routes, of the table's stream and of a schedule.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use lambda_http::lambda_runtime::{Diagnostic, Error, LambdaEvent, Service};
use lambda_http::request::LambdaRequest;
use serde::Serialize;
use serde_json::{Value, json};

use crate::table::is_key_of_open_mail;

/// What an event asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// That queued mails be sent.
    ToSend,
    /// Nothing: other items of the table were written.
    Nothing,
    /// An answer to a request.
    Http,
}

/// The stream tells of every item; only a mail that was queued is worth a look at the queue. A schedule is `EventBridge`'s
/// rule, or `EventBridge` Scheduler's with the input `{"mapgate": "send-mail"}`.
fn asks(event: &Value) -> Asks {
    if let Some(records) = event["Records"].as_array() {
        let is_of_queue = |record: &Value| {
            record["eventSource"] == "aws:dynamodb"
                && record["eventName"] != "REMOVE"
                && is_key_of_open_mail(&record["dynamodb"]["Keys"])
        };
        return if records.iter().any(is_of_queue) {
            Asks::ToSend
        } else {
            Asks::Nothing
        };
    }
    let is_schedule = event["source"] == "aws.events" || event["detail-type"] == "Scheduled Event";
    if is_schedule || event["mapgate"] == "send-mail" {
        Asks::ToSend
    } else {
        Asks::Http
    }
}

/// A service for either kind of events.
pub(super) struct Either<H, S> {
    http: H,
    send: S,
}

impl<H, S> Either<H, S> {
    pub(super) fn new(http: H, send: S) -> Self {
        Self { http, send }
    }
}

impl<H, S, F, E> Service<LambdaEvent<Value>> for Either<H, S>
where
    H: Service<LambdaEvent<LambdaRequest>>,
    H::Response: Serialize,
    H::Error: std::fmt::Debug + Into<Diagnostic>,
    H::Future: Send + 'static,
    S: Fn() -> F,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: std::error::Error,
{
    type Response = Value;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Value, Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.http
            .poll_ready(context)
            .map_err(|_| Error::from("the router is not ready"))
    }

    fn call(&mut self, event: LambdaEvent<Value>) -> Self::Future {
        let LambdaEvent { payload, context } = event;
        match asks(&payload) {
            Asks::ToSend => {
                let sending = (self.send)();
                Box::pin(async move {
                    let sent = sending.await;
                    sent.map(|()| json!({})).map_err(|error| error.to_string().into())
                })
            }
            Asks::Nothing => Box::pin(async { Ok(json!({})) }),
            Asks::Http => {
                // serde_json's message could quote a value.
                let Ok(payload) = serde_json::from_value(payload) else {
                    return Box::pin(async { Err("an event of an unknown kind".into()) });
                };
                let answering = self.http.call(LambdaEvent { payload, context });
                Box::pin(async move {
                    let answer = answering.await.map_err(|_| Error::from("the router failed"))?;
                    Ok(serde_json::to_value(answer)?)
                })
            }
        }
    }
}

#[cfg(test)]
#[path = "mails_tests.rs"]
mod tests;
