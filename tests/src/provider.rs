//! Another `OpenID` provider: `oidc-provider` under Node.js, by `tests/clients/node/provider.mjs`.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use crate::{Actor, Answer, client::repository};

/// A running provider. It ends with its value.
#[derive(Debug)]
pub struct Provider {
    /// Its issuer.
    pub url: String,
    input: ChildStdin,
    child: Child,
}

impl Provider {
    /// The secret of the client `mapgate`, which [`Provider::start`] registers.
    pub const SECRET: &'static str = "a secret of mapgate's at its provider";

    /// Starts one that knows `accounts` (what logs in → claims) and a client `mapgate`, whose redirect URI may have any
    /// port of 127.0.0.1. `more` is added to its configuration.
    ///
    /// # Panics
    /// Where it does not start: `tests/run` installs Node.js and what `tests/clients/node/package.json` names.
    pub async fn start(accounts: &Value, more: &Value) -> Self {
        let mut configuration = json!({
            "accounts": accounts,
            "clients": [{
                "client_id": "mapgate",
                "client_secret": Self::SECRET,
                // The one type whose redirect URI may have any port (RFC 8252 §7.3).
                "application_type": "native",
                "redirect_uris": ["http://127.0.0.1/oidc/callback"],
            }],
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            configuration[name] = value.clone();
        }
        let mut child = Command::new("node")
            .arg(repository().join("tests/clients/node/provider.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("Node.js is installed");
        let mut input = child.stdin.take().unwrap();
        say(&mut input, &configuration).await;
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap();
        let url = line.as_deref().and_then(|line| line.strip_prefix("ready "));
        let url = url
            .expect("the provider starts: tests/run installs it")
            .to_owned();
        // Read on, or its next line would meet a closed pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { url, input, child }
    }

    /// Its process.
    ///
    /// # Panics
    /// Where it has ended.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id().expect("it runs")
    }

    /// From now on it has these accounts.
    pub async fn has(&mut self, accounts: &Value) {
        say(&mut self.input, &json!({ "accounts": accounts })).await;
        // It reads its input before it answers what is asked later.
        reqwest::get(format!("{}/.well-known/openid-configuration", self.url))
            .await
            .unwrap();
    }

    /// Goes from the authorization request `location` through its forms as `login`, whom any password lets in, and gives
    /// the redirect URI with its answer. The browser that logged in before is not asked again.
    ///
    /// # Panics
    /// Where its forms are others than expected.
    pub async fn log_in(&self, browser: &Actor, location: &str, login: &str) -> String {
        let mut answer = browser.get(location).await;
        for _ in 0..10 {
            if answer.status.is_redirection() {
                let next = self.absolute(&answer.header("location").unwrap());
                if !next.starts_with(&self.url) {
                    return next;
                }
                answer = browser.get(&next).await;
            } else {
                let action = between(&answer, " action=\"", "\"");
                let prompt = between(&answer, "name=\"prompt\" value=\"", "\"");
                let fields = [("prompt", prompt.as_str()), ("login", login), ("password", "any")];
                answer = browser.post(&self.absolute(&action), &fields).await;
            }
        }
        panic!("the provider does not come to an end: {answer:?}");
    }

    fn absolute(&self, address: &str) -> String {
        if address.starts_with('/') {
            format!("{}{address}", self.url)
        } else {
            address.to_owned()
        }
    }
}

async fn say(input: &mut ChildStdin, said: &Value) {
    input.write_all(format!("{said}\n").as_bytes()).await.unwrap();
    input.flush().await.unwrap();
}

fn between(answer: &Answer, before: &str, after: &str) -> String {
    let text = answer.text();
    let found = text
        .split_once(before)
        .and_then(|(_, rest)| rest.split_once(after));
    let (found, _) = found.unwrap_or_else(|| panic!("no {before} in {text}"));
    found.to_owned()
}
