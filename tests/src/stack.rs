//! mapgate as `infra/README.md` has it deployed, in an AWS on this machine: its own commands, run by a shell.

use std::net::IpAddr;
use std::path::Path;
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
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::client::{python, repository};
use crate::ministack::Ministack;
use crate::program::Program;
use crate::site::{Setup, program};
use crate::template::template;

const README: &str = include_str!("../../infra/README.md");
const RUN: &str = include_str!("../run");
/// What `infra/build` leaves, and what is made of it here.
const BUILT: &str = "target/deployed/template.yaml";
const COPY: &str = "target/deployed/emulated.yaml";
/// The settings that are in it.
const SETTINGS: &str = "tests/world/deployed.yaml";
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
    shell: Shell,
    _door: Service,
    _services: Program,
}

impl Stack {
    /// Deploys what `infra/build` has built, then gives it the world of `setup`, and its map server.
    ///
    /// # Panics
    /// Where a command fails, with what it said.
    pub async fn deploy(setup: Setup) -> Self {
        emulate();
        let aws = Ministack::start().await;
        let api = Arc::new(OnceLock::new());
        let door = door(&aws.url, api.clone()).await;
        let url = door.url();
        let mut shell = Shell::of(&aws.url);
        let script = commands("## From an empty account", &url);
        for wanted in [
            "export MAPGATE_SETTINGS=",
            "sam deploy ",
            "\"$MANAGE_USERS\" keys",
            "\"$MANAGE_USERS\" --create",
        ] {
            assert!(
                script.lines().any(|line| line.starts_with(wanted)),
                "{wanted}: {script}"
            );
        }
        // What the commands leave in their shell's environment, and the API's name.
        let script = format!(
            "{script}\nenv | grep -E '^(MAPGATE_|AUTHTKT_|BASICAUTH)'\nsam list stack-outputs --stack-name {NAME} --output json | \
             grep -A1 ApiId | tail -1"
        );
        let said = shell.run(&script, "a password of the administrator's\n").await;
        shell.variables.extend(said.lines().filter_map(variable));
        let id = said.lines().rfind(|line| line.contains("OutputValue"));
        let id = id
            .and_then(|line| line.split('"').nth(3))
            .expect("the API's name");
        api.set(id.to_owned()).unwrap();

        let setup = shell
            .variables
            .iter()
            .filter(|(name, _)| name != "MAPGATE_SETTINGS")
            .fold(setup, |setup, (name, value)| setup.variable(name, value));
        let services = setup.address(own_address().await).services(&url).await;
        Self {
            url,
            aws,
            shell,
            _door: door,
            _services: services,
        }
    }

    /// Types the README's commands below one of its headings or lines. Where they build, it builds anew with the settings of a file.
    ///
    /// # Panics
    /// Where a command fails, with what it said.
    pub async fn type_in(&self, heading: &str, settings: &Path) -> String {
        let block = block(heading);
        if block.lines().any(|line| line.trim().starts_with("infra/build")) {
            self.build(settings).await;
        }
        self.shell.run(&commands(heading, &self.url), "").await
    }

    /// Builds and deploys anew, with the settings of a file, as the README says of each change.
    ///
    /// # Panics
    /// Where a command fails, with what it said.
    pub async fn upgrade(&self, settings: &Path) {
        self.build(settings).await;
        let script = format!("sam deploy {}", overrides(&self.url));
        self.shell.run(&script, "").await;
    }

    /// As `tests/run` does it.
    async fn build(&self, settings: &Path) {
        let command = RUN
            .lines()
            .skip_while(|line| !line.contains("BUILD_DIR="))
            .take(2);
        let command: String = command.map(|line| line.trim().trim_end_matches('\\')).collect();
        let (command, _) = command.split_once(" >").expect("its log");
        let command = command.replace(SETTINGS, &settings.display().to_string());
        self.shell.run(&command, "").await;
        emulate();
    }

