//! The program `mapgate-local doctor`, the harness that it looks at, and what can stand before it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use mapgate_core::settings::SecretsSource;
use mapgate_local::service::{Service, loopback};
use mapgate_tests::{Site, program};
use serde_json::Value;
use tokio::process::Command;

/// What the doctor is told by its environment.
pub type Variables = BTreeMap<String, String>;

/// What the doctor said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    findings: Vec<[String; 4]>,
}

/// The variables in the file that a harness leaves.
pub fn left(path: &Path) -> Variables {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("export "));
    let pairs = lines.map(|line| line.split_once('=').unwrap());
    pairs
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect()
}

/// The file with the keys of a site in this process.
pub fn keys_of(site: &Site) -> PathBuf {
    let path = match &site.gate().settings.secrets {
        SecretsSource::File(path) => Some(path.clone()),
        SecretsSource::SecretsManager(_) => None,
    };
    path.expect("a harness keeps its keys in a file")
}

/// The variables by which a site in this process is found.
pub fn variables_of(site: &Site) -> Variables {
    left(&keys_of(site).with_file_name("environment"))
}

/// Runs the doctor to its end.
pub async fn run(variables: &Variables, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(program("mapgate-local"))
        .arg("doctor")
        .args(arguments)
        .env_clear()
        .envs(variables)
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    assert!(output.stderr.is_empty(), "{output:?}");
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

/// Has the doctor look, and takes down what it found.
pub async fn look(variables: &Variables, arguments: &[&str]) -> Said {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
    let (code, out) = run(variables, &arguments).await;
    let found: Value = serde_json::from_str(&out).unwrap();
    let text = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let findings = found.as_array().unwrap().iter();
    let findings = findings
        .map(|finding| ["state", "subject", "found", "to_do"].map(|name| text(finding, name)))
        .collect();
    Said { code, out, findings }
}

impl Said {
    /// Asserts that a finding of this state and subject holds `found`, and advises what holds `to_do`.
    #[track_caller]
    pub fn tells(&self, state: &str, subject: &str, found: &str, to_do: &str) -> &Self {
        let is_it = |finding: &[String; 4]| {
            finding[0] == state
                && finding[1] == subject
                && finding[2].contains(found)
                && finding[3].contains(to_do)
        };
        assert!(
            self.findings.iter().any(is_it),
            "no {state} {subject}: {found} -> {to_do} in {:#?}",
            self.findings
        );
        let is_wrong = self.findings.iter().any(|finding| finding[0] == "wrong");
        assert_eq!(self.code, i32::from(is_wrong), "{:#?}", self.findings);
        assert!(self.findings.iter().all(|finding| !finding[3].is_empty()));
        self
    }

    /// Asserts that nothing else is wrong than these subjects.
    #[track_caller]
    pub fn only(&self, wrong: &[&str]) -> &Self {
        let others = self.findings.iter().filter(|finding| finding[0] == "wrong");
        let others: Vec<_> = others
            .filter(|finding| !wrong.contains(&finding[1].as_str()))
            .collect();
        assert!(others.is_empty(), "{others:#?}");
        self
    }
}

/// What a server that stands before a site does with it.
#[derive(Debug, Clone)]
pub enum Front {
    /// Leads requests for maps to this map server, past mapgate.
    Past(String),
    /// Tells another time.
    Dated(&'static str),
    /// Takes a form's headers and the attributes of cookies away.
    Stripped,
    /// Sends everybody back where they come from, as a base URL of https does before a proxy that tells nothing.
    Back,
    /// Answers all by itself.
    Other,
}

struct Before {
    site: String,
    front: Front,
    http: reqwest::Client,
}

impl Front {
    /// Stands before a site. It ends with its value.
    pub async fn before(self, site: &str) -> Service {
        let before = Before {
            site: site.to_owned(),
            front: self,
            http: reqwest::Client::builder().no_proxy().build().unwrap(),
        };
        let router = Router::new().fallback(pass).with_state(Arc::new(before));
        Service::http(loopback().await.unwrap(), router).unwrap()
    }
}

async fn pass(State(before): State<Arc<Before>>, request: Request) -> Response {
    let path = request.uri().path_and_query().unwrap().as_str();
    let query = request.uri().query().unwrap_or_default();
    let url = match &before.front {
        Front::Past(server) if path.starts_with("/mapserv_proxy") => format!("{server}?{query}"),
        Front::Back => {
            let host = request.headers()[header::HOST].to_str().unwrap();
            let location = [(header::LOCATION, format!("http://{host}{path}"))];
            return (StatusCode::PERMANENT_REDIRECT, location).into_response();
        }
        Front::Other => return "hello".into_response(),
        _ => format!("{}{path}", before.site),
    };
    let answer = before.http.get(url).send().await.unwrap();
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove(header::TRANSFER_ENCODING);
    match &before.front {
        Front::Dated(date) => drop(headers.insert(header::DATE, HeaderValue::from_static(date))),
        Front::Stripped => strip(&mut headers),
        Front::Past(_) | Front::Back | Front::Other => {}
    }
    let body: Bytes = answer.bytes().await.unwrap();
    (status, headers, body).into_response()
}

fn strip(headers: &mut HeaderMap) {
    headers.remove(header::CONTENT_SECURITY_POLICY);
    if let Some(cookie) = headers.remove(header::SET_COOKIE) {
        let bare = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        headers.insert(header::SET_COOKIE, HeaderValue::try_from(bare).unwrap());
    }
}
