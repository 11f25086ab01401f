//! Loading: everything is read, and every fault found is answered, before anything is served.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::extends::{Document, gather};
use super::log::Log;
use super::networks::network;
use super::outward::{HttpOptions, Resourceproxy};
use super::reader::{NONE, REQUIRED, Reader, number};
use super::referer::referer;
use super::section::Section;
use super::{
    Authentication, Authtkt, BaseUrl, Environment, Fault, Intranet, InvokeMode, MailTemplate, Secret,
    SecretsSource, ServiceHeaders, Settings, SettingsSource, Smtp, Urllogin,
};

/// Makes the settings from the environment and the settings file, if there is one.
///
/// `file` is the name and text of what [`Settings::source`] names; `read` answers the text of the file at a path, for
/// `extends`. The error holds every fault there is.
///
/// ```
/// use mapgate_core::settings::{Environment, load};
///
/// let environment: Environment = [
///     ("MAPGATE_BASE_URL", "https://map.example.com"),
///     ("MAPGATE_TABLE", "mapgate"),
///     ("MAPGATE_SECRETS", "mapgate/keys"),
/// ]
/// .into_iter()
/// .collect();
/// let file = "vars:\n  authentication:\n    two_factor: maybe\n";
/// let faults = load(&environment, Some(("vars.yaml", file)), &|path| std::fs::read_to_string(path).map_err(|e| e.to_string()));
/// assert_eq!(
///     faults.unwrap_err()[0].to_string(),
///     "vars.yaml:3: vars.authentication.two_factor: expected a boolean, got \"maybe\""
/// );
/// ```
pub fn load(
    environment: &Environment,
    file: Option<(&str, &str)>,
    read: &dyn Fn(&str) -> Result<String, String>,
) -> Result<Settings, Vec<Fault>> {
    let log = Log::default();
    let settings = examine(environment, file, read, &log);
    let warnings = log.finish()?;
    // What is required and missing is a fault, so without faults there are settings.
    let settings = settings.map(|settings| Settings { warnings, ..settings });
    settings.ok_or_else(|| vec![Fault::new("settings", "incomplete")])
}

/// Reads all that there is, whatever is faulty.
pub(super) fn examine(
    environment: &Environment,
    file: Option<(&str, &str)>,
    read: &dyn Fn(&str) -> Result<String, String>,
    log: &Log,
) -> Option<Settings> {
    let document = file.map_or_else(Document::default, |(name, text)| gather(name, text, read, log));
    if let Some((name, _)) = file.filter(|_| document.vars.is_none()) {
        // Else a second factor asked for one level too high would be silently absent.
        log.warn(format!("{name}: it has no vars, so nothing in it has an effect"));
    }
    let reader = Reader {
        environment,
        document: &document,
        log,
    };
    let (base_url, table, secrets) = required(&reader);
    let vars = reader.vars();
    let settings = Settings {
        authtkt: Authtkt::read(&reader),
        basicauth: reader.flag("BASICAUTH", false),
        authtkt_secret: authtkt_secret(&reader),
        identity_cache: identity_cache(&reader),
        invoke_mode: invoke_mode(&reader),
        authentication: Authentication::read(vars.section("authentication")),
        intranet: Intranet::read(vars.section("intranet")),
        resourceproxy: Resourceproxy::read(vars.section("resourceproxy")),
        http_options: HttpOptions::read(vars.section("http_options")),
        smtp: Smtp::read(vars.section("smtp")),
        reset_password: MailTemplate::read_reset(vars.section("reset_password")),
        welcome_email: MailTemplate::read_welcome(vars.section("welcome_email")),
        hide_capabilities: vars.boolean("hide_capabilities", false),
        enable_admin_interface: vars.boolean("enable_admin_interface", true),
        main_ogc_server: vars.text("main_ogc_server", NONE),
        headers: ServiceHeaders::read(vars.section("headers")),
        authorized_referers: vars
            .list("authorized_referers", "[]", referer)
            .unwrap_or_default(),
        urllogin: Urllogin::read(vars.section("urllogin")),
        audit_retention_days: retention(vars.section("audit")),
        warnings: Vec::new(),
        base_url: base_url?,
        table: table?,
        secrets: secrets?,
    };
    settings.warn(&reader);
    Some(settings.without_passwords())
}

fn required(reader: &Reader<'_>) -> (Option<BaseUrl>, Option<String>, Option<SecretsSource>) {
    // Read by `Settings::source` before there is a reader.
    reader.variable("MAPGATE_SETTINGS", NONE, |_| Ok(()));
    let base_url = reader.hidden_variable("MAPGATE_BASE_URL", REQUIRED, BaseUrl::parse);
    let table = reader.variable("MAPGATE_TABLE", REQUIRED, table_name);
    let secrets = reader.variable("MAPGATE_SECRETS", REQUIRED, |text| {
        let source = text
            .strip_prefix("file:")
            .map(|path| SecretsSource::File(PathBuf::from(path)));
        Ok(source.unwrap_or_else(|| SecretsSource::SecretsManager(text.to_owned())))
    });
    (base_url, table, secrets)
}

