//! An AWS on this machine: DynamoDB, SES, Secrets Manager, `CloudFormation`, and Lambda and API Gateway with real processes.

use std::time::Duration;

use tokio::process::Command;

use crate::client::python;
use crate::program::Program;
use crate::site::free_port;

/// How often it is asked whether it serves, and the time between.
const TURNS: usize = 400;
const PAUSE: Duration = Duration::from_millis(50);

/// A running ministack. It ends with its value.
#[derive(Debug)]
pub struct Ministack {
    /// Its endpoint, for `AWS_ENDPOINT_URL`.
    pub url: String,
    program: Program,
}

impl Ministack {
    /// Starts it.
    ///
    /// # Panics
    /// Where it does not start: `tests/run` installs it.
    pub async fn start() -> Self {
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}");
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(python());
        command
            .args(["-m", "ministack"])
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", "127.0.0.1")
            // Else it takes a port of its own for that.
            .env("IOT_MTLS_ENABLED", "0")
            .env("TMPDIR", folder.path())
            // It hands its own environment to functions, where they must find it and not AWS.
            .env("AWS_ENDPOINT_URL", &url)
            .current_dir(folder.path());
        let started = Self {
            url,
            program: Program::of(command, folder),
        };
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        for _ in 0..TURNS {
            if http.get(started.messages_url()).send().await.is_ok() {
                return started;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("ministack does not answer: {}", started.log());
    }

    /// What it has said until now.
    #[must_use]
    pub fn log(&self) -> String {
        self.program.log()
    }

    /// The mails that its SES has taken, once `part` is in them.
    ///
    /// # Panics
    /// Where no such mail comes.
    pub async fn mails_with(&self, part: &str) -> String {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        for _ in 0..TURNS {
            let answer = http.get(self.messages_url()).send().await.unwrap();
            let mails = answer.text().await.unwrap();
            if mails.contains(part) {
                return mails;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("no mail with {part}: {}", self.log());
    }

    fn messages_url(&self) -> String {
        format!("{}/_ministack/ses/messages", self.url)
    }
}
