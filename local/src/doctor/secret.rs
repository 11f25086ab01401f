//! The keys of `MAPGATE_SECRETS`: whether they can be read, which sign, how old they are, and what is kept of before.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use mapgate_core::aws::reason;
use mapgate_core::clock::Timestamp;
use mapgate_core::gate::Gate;
use mapgate_core::oauth::PublicKey;
use mapgate_core::secrets::{Secrets, Standing};
use mapgate_core::settings::SecretsSource;

use super::Report;

const SUBJECT: &str = "secret";
/// Two of the quarters after which keys are to be rotated.
const OLD: Duration = Duration::from_hours(24 * 182);

/// Looks at the keys, and gives them.
pub async fn look(gate: &Gate, report: &mut Report) -> Option<Secrets> {
    let secrets = match gate.read_secrets().await {
        Ok(secrets) => secrets,
        Err(reason) => {
            let found = format!("{} cannot be read: {reason}", named(&gate.settings.secrets));
            report.wrong(SUBJECT, found, advice(&reason));
            return None;
        }
    };
    let now = gate.clock.now();
    if gate.settings.authtkt_secret.is_some() {
        report.ok(
            SUBJECT,
            "AUTHTKT_SECRET of the environment signs tickets, not the secret's authtkt",
        );
    }
    for standing in secrets.standing(now) {
        stands(&standing, now, report);
    }
    for key in secrets.jwt_verifying() {
        if let Err(fault) = PublicKey::of(key) {
            let found = format!("the jwt key {} is {fault}", key.kid);
            report.wrong(
                SUBJECT,
                found,
                "take it out of the secret; manage-users keys adds a good one",
            );
        }
    }
    match &gate.settings.secrets {
        SecretsSource::File(path) => file(path, report),
        SecretsSource::SecretsManager(id) => kept(gate, id, report).await,
    }
    Some(secrets)
}

fn named(source: &SecretsSource) -> String {
    match source {
        SecretsSource::File(path) => format!("the file {}", path.display()),
        SecretsSource::SecretsManager(id) => format!("the secret {id}"),
    }
}

fn advice(reason: &str) -> &'static str {
    if reason.contains("AccessDenied") {
        "allow secretsmanager:GetSecretValue to who runs the doctor; each function's role needs it too"
    } else if reason.contains("NotFound") || reason.contains("No such file") {
        "correct MAPGATE_SECRETS, or make the first keys: manage-users keys"
    } else if reason.contains("at least")
        || reason.contains("no entry")
        || reason.contains("JSON")
        || reason.contains("not an RFC")
    {
        "correct the secret's document; manage-users keys makes whole ones"
    } else {
        "see that AWS_REGION and the credentials are those of the deployment, or that the file can be read"
    }
}

fn stands(standing: &Standing, now: Timestamp, report: &mut Report) {
    let Standing {
        list,
        count,
        signs_since,
        next,
    } = standing;
    let next = next.map_or_else(String::new, |next| {
        format!(", the next signs from {} on", next.rfc3339())
    });
    let Some(since) = signs_since else {
        let found = format!("{list}: none of {count} is in force yet{next}");
        report.wrong(
            SUBJECT,
            found,
            "wait until then, or set the sign_from of one to a moment that has passed",
        );
        return;
    };
    let is_dated = since.millis() > 0;
    let age = now.since(*since);
    let signs = if is_dated {
        format!(
            "signs since {} ({} days)",
            since.rfc3339(),
            age.as_secs() / 86_400
        )
    } else {
        "the one that signs says not since when".to_owned()
    };
    let found = format!("{list}: {count} verify, {signs}{next}");
    // Data keys stay: what they keyed names them.
    if *list != "data_keys" && is_dated && age > OLD {
        report.warning(SUBJECT, found, "rotate them: manage-users keys, say each quarter");
    } else {
        report.ok(SUBJECT, found);
    }
}

fn file(path: &Path, report: &mut Report) {
    const OTHERS: u32 = 0o077;
    let mode = std::fs::metadata(path).map(|file| file.permissions().mode() & OTHERS);
    let found = format!("the keys are in the file {}", path.display());
    match mode {
        Ok(0) => report.ok(SUBJECT, found + ", which only its owner can read"),
        _ => report.warning(
            SUBJECT,
            found + ", which others can read",
            "chmod 600, or use Secrets Manager",
        ),
    }
}

/// What Secrets Manager keeps beside the value.
async fn kept(gate: &Gate, id: &str, report: &mut Report) {
    let client = aws_sdk_secretsmanager::Client::new(gate.aws.config().await);
    let described = match client.describe_secret().secret_id(id).send().await {
        Ok(described) => described,
        Err(error) => {
            let found = format!("whether the value before is kept is unknown: {}", reason(&error));
            report.warning(
                SUBJECT,
                found,
                "allow secretsmanager:DescribeSecret to who runs the doctor",
            );
            return;
        }
    };
    if described.deleted_date.is_some() {
        let to_do = "aws secretsmanager restore-secret --secret-id, with its id, at once";
        report.wrong(SUBJECT, "it is about to be deleted", to_do);
        return;
    }
    let versions = described.version_ids_to_stages.unwrap_or_default();
    let has_previous = versions.values().flatten().any(|stage| stage == "AWSPREVIOUS");
    let found = if has_previous {
        "the value before is kept as AWSPREVIOUS"
    } else {
        "it was written once: there is no value before to be kept"
    };
    report.ok(SUBJECT, found);
}
