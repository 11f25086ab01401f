//! A function's own program under Lambda's runtime API, as AWS runs it: it asks for events and posts answers.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use mapgate_local::service::{Service, loopback};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::sync::{Mutex, Notify, mpsc};

use crate::program::Program;
use crate::site::{Setup, program};

/// So much of an answer is kept to look at.
const KEPT: usize = 64 * 1024;

/// A running function, with the harness's services behind it. It ends with its value.
#[derive(Debug)]
pub struct Function {
    program: Program,
    events: mpsc::UnboundedSender<Value>,
    answers: mpsc::UnboundedReceiver<Posted>,
    shared: Arc<Shared>,
    _api: Service,
    /// Held until the function ends.
    #[expect(dead_code, reason = "they end with their value")]
    services: Option<Program>,
}

/// What the function posted for one event.
#[derive(Debug)]
pub struct Posted {
    /// Whether it streamed.
    pub streamed: bool,
    /// How it begins.
    pub beginning: Vec<u8>,
    /// How long it was, in bytes.
    pub length: usize,
    /// Whether it came to a proper end.
    pub whole: bool,
}

impl Posted {
    /// Of a streamed answer, what stands before its body: status, headers, cookies.
    ///
    /// # Panics
    /// Where it did not stream.
    #[must_use]
    pub fn prelude(&self) -> Value {
        let end = self.beginning.windows(8).position(|bytes| bytes == [0; 8]);
        serde_json::from_slice(&self.beginning[..end.expect("a prelude")]).expect("JSON")
    }

    /// Of a streamed answer, the body's length.
    ///
    /// # Panics
    /// Where it did not stream.
    #[must_use]
    pub fn body_length(&self) -> usize {
        let end = self.beginning.windows(8).position(|bytes| bytes == [0; 8]);
        self.length - end.expect("a prelude") - 8
    }

    /// A short buffered answer.
    ///
    /// # Panics
    /// Where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        assert_eq!(self.length, self.beginning.len(), "a long answer");
        serde_json::from_slice(&self.beginning).expect("JSON")
    }

    /// The body of a short buffered answer.
    ///
    /// # Panics
    /// Where it is none.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        let answer = self.json();
        let body = answer["body"].as_str().unwrap_or_default();
        if answer["isBase64Encoded"] == true {
            STANDARD.decode(body).expect("base64")
        } else {
            body.as_bytes().to_vec()
        }
    }
}

/// A GET as an HTTP API hands it over (payload 2.0).
#[must_use]
pub fn http_api(path: &str, query: &str) -> Value {
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
        "headers": {"host": "maps.example.com"},
        "requestContext": {
            "accountId": "1", "apiId": "x", "domainName": "maps.example.com", "requestId": "r", "routeKey": "$default",
            "stage": "$default", "time": "12/Mar/2026:19:03:58 +0000", "timeEpoch": 1,
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "x"}
        },
        "isBase64Encoded": false
    })
}

#[derive(Debug)]
struct Shared {
    to_come: Mutex<mpsc::UnboundedReceiver<Value>>,
    posted: mpsc::UnboundedSender<Posted>,
    asked: Notify,
}

impl Function {
    /// Starts the program `name` with these variables more, before the services of `setup`.
    ///
    /// # Panics
    /// Where something does not start.
    pub async fn start(name: &str, setup: Setup, variables: &[(&str, &str)]) -> Self {
        let services = setup.services("http://maps.example.com").await;
        let mut command = Command::new(program(name));
        command
            .env_clear()
            .envs(services.exported())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .envs(variables.iter().copied());
        Self {
            services: Some(services),
            ..Self::of(command).await
        }
    }

    /// Starts a program that finds all else that it needs in its command.
    ///
    /// # Panics
    /// Where it does not start.
    pub async fn of(mut command: Command) -> Self {
        let (events, to_come) = mpsc::unbounded_channel();
        let (posted, answers) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            to_come: Mutex::new(to_come),
            posted,
            asked: Notify::new(),
        });
        let api = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .with_state(shared.clone());
        let api = Service::http(loopback().await.unwrap(), api).unwrap();
        command
            .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
        Self {
            program: Program::of(command, tempfile::tempdir().unwrap()),
            events,
            answers,
            shared,
            _api: api,
            services: None,
        }
    }

    /// Waits until the program has asked for an event, once each time.
    pub async fn asks(&self) {
        self.shared.asked.notified().await;
    }

    /// Hands an event over and waits for what is posted.
    ///
    /// # Panics
    /// Where nothing is posted, with what the program said.
    pub async fn invoke(&mut self, event: Value) -> Posted {
        self.events.send(event).unwrap();
        let Some(posted) = self.answers.recv().await else {
            panic!("no answer: {}", self.program.log());
        };
        posted
    }

    /// Its program.
    pub fn program(&mut self) -> &mut Program {
        &mut self.program
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    shared.asked.notify_one();
    // With the value's end: the program then is killed.
    let Some(event) = shared.to_come.lock().await.recv().await else {
        return StatusCode::GONE.into_response();
    };
    let headers = [
        ("lambda-runtime-aws-request-id", "r"),
        ("lambda-runtime-deadline-ms", "99999999999999"),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-central-1:1:function:x",
        ),
    ];
    (headers, event.to_string()).into_response()
}

async fn response(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Body) -> StatusCode {
    let mode = headers.get("lambda-runtime-function-response-mode");
    let mut posted = Posted {
        streamed: mode.is_some_and(|mode| mode == "streaming"),
        beginning: Vec::new(),
        length: 0,
        whole: true,
    };
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let Ok(piece) = piece else {
            posted.whole = false;
            break;
        };
        posted.length += piece.len();
        let room = KEPT - posted.beginning.len();
        posted
            .beginning
            .extend_from_slice(&piece[..piece.len().min(room)]);
    }
    shared.posted.send(posted).ok();
    StatusCode::ACCEPTED
}
