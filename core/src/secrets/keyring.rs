//! When the secret is read: at the first request that needs it, and again past five minutes, or at once (at most
//! every ten seconds) on an unknown key or a digest that fails. No timers, since Lambda freezes between requests.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use super::Secrets;
use crate::aws::{Aws, reason};
use crate::clock::{Clock, Timestamp};
use crate::settings::{Secret, SecretsSource};

const FRESH: Duration = Duration::from_mins(5);
const AT_ONCE: Duration = Duration::from_secs(10);

/// The secret could not be read, and none is at hand. The reason is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret named by MAPGATE_SECRETS cannot be read")]
pub struct SecretsUnavailable;

/// Reads the secret when it is needed and remembers it for a while.
#[derive(Debug)]
pub struct Keyring {
    source: SecretsSource,
    authtkt_secret: Option<Secret>,
    aws: Aws,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    secrets: Option<Arc<Secrets>>,
    tried_at: Option<Timestamp>,
    read_at: Option<Timestamp>,
}

impl Keyring {
    /// A keyring that has read nothing yet. `authtkt_secret` is the environment's, which wins.
    #[must_use]
    pub fn new(source: SecretsSource, authtkt_secret: Option<Secret>, aws: Aws, clock: Clock) -> Self {
        Self {
            source,
            authtkt_secret,
            aws,
            clock,
            state: Mutex::default(),
        }
    }

    /// The keys, at most five minutes old where the source answers. One that was read before outlives a source
    /// that is down.
    pub async fn current(&self) -> Result<Arc<Secrets>, SecretsUnavailable> {
        self.at_most(FRESH).await
    }

    /// The keys, read again unless that was tried in the last ten seconds: for an unknown `kid`, or a digest that
    /// fails, which a rotation explains.
    pub async fn reread(&self) -> Result<Arc<Secrets>, SecretsUnavailable> {
        self.at_most(AT_ONCE).await
    }

    async fn at_most(&self, age: Duration) -> Result<Arc<Secrets>, SecretsUnavailable> {
        let mut state = self.state.lock().await;
        let now = self.clock.now();
        let young = |moment: Option<Timestamp>, age| moment.is_some_and(|moment| now.since(moment) < age);
        if let Some(secrets) = &state.secrets
            && (young(state.read_at, age) || young(state.tried_at, AT_ONCE))
        {
            return Ok(secrets.clone());
        }
        state.tried_at = Some(now);
        // Boxed, as all that is rare: every request has room for what it could wait for, and is moved with it.
        match Box::pin(self.read()).await {
            Ok(secrets) => {
                let secrets = Arc::new(secrets);
                state.secrets = Some(secrets.clone());
                state.read_at = Some(now);
                Ok(secrets)
            }
            Err(reason) => {
                tracing::error!(reason, "the secret named by MAPGATE_SECRETS cannot be read");
                state.secrets.clone().ok_or(SecretsUnavailable)
            }
        }
    }

    /// The keys as they are now, or why they cannot be read: names fields and codes, never values.
    pub async fn read(&self) -> Result<Secrets, String> {
        let document = match &self.source {
            SecretsSource::File(path) => read_file(path.clone()).await?,
            SecretsSource::SecretsManager(id) => {
                let client = aws_sdk_secretsmanager::Client::new(self.aws.config().await);
                let answer = client.get_secret_value().secret_id(id).send().await;
                let answer = answer.map_err(|error| reason(&error))?;
                Secret::new(answer.secret_string.ok_or("it holds no text")?)
            }
        };
        Secrets::parse(document.expose(), self.authtkt_secret.as_ref()).map_err(|error| error.to_string())
    }
}

async fn read_file(path: PathBuf) -> Result<Secret, String> {
    let read = tokio::task::spawn_blocking(move || std::fs::read_to_string(path)).await;
    read.map_err(|error| error.to_string())?
        .map(Secret::new)
        .map_err(|error| error.to_string())
}
