//! A running mapgate: the harness's own program, on a port of its own, with settings and seed of a test's choice.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use tempfile::TempDir;
use tokio::process::Command;

use mapgate_core::gate::Gate;
use mapgate_local::harness::Harness;
use mapgate_local::options::Options;

use crate::actor::Actor;
use crate::program::Program;
use crate::{SEED, VARS, client::repository, password};

const VARS_FILE: &str = "vars.yaml";
const SEED_FILE: &str = "seed.yaml";

/// How a site is to start; the default is the world of the tests, on the harness.
#[derive(Debug, Clone)]
pub struct Setup {
    vars: String,
    seed: String,
    variables: Vec<(String, String)>,
    arguments: Vec<String>,
    address: IpAddr,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            vars: VARS.to_owned(),
            seed: SEED.to_owned(),
            variables: Vec::new(),
            arguments: Vec::new(),
            address: Ipv4Addr::LOCALHOST.into(),
        }
    }
}

impl Setup {
    /// Other settings.
    #[must_use]
    pub fn vars(mut self, text: impl Into<String>) -> Self {
        self.vars = text.into();
        self
    }

    /// Another seed.
    #[must_use]
    pub fn seed(mut self, text: impl Into<String>) -> Self {
        self.seed = text.into();
        self
    }

    /// An environment variable of the program.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// An argument, for [`Setup::start_program`] and [`Setup::spawn`].
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Another address of this machine, for [`Setup::spawn`].
    #[must_use]
    pub fn address(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// Starts it in the test's own process and waits until it serves.
    ///
    /// # Panics
    /// Where it does not start.
    pub async fn start(self) -> Site {
        let folder = self.folder();
        let options = Options {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: None,
            settings: Some(folder.path().join(VARS_FILE)),
            seed: Some(folder.path().join(SEED_FILE)),
            smtp: false,
            services_only: false,
        };
        // Of the test's own environment nothing comes in.
        match Harness::start(&options, self.variables.into_iter().collect()).await {
            Ok(harness) => Site::new(harness.url(), Place::Here(Box::new(harness), folder)),
            Err(fault) => panic!("the harness did not start: {fault:#}"),
        }
    }

    /// Starts the harness's own program and waits until it serves.
    ///
    /// # Panics
    /// Where it does not start, with what it said.
    pub async fn start_program(self) -> Site {
        let mut program = self.spawn();
        let Some(line) = program.line_with("ready ").await else {
            panic!("the harness did not get ready:\n{}", program.log());
        };
        let url = line[line.find("ready ").unwrap() + 6..]
            .trim()
            .trim_end_matches('/')
            .to_owned();
        Site::new(url, Place::Program(Box::new(program)))
    }

    /// Starts the harness's own program, for a test that looks at what it says.
    ///
    /// # Panics
    /// Where there is no such program: `cargo build --workspace` makes it.
    #[must_use]
    pub fn spawn(self) -> Program {
        let folder = self.folder();
        let mut command = Command::new(program("mapgate-local"));
        command
            .args(["--listen", &SocketAddr::new(self.address, 0).to_string()])
            .arg("--settings")
            .arg(folder.path().join(VARS_FILE))
            .arg("--seed")
            .arg(folder.path().join(SEED_FILE))
            .args(&self.arguments)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .envs(self.variables)
            // What the program leaves there when it is killed goes with the folder.
            .env("TMPDIR", folder.path())
            .current_dir(repository());
        Program::of(command, folder)
    }

    /// Starts only the services, for functions that run elsewhere with `url` as the portal's; they get [`Program::exported`].
    ///
    /// # Panics
    /// Where they do not start, with what they said.
    pub async fn services(self, url: &str) -> Program {
        let setup = self.variable("MAPGATE_BASE_URL", url);
        let mut services = setup.argument("--services-only").spawn();
        let ready = services.line_with("# ready ").await;
        assert!(ready.is_some(), "{}", services.log());
        services
    }

    /// Starts the harness's own program as `cargo run` does, but for the port.
    ///
    /// # Panics
    /// Where there is no such program: `cargo build --workspace` makes it.
    #[must_use]
    pub fn demo() -> Program {
        let folder = tempfile::Builder::new()
            .prefix("mapgate-test-")
            .tempdir()
            .unwrap();
        let mut command = Command::new(program("mapgate-local"));
        command.args(["--listen", "127.0.0.1:0"]).env_clear();
        command
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("TMPDIR", folder.path());
        Program::of(command, folder)
    }

    /// A folder with the settings and the seed.
    fn folder(&self) -> TempDir {
        let folder = tempfile::Builder::new()
            .prefix("mapgate-test-")
            .tempdir()
            .unwrap();
        std::fs::write(folder.path().join(VARS_FILE), &self.vars).unwrap();
        std::fs::write(folder.path().join(SEED_FILE), &self.seed).unwrap();
        folder
    }
}

/// One of the workspace's programs, beside the test's own.
///
/// # Panics
/// Where there is none: `cargo build --workspace` makes them.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let folder = own.ancestors().find(|folder| folder.join(name).is_file());
    match folder {
        Some(folder) => folder.join(name),
        None => panic!("{name} is not built: run tests/run, or cargo build --workspace"),
    }
}

