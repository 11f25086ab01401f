//! The table: how it is made, whether it can be had back, and who administers.

use mapgate_core::account::is_enrolled;
use mapgate_core::gate::Gate;
use mapgate_core::table::{ROLE_ADMIN, TIME_TO_LIVE, Table, TableError, User};

use super::Report;

const SUBJECT: &str = "table";

/// Looks at the table. Nothing is written.
pub async fn look(gate: &Gate, report: &mut Report) {
    let (table, name) = (gate.table().await, gate.settings.table.as_str());
    match table.shape().await {
        Ok(shape) => {
            if shape.faults.is_empty() {
                report.ok(SUBJECT, format!("{name} has its keys and indexes"));
            }
            for fault in &shape.faults {
                let to_do =
                    "wait where it is being changed; else move to a table that infra/template.yaml makes";
                report.wrong(SUBJECT, format!("{name}: {fault}"), to_do);
            }
            if !shape.on_demand {
                let to_do =
                    format!("aws dynamodb update-table --table-name {name} --billing-mode PAY_PER_REQUEST");
                report.warning(
                    SUBJECT,
                    "its capacity is bought ahead: a rush of logins is refused",
                    to_do,
                );
            }
            if !shape.streams && gate.settings.smtp.is_none() {
                let found = "it has no stream: mails wait up to a minute, for the schedule";
                let to_do = "infra/README.md, Back from a backup, has the command";
                report.warning(SUBJECT, found, to_do);
            }
            time_to_live(table, name, report).await;
            safety(table, name, shape.deletion_protection, report).await;
        }
        Err(error) => {
            // What it needs may be allowed where its description is not.
            match table.health().await {
                Ok(()) => report.warning(
                    SUBJECT,
                    format!("{name} answers, but how it is made is unknown: {}", told(&error)),
                    "allow dynamodb:DescribeTable to who runs the doctor",
                ),
                Err(error) => {
                    let error = told(&error);
                    report.wrong(SUBJECT, format!("{name}: {error}"), advice(&error));
                    return;
                }
            }
        }
    }
    administrators(gate, table, report).await;
}

fn told(error: &TableError) -> String {
    match error {
        TableError::Unavailable(reason) => reason.clone(),
        TableError::Unreadable(_) => error.to_string(),
    }
}

fn advice(error: &str) -> &'static str {
    if error.contains("ResourceNotFound") {
        "correct MAPGATE_TABLE and AWS_REGION; infra/template.yaml makes the table"
    } else if error.contains("AccessDenied") {
        "allow who runs the doctor to read the table"
    } else {
        "see that AWS_REGION, the credentials and AWS_ENDPOINT_URL_DYNAMODB, where it is set, are right, and that the network leads there"
    }
}

async fn time_to_live(table: &Table, name: &str, report: &mut Report) {
    let enable = format!(
        "aws dynamodb update-time-to-live --table-name {name} --time-to-live-specification Enabled=true,AttributeName={TIME_TO_LIVE}"
    );
    match table.time_to_live().await {
        Ok(Some(attribute)) if attribute == TIME_TO_LIVE => {
            report.ok(SUBJECT, format!("its time to live is on {TIME_TO_LIVE}"));
        }
        Ok(Some(other)) => {
            let found =
                format!("its time to live is on {other}: codes, counters and audit entries stay for ever");
            report.wrong(
                SUBJECT,
                found,
                format!("turn that off, then an hour later {enable}"),
            );
        }
        Ok(None) => {
            let found = "it has no time to live: codes, counters and audit entries stay for ever";
            report.wrong(SUBJECT, found, enable);
        }
        Err(error) => report.warning(
            SUBJECT,
            format!("its time to live is unknown: {}", told(&error)),
            "allow dynamodb:DescribeTimeToLive to who runs the doctor",
        ),
    }
}

async fn safety(table: &Table, name: &str, deletion_protection: bool, report: &mut Report) {
    if deletion_protection {
        report.ok(SUBJECT, "it refuses to be deleted");
    } else {
        let to_do = format!(
            "aws dynamodb update-table --table-name {name} --deletion-protection-enabled; on a laptop nothing"
        );
        report.warning(SUBJECT, "it can be deleted by one command", to_do);
    }
    match table.point_in_time_recovery().await {
        Ok(true) => report.ok(SUBJECT, "it has point-in-time recovery"),
        Ok(false) => report.warning(
            SUBJECT,
            "it has no point-in-time recovery",
            format!(
                "aws dynamodb update-continuous-backups --table-name {name} \
                 --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
            ),
        ),
        Err(error) => report.warning(
            SUBJECT,
            format!("its point-in-time recovery is unknown: {}", told(&error)),
            "allow dynamodb:DescribeContinuousBackups to who runs the doctor; the harness's table has none, and needs none",
        ),
    }
}

async fn administrators(gate: &Gate, table: &Table, report: &mut Report) {
    const SUBJECT: &str = "administrators";
    let read = async {
        let role = table.roles().await?.named(ROLE_ADMIN).map(|role| role.id);
        let (mut found, mut after) = (Vec::new(), None);
        while let Some(role) = role {
            let page = table.members(role, after.as_deref(), 100).await?;
            found.extend(page.users);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok::<Vec<User>, TableError>(found)
    };
    let all = match read.await {
        Ok(all) => all,
        Err(error) => {
            let error = told(&error);
            report.warning(SUBJECT, format!("they are unknown: {error}"), advice(&error));
            return;
        }
    };
    let now = gate.clock.now();
    let able: Vec<&User> = all
        .iter()
        .filter(|user| user.is_active(now) && user.locked_at.is_none())
        .collect();
    if able.is_empty() {
        let found = format!(
            "of {} nobody can log in: each is missing, deactivated, expired or locked",
            all.len()
        );
        report.wrong(
            SUBJECT,
            found,
            "manage-users --create --password - --email ADDRESS NAME",
        );
        return;
    }
    let count = able.len();
    if !gate.settings.authentication.two_factor {
        let to_do = "set vars.authentication.two_factor to true";
        report.warning(
            SUBJECT,
            format!("{count} of {} can log in, none needs a second factor", all.len()),
            to_do,
        );
        return;
    }
    let without = able.iter().filter(|user| !is_enrolled(user)).count();
    if without > 0 {
        let found =
            format!("{without} of {count} have no second factor yet: who has the password can enrol one");
        report.warning(SUBJECT, found, "have each log in once and enrol");
    } else {
        report.ok(
            SUBJECT,
            format!("{count} of {} can log in, each with a second factor", all.len()),
        );
    }
}
