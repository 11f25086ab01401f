//! mapgate as `infra/README.md` has it deployed, in an AWS on this machine: its own commands, run by a shell.

use std::net::IpAddr;
use std::process::Stdio;
use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use mapgate_local::service::{Service, loopback};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::client::{python, repository};
use crate::ministack::Ministack;
use crate::program::Program;
use crate::site::{Setup, program};
use crate::template::template;

const README: &str = include_str!("../../infra/README.md");
/// What `infra/build` leaves, and what is made of it here.
const BUILT: &str = ".aws-sam/build/template.yaml";
const COPY: &str = ".aws-sam/build/emulated.yaml";
/// The alarms that compare several metrics, which ministack refuses.
const ALARMS: [&str; 4] = ["Failing", "Throttles", "Slow", "TableThrottles"];
/// The stack's name.
const NAME: &str = "mapgate";

/// A stack, its API's address, and the services around it. It ends with its value.
#[derive(Debug)]
pub struct Stack {
    /// The public URL.
    pub url: String,
    /// Where it runs.
    pub aws: Ministack,
    /// What an administrator's shell has after the README's commands.
    pub variables: Vec<(String, String)>,
    _door: Service,
    _services: Program,
    _folder: TempDir,
}

impl Stack {
    /// Deploys what `infra/build` has built, with these settings, then gives it the world of `setup`, and its map server.
    ///
    /// # Panics
    /// Where a command fails, with what it said.
    pub async fn deploy(settings: &str, setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let vars = folder.path().join("vars.yaml");
        std::fs::write(&vars, settings).unwrap();
        let copy = emulated(
            &std::fs::read_to_string(repository().join(BUILT))
                .unwrap_or_else(|_| panic!("{BUILT} is missing: tests/run has infra/build make it")),
        );
        std::fs::write(repository().join(COPY), copy).unwrap();
        for id in template().functions().keys() {
            let release = repository().join(BUILT).with_file_name(id).join("release.txt");
            assert!(
                release.exists(),
                "{}: else a version would not be published",
                release.display()
            );
        }

        let aws = Ministack::start().await;
        let api = Arc::new(OnceLock::new());
        let door = door(&aws.url, api.clone()).await;
        let url = door.url();
        let shell = Shell {
            endpoint: aws.url.clone(),
        };
        let script = script(&url, &vars.display().to_string());
        // What the commands leave in their shell's environment, and the API's name.
        let script = format!(
            "{script}\nenv | grep ^MAPGATE_\nsam list stack-outputs --stack-name {NAME} --output json | grep -A1 ApiId | tail -1"
        );
        let said = shell.run(&script, "a password of the administrator's\n").await;
        let told = |line: &str| {
            let (name, value) = line.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        };
        let lines = said.lines().filter(|line| line.starts_with("MAPGATE_"));
        let variables: Vec<_> = lines.filter_map(told).chain(shell.variables()).collect();
        let id = said.lines().rfind(|line| line.contains("OutputValue"));
        let id = id
            .and_then(|line| line.split('"').nth(3))
            .expect("the API's name");
        api.set(id.to_owned()).unwrap();

        let setup = variables
            .iter()
            .filter(|(name, _)| name != "MAPGATE_SETTINGS" && name != "PATH")
            .fold(setup, |setup, (name, value)| setup.variable(name, value));
        let services = setup.address(own_address().await).services(&url).await;
        Self {
            url,
            aws,
            variables,
            _door: door,
            _services: services,
            _folder: folder,
        }
    }
}

impl Stack {
    /// Runs one of the workspace's programs as the administrator's shell does, and returns what it prints.
    ///
    /// # Panics
    /// Where it fails, with what it said.
    pub async fn run(&self, name: &str, arguments: &[&str]) -> String {
        let output = Command::new(program(name))
            .args(arguments)
            .env_clear()
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .output()
            .await
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{name} {arguments:?}: {said}");
        said
    }
}

/// The README's commands from an empty account on, but for what `tests/run` has done before: installing and building.
fn script(url: &str, vars: &str) -> String {
    let (_, section) = README
        .split_once("## From an empty account")
        .expect("the section");
    let block = section.split("```").nth(1).expect("its commands");
    let lines = block.lines().skip(1).map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !is_done(line));
    let overrides = format!(
        "--template-file {COPY} --config-file {} --no-progressbar --parameter-overrides Architecture=x86_64 BaseUrl={url} TicketSecure=false \
         MailFrom=lindmatt.example",
        // Else it is looked for beside the template.
        repository().join("samconfig.toml").display()
    );
    let script: Vec<String> = lines
        .map(|line| {
            line.replace("sam deploy", &format!("sam deploy {overrides}"))
                .replace(
                    "target/release/manage-users",
                    &program("manage-users").display().to_string(),
                )
                .replace(" vars.yaml", &format!(" {vars}"))
        })
        .collect();
    for wanted in [
        "sam deploy",
        "manage-users keys",
        "manage-users settings",
        "manage-users --create",
    ] {
        let is_there = script.iter().any(|line| {
            let command = line.replace(&program("manage-users").display().to_string(), "manage-users");
            command.starts_with(wanted)
        });
        assert!(is_there, "{wanted}: {script:#?}");
    }
    script.join("\n")
}