/// A name, or an ARN where the table is in another account.
fn table_name(text: &str) -> Result<String, String> {
    let is_name = (3..=255).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    let is_arn = text.starts_with("arn:") && !text.contains(char::is_whitespace);
    if is_name || is_arn {
        Ok(text.to_owned())
    } else {
        Err("the name of a DynamoDB table".to_owned())
    }
}

fn authtkt_secret(reader: &Reader<'_>) -> Option<Secret> {
    reader.hidden_variable("AUTHTKT_SECRET", NONE, |text| match text.chars().count() {
        64.. => Ok(Secret::new(text)),
        count => Err(format!("at least 64 characters, got {count}")),
    })
}

fn identity_cache(reader: &Reader<'_>) -> Duration {
    let parse = |text: &str| number(text, &(0..=300));
    let seconds = reader
        .variable("MAPGATE_IDENTITY_CACHE_SECONDS", "10", parse)
        .unwrap_or(10);
    Duration::from_secs(seconds.into())
}

fn invoke_mode(reader: &Reader<'_>) -> InvokeMode {
    let parse = |text: &str| match text {
        "BUFFERED" => Ok(InvokeMode::Buffered),
        "RESPONSE_STREAM" => Ok(InvokeMode::ResponseStream),
        _ => Err("BUFFERED or RESPONSE_STREAM".to_owned()),
    };
    reader
        .variable("MAPGATE_INVOKE_MODE", "BUFFERED", parse)
        .unwrap_or(InvokeMode::Buffered)
}

fn retention(section: Section<'_>) -> u32 {
    let days = section.number_or("retention_days", 365, &(1..=36_500));
    section.finish(|_| false);
    days
}

impl Intranet {
    fn read(section: Section<'_>) -> Self {
        let networks = |key: &str| {
            section
                .list(key, "[]", network)
                .unwrap_or_default()
                .into_iter()
                .collect()
        };
        let intranet = Self {
            networks: networks("networks"),
            trusted_proxies: networks("trusted_proxies"),
        };
        section.finish(|_| false);
        intranet
    }
}

impl Urllogin {
    fn read(section: Section<'_>) -> Option<Self> {
        let aes_key = section.secret("aes_key", |key| match key.len() {
            16 | 24 | 32 => Ok(()),
            length => Err(format!("expected 16, 24 or 32 bytes, got {length}")),
        });
        section.finish(|_| false);
        Some(Self { aes_key: aes_key? })
    }
}

impl Settings {
    /// Where the settings file is, if there is one: `MAPGATE_SETTINGS`. A path of a Lambda function is relative to its package.
    #[must_use]
    pub fn source(environment: &Environment) -> Option<SettingsSource> {
        let text = environment
            .get("MAPGATE_SETTINGS")
            .filter(|text| !text.trim().is_empty())?;
        let package = environment.get("LAMBDA_TASK_ROOT").unwrap_or_default();
        Some(match text.strip_prefix("secretsmanager:") {
            Some(id) => SettingsSource::SecretsManager(id.to_owned()),
            None => SettingsSource::Path(Path::new(package).join(text)),
        })
    }

    /// With another provider that logs users in, no password is taken by any way.
    fn without_passwords(mut self) -> Self {
        if self.authentication.openid_connect.is_some() {
            self.basicauth = false;
            self.urllogin = None;
        }
        self
    }

    /// What is possible, but seldom meant.
    fn warn(&self, reader: &Reader<'_>) {
        let log = reader.log;
        if self.basicauth && self.authentication.two_factor {
            log.warn(
                "BASICAUTH with vars.authentication.two_factor: Basic knows no second factor; use OAuth2",
            );
        }
        if self.authentication.openid_connect.is_some() {
            for (name, on) in [
                ("BASICAUTH", self.basicauth),
                ("vars.urllogin", self.urllogin.is_some()),
            ] {
                if on {
                    log.warn(format!(
                        "{name}: no effect, since vars.authentication.openid_connect logs users in"
                    ));
                }
            }
        }
        if !self.http_options.verify {
            log.warn("vars.http_options.verify is false: the certificates of backends are not checked");
        }
        if self.intranet.trusted_proxies.is_everyone() {
            log.warn("vars.intranet.trusted_proxies holds everyone: any client can choose its address");
        }
        if self.authtkt.secure && !self.base_url.is_https() {
            log.warn("AUTHTKT_SECURE with a plain http MAPGATE_BASE_URL: browsers will not keep the ticket");
        }
        let known = reader.log.known_names();
        let ours = |name: &&str| name.starts_with("MAPGATE_") || name.starts_with("AUTHTKT_");
        for name in reader
            .environment
            .names()
            .filter(ours)
            .filter(|name| !known.contains(*name))
        {
            log.warn(format!("{name}: unknown, has no effect"));
        }
    }
}

impl fmt::Display for SettingsSource {
    /// The name that faults give it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(formatter, "{}", path.display()),
            Self::SecretsManager(id) => write!(formatter, "secretsmanager:{id}"),
        }
    }
}