/// A running mapgate.
#[derive(Debug)]
pub struct Site {
    /// Its base URL, without a slash at the end.
    pub url: String,
    http: reqwest::Client,
    place: Place,
}

/// Where a site runs; it ends with its value.
#[derive(Debug)]
pub enum Place {
    /// In this process, with its files.
    Here(Box<Harness>, TempDir),
    /// In another.
    Program(Box<Program>),
    /// In programs that the test itself looks after.
    Elsewhere,
}

impl Site {
    /// The gate of a site in this process, to look at its table.
    ///
    /// # Panics
    /// Where it runs elsewhere.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        match &self.place {
            Place::Here(harness, _) => harness.gate(),
            Place::Program(_) | Place::Elsewhere => panic!("such a site has no gate here: start()"),
        }
    }

    /// The text of the newest mail with `part` in it that the catcher has for `address`; waits for one.
    ///
    /// # Panics
    /// Where none comes within ten seconds.
    pub async fn mail(&self, address: &str, part: &str) -> String {
        for _ in 0..100 {
            let mails = self.anonymous().get("/local/mails").await.json();
            let mut mails = mails.as_array().unwrap().iter();
            let found = mails.find_map(|mail| {
                let text = mail["text"].as_str().unwrap();
                (mail["to"] == address && text.contains(part)).then(|| text.to_owned())
            });
            if let Some(text) = found {
                return text;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("no mail for {address}");
    }

    /// A site that runs at `url`.
    ///
    /// # Panics
    /// Where no HTTP client can be made.
    #[must_use]
    pub fn new(url: String, place: Place) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        let http = http.timeout(std::time::Duration::from_mins(1)).build().unwrap();
        Self { url, http, place }
    }

    /// Its address.
    ///
    /// # Panics
    /// Where its URL has none.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.url.trim_start_matches("http://").parse().unwrap()
    }

    /// Someone whom it does not know.
    #[must_use]
    pub fn anonymous(&self) -> Actor {
        Actor::new(&self.url, &self.http)
    }

    /// A user who has logged in with the form and holds a ticket.
    pub async fn user(&self, username: &str) -> Actor {
        let actor = self.anonymous();
        let fields = [("login", username), ("password", &password(username))];
        actor.post("/login", &fields).await.is(200, username);
        assert!(actor.cookie("auth_tkt").is_some(), "{username} got no ticket");
        actor
    }

    /// The administrator, with a ticket.
    pub async fn admin(&self) -> Actor {
        self.user("admin").await
    }

    /// A client that sends Basic with every request.
    #[must_use]
    pub fn basic(&self, username: &str, password: &str) -> Actor {
        use base64::Engine as _;
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
        self.anonymous().authorized(format!("Basic {pair}"))
    }

    /// What its program has said until now.
    ///
    /// # Panics
    /// Where [`Setup::start_program`] did not start it.
    #[must_use]
    pub fn log(&self) -> String {
        match &self.place {
            Place::Program(program) => program.log(),
            Place::Here(..) | Place::Elsewhere => {
                panic!("such a site has no log of its own: start_program()")
            }
        }
    }

    /// The program that it runs in.
    ///
    /// # Panics
    /// Where [`Setup::start_program`] did not start it.
    pub fn program(&mut self) -> &mut Program {
        match &mut self.place {
            Place::Program(program) => program,
            Place::Here(..) | Place::Elsewhere => panic!("such a site is no program: start_program()"),
        }
    }
}

/// A port of this machine that nobody listens on now.
///
/// # Panics
/// Where there is none.
#[must_use]
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