    /// Runs one of the workspace's programs as the administrator's shell does, and returns what it prints.
    ///
    /// # Panics
    /// Where it fails, with what it said.
    pub async fn run(&self, name: &str, arguments: &[&str]) -> String {
        let (success, said) = self.try_run(name, arguments).await;
        assert!(success, "{name} {arguments:?}: {said}");
        said
    }

    /// Runs it too; whether it succeeded, and what it prints.
    ///
    /// # Panics
    /// Where it cannot be run.
    pub async fn try_run(&self, name: &str, arguments: &[&str]) -> (bool, String) {
        let output = Command::new(program(name))
            .args(arguments)
            .env_clear()
            .envs(self.shell.variables.iter().map(|(name, value)| (name, value)))
            .output()
            .await
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.success(), said)
    }
}

/// One of mapgate's variables, where a line of `env` has one.
fn variable(line: &str) -> Option<(String, String)> {
    let (name, value) = line.split_once('=')?;
    let is_mapgates = ["MAPGATE_", "AUTHTKT_", "BASICAUTH"]
        .iter()
        .any(|beginning| name.starts_with(beginning));
    is_mapgates.then(|| (name.to_owned(), value.to_owned()))
}

/// Makes of what `infra/build` has built what ministack takes.
fn emulate() {
    let built = repository().join(BUILT);
    let text = std::fs::read_to_string(&built)
        .unwrap_or_else(|_| panic!("{BUILT} is missing: tests/run has infra/build make it"));
    std::fs::write(repository().join(COPY), emulated(&text)).unwrap();
    for id in template().functions().keys() {
        let release = built.with_file_name(id).join("release.txt");
        assert!(
            release.exists(),
            "{}: else a version would not be published",
            release.display()
        );
    }
}

/// The README's first commands below a heading or line.
fn block(heading: &str) -> &str {
    let (_, section) = README.split_once(heading).expect("the heading");
    section.split("```").nth(1).expect("its commands")
}

/// The README's commands below a heading, but for what `tests/run` has done before, installing and building, and with what is
/// another thing here.
fn commands(heading: &str, url: &str) -> String {
    let lines = block(heading).lines().skip(1).map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !is_done(line));
    let settings = format!("={}", repository().join(SETTINGS).display());
    let lines = lines.map(|line| {
        // The last of an option's values counts, so what the README's line has of it goes along.
        let line = match line.split_once("sam deploy --parameter-overrides ") {
            Some((before, parameters)) => format!("{before}sam deploy {} {parameters}", overrides(url)),
            None => line.replace("sam deploy", &format!("sam deploy {}", overrides(url))),
        };
        line.replace("target/debug/manage-users", "\"$MANAGE_USERS\"")
            .replace("=vars.yaml", &settings)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn overrides(url: &str) -> String {
    format!(
        "--template-file {COPY} --config-file {} --no-progressbar --parameter-overrides Architecture=x86_64 BaseUrl={url} TicketSecure=false \
         MailFrom=lindmatt.example",
        // Else it is looked for beside the template.
        repository().join("samconfig.toml").display()
    )
}

/// Whether `tests/run` does this. It says so itself of the build.
fn is_done(line: &str) -> bool {
    if line.starts_with("infra/build") {
        let built = format!("MAPGATE_SETTINGS={SETTINGS} BUILD_DIR=target/deployed ");
        assert!(
            RUN.contains(&built) && RUN.contains("infra/build "),
            "tests/run builds"
        );
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
#[derive(Debug)]
struct Shell {
    variables: Vec<(String, String)>,
}

impl Shell {
    fn of(endpoint: &str) -> Self {
        // As the README says.
        let region = "eu-central-1";
        let variables = [
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_REGION", region),
            ("AWS_DEFAULT_REGION", region),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
        ];
        Self {
            variables: variables
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        }
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
            .env("AWS_PAGER", "")
            .env("MANAGE_USERS", program("manage-users"))
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
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