/// Whether `tests/run` does this. It says so itself of the build.
fn is_done(line: &str) -> bool {
    const RUN: &str = include_str!("../run");
    if line.starts_with("infra/build") {
        assert!(RUN.contains("infra/build "), "tests/run builds");
        return true;
    }
    ["pip install", "rustup target add", "cargo build"]
        .iter()
        .any(|done| line.starts_with(done))
}

/// The built template without what ministack refuses: metric math and `CodeDeploy`, whose parameter it reads as its
/// default; and a truth that is a parameter, of which it makes a text. Functions read users anew each time, since the
/// tests' sessions are short.
fn emulated(built: &str) -> String {
    let mut text = String::new();
    let (mut leaves_out, mut found) = (false, 0);
    let (before, after) = built.split_once("\n  SafeShift:\n").expect("the parameter");
    let after = after.replacen("Default: 'true'", "Default: 'false'", 1);
    let built = format!("{before}\n  SafeShift:\n{after}");
    let built = built.replace(
        "DeletionProtectionEnabled:\n        Ref: DeletionProtection\n",
        "DeletionProtectionEnabled: true\n",
    );
    for line in built.lines() {
        let key = line.strip_prefix("  ").filter(|key| !key.starts_with([' ', '-']));
        if let Some(key) = key {
            leaves_out = ALARMS.iter().any(|alarm| key == format!("{alarm}:"));
            found += usize::from(leaves_out);
        } else if !line.starts_with(' ') {
            leaves_out = false;
        }
        if leaves_out {
            continue;
        }
        let indentation = line.len() - line.trim_start().len();
        if line.trim_start().starts_with("MAPGATE_TABLE:") {
            text.extend([&line[..indentation], "MAPGATE_IDENTITY_CACHE_SECONDS: '0'\n"]);
            found += 1;
        }
        text.extend([line, "\n"]);
    }
    assert_eq!(found, ALARMS.len() + 1, "{built}");
    text
}

/// A shell of somebody who has the account's keys.
struct Shell {
    endpoint: String,
}

impl Shell {
    fn variables(&self) -> impl Iterator<Item = (String, String)> + use<> {
        // As the README says.
        let region = "eu-central-1";
        [
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_REGION", region),
            ("AWS_DEFAULT_REGION", region),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into_iter()
    }

    /// Runs a script in the repository's folder and returns what it prints.
    async fn run(&self, script: &str, input: &str) -> String {
        let tools = python();
        let tools = tools.parent().unwrap().display();
        let script = format!("export PATH='{tools}':\"$PATH\"\n{script}");
        let mut child = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &script])
            .current_dir(repository())
            .env("SAM_CLI_TELEMETRY", "0")
            .envs(self.variables())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).await.unwrap();
        drop(stdin);
        let output = child.wait_with_output().await.unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let fault = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{script}\n{said}\n{fault}");
        said
    }
}

/// An address of this machine that is not loopback's, where no Lambda function calls anything.
async fn own_address() -> IpAddr {
    let output = Command::new("hostname").arg("-I").output().await.unwrap();
    let addresses = String::from_utf8(output.stdout).unwrap();
    let first = addresses
        .split_whitespace()
        .next()
        .and_then(|first| first.parse().ok());
    first.expect("an address that is not loopback's")
}

#[derive(Clone)]
struct Door {
    client: Client<HttpConnector, Body>,
    endpoint: String,
    api: Arc<OnceLock<String>>,
}

/// The API under a URL of its own, as a custom domain has it: ministack's own URLs have a path before the API's.
async fn door(endpoint: &str, api: Arc<OnceLock<String>>) -> Service {
    let door = Door {
        client: Client::builder(TokioExecutor::new()).build_http(),
        endpoint: endpoint.to_owned(),
        api,
    };
    let router = Router::new().fallback(pass).with_state(door);
    Service::http(loopback().await.unwrap(), router).unwrap()
}

async fn pass(State(door): State<Door>, mut request: Request) -> Response {
    let api = door.api.get().map_or("", String::as_str);
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let uri = format!("{}/_aws/execute-api/{api}/$default{path}", door.endpoint);
    let Ok(uri) = uri.parse() else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    *request.uri_mut() = uri;
    match door.client.request(request).await {
        Ok(answer) => answer.map(Body::new),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
