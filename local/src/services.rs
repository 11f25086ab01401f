//! What the functions need around them, started and stopped together.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use anyhow::Context as _;
use mapgate_core::clock::Clock;
use mapgate_core::random::Random;
use mapgate_core::settings::{Environment, Settings, SettingsSource};
use serde_json::{Value, json};

use crate::dynamodb;
use crate::folder::Folder;
use crate::mail::{self, Mails};
use crate::map_server::MapServer;
use crate::options::Options;
use crate::places;
use crate::seed::Seed;
use crate::service::Service;

/// Where the SDK looks for its endpoint; where one is set, no `DynamoDB` is started.
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"];

/// The mail of a password reset, where the operator has no settings file.
static DEMO_RESET: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "email_from": "Geoportal Lindmatt <geoportal@lindmatt.example>",
        "email_subject": "Your new password",
        "email_body": "Hello {user}\n\nChoose your new password within an hour at\n{reset_url}\n\n\
            If you did not ask for it, ignore this mail.\n",
    })
});

/// The running services.
#[derive(Debug)]
pub struct Services {
    dynamodb: Option<Service>,
    smtp: Service,
    /// The map server.
    pub map: MapServer,
    /// What was caught.
    pub mails: Mails,
    folder: Folder,
}

impl Services {
    /// Starts them, keeping what lasts in the data folder.
    pub async fn start(options: &Options, environment: &Environment) -> anyhow::Result<Self> {
        let folder = Folder::open(options.data.as_deref())?;
        let given = ENDPOINTS.iter().any(|name| environment.get(name).is_some());
        let dynamodb = if given {
            None
        } else {
            Some(dynamodb::start(folder.kept()).await?)
        };
        // Functions that run elsewhere must find it.
        let map = match options.listen.ip() {
            address if options.services_only && !address.is_unspecified() => address,
            _ => Ipv4Addr::LOCALHOST.into(),
        };
        let mails = Mails::open(folder.kept()).context("the caught mails")?;
        let smtp = mail::start(mails.clone()).await?;
        Ok(Self {
            dynamodb,
            smtp,
            map: MapServer::start(map).await?,
            mails,
            folder,
        })
    }

    /// The embedded `DynamoDB`'s endpoint URL; none where the environment names another.
    #[must_use]
    pub fn endpoint(&self) -> Option<String> {
        self.dynamodb.as_ref().map(Service::url)
    }

    /// Where the keys and all that lasts are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Leaves a file with the variables, as lines for a shell, and gives its path.
    pub fn leave_environment(&self, exports: &str) -> anyhow::Result<PathBuf> {
        self.folder.write("environment", exports)
    }

    /// The variables that the functions need to find all this, at `base_url`; what the environment sets wins. `own` is
    /// where the harness itself listens.
    pub fn variables(
        &self,
        options: &Options,
        environment: &Environment,
        seed: &Seed,
        base_url: &str,
        own: &str,
    ) -> anyhow::Result<Vec<(&'static str, String)>> {
        let secrets = || crate::keys::make(&Random::system(), Clock::system().now());
        let mut variables = vec![
            ("MAPGATE_BASE_URL", base_url.to_owned()),
            ("MAPGATE_TABLE", "mapgate".to_owned()),
            ("AUTHTKT_SECURE", "false".to_owned()),
        ];
        if environment.get("MAPGATE_SECRETS").is_none() {
            let path = self.folder.write_once("secrets.json", secrets)?;
            variables.push(("MAPGATE_SECRETS", format!("file:{}", path.display())));
        }
        for (name, value) in &mut variables {
            if let Some(set) = environment.get(name) {
                set.clone_into(value);
            }
        }
        if let Some(endpoint) = self.endpoint() {
            // These always: the embedded table must not be shown the keys of a real account.
            let local = || "local".to_owned();
            variables.push(("AWS_ENDPOINT_URL_DYNAMODB", endpoint));
            variables.extend(
                ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(|name| (name, local())),
            );
        }
        if let Some(settings) = self.settings(options, environment, seed, own)? {
            variables.push(("MAPGATE_SETTINGS", settings));
        }
        Ok(variables)
    }

    /// The path of a settings file that extends the operator's and sends mail to the catcher. None where the
    /// operator's is in Secrets Manager, which a file cannot extend.
    fn settings(
        &self,
        options: &Options,
        environment: &Environment,
        seed: &Seed,
        own: &str,
    ) -> anyhow::Result<Option<String>> {
        let given = match (&options.settings, Settings::source(environment)) {
            (Some(path), _) => Some(path.clone()),
            (None, Some(SettingsSource::Path(path))) => Some(path),
            (None, Some(SettingsSource::SecretsManager(_))) => return Ok(None),
            (None, None) => None,
        };
        let host = self.smtp.address().to_string();
        // Whole, since it is merged with the operator's: the catcher knows no login.
        let smtp = json!({ "host": host, "ssl": false, "starttls": false, "user": null, "password": null });
        let mut settings = json!({ "vars": {} });
        if !options.smtp {
            settings["vars"]["smtp"] = smtp;
        }
        match (given, seed.main_server()) {
            (Some(path), _) => {
                let path = path.canonicalize().with_context(|| path.display().to_string())?;
                settings["extends"] = json!(path.to_str().context("the settings file's name is not UTF-8")?);
            }
            (None, first) => {
                settings["vars"]["reset_password"] = DEMO_RESET.clone();
                // The one target is on this machine.
                settings["vars"]["resourceproxy"] = json!({
                    "targets": { places::TARGET: format!("{own}{}", places::TEMPLATE) },
                    "allow_private_addresses": true,
                });
                if let Some(first) = first {
                    settings["vars"]["main_ogc_server"] = json!(first);
                }
            }
        }
        // JSON is YAML, and quotes what needs it.
        let text = format!("# Made at each start by mapgate-local.\n{settings:#}\n");
        let path = self.folder.write("settings.yaml", &text)?;
        Ok(Some(
            path.to_str()
                .context("the data folder's name is not UTF-8")?
                .to_owned(),
        ))
    }

    /// Ends them, and removes what does not last.
    pub async fn stop(self) {
        self.map.stop().await;
        self.smtp.stop().await;
        if let Some(dynamodb) = self.dynamodb {
            dynamodb.stop().await;
        }
        drop(self.folder);
    }
}
