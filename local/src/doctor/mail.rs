//! Mail: whether it could go out, by the sender's own way.

use mapgate_core::gate::Gate;
use mapgate_core::secrets::Secrets;
use mapgate_reset_password::{MailAccount, MailWay, check_way};

use super::Report;

const SUBJECT: &str = "mail";
/// What SES allows an account in its sandbox in 24 hours.
const SANDBOX: f64 = 200.0;

/// Looks at the way that mails take. None is sent.
pub async fn look(gate: &Gate, secrets: Option<&Secrets>, report: &mut Report) {
    let Some(secrets) = secrets else {
        let to_do = "make the secret readable, then ask again";
        report.warning(
            SUBJECT,
            "not looked at: mails are sealed with the secret's keys",
            to_do,
        );
        return;
    };
    match check_way(gate, secrets).await {
        None => report.ok(
            SUBJECT,
            "the settings have neither reset_password nor welcome_email, so none is sent",
        ),
        Some(MailWay::Smtp(checked)) => smtp(gate, checked, report),
        Some(MailWay::Ses(account)) => ses(account, report),
    }
}

fn smtp(gate: &Gate, checked: Result<(), String>, report: &mut Report) {
    let Some(smtp) = &gate.settings.smtp else { return };
    let server = format!("{}:{}", smtp.host, smtp.port);
    match checked {
        Ok(()) => {
            let tls = if smtp.ssl {
                "TLS"
            } else if smtp.starttls {
                "STARTTLS"
            } else {
                "no TLS"
            };
            let login = if smtp.user.is_some() {
                ", and takes the login"
            } else {
                ""
            };
            report.ok(SUBJECT, format!("{server} answers with {tls}{login}"));
        }
        Err(reason) => {
            let to_do = if reason.contains("login") || reason.contains("password") {
                "correct vars.smtp.user and the secret's smtp_password"
            } else if reason.contains("TLS") {
                "set ssl for port 465, starttls for 587; the certificate must be good for the host's name"
            } else {
                "correct vars.smtp.host, and let mapgate's network reach it"
            };
            report.wrong(SUBJECT, format!("{server}: {reason}"), to_do);
        }
    }
}

fn ses(account: MailAccount, report: &mut Report) {
    match account.unproved {
        Ok(unproved) if unproved.is_empty() => report.ok(SUBJECT, "SES knows the senders as proved"),
        Ok(unproved) => report.wrong(
            SUBJECT,
            format!("SES has no proof for {}", unproved.join(", ")),
            "set the DNS records that the SES console shows for the domain (the template's MailFrom makes the identity), in this region",
        ),
        Err(reason) => report.warning(
            SUBJECT,
            format!("whether SES knows the senders is unknown: {reason}"),
            "allow ses:GetIdentityVerificationAttributes to who runs the doctor, and set AWS_REGION to the deployment's",
        ),
    }
    match account.quota {
        // -1 is without end.
        Ok((most, sent)) if most >= 0.0 && sent >= most => report.wrong(
            SUBJECT,
            format!("SES has sent {sent} mails in 24 hours, of {most} that it may"),
            "ask AWS for more (SES console, Request production access)",
        ),
        Ok((most, _)) if (0.0..=SANDBOX).contains(&most) => report.warning(
            SUBJECT,
            format!(
                "SES allows {most} mails in 24 hours, as in its sandbox: there only proved addresses get any"
            ),
            "ask AWS to take the account out of it (SES console, Request production access)",
        ),
        Ok((most, sent)) => report.ok(
            SUBJECT,
            format!("SES has sent {sent} mails in 24 hours, of {most} that it may"),
        ),
        Err(reason) => report.warning(
            SUBJECT,
            format!("how much SES may send is unknown: {reason}"),
            "allow ses:GetSendQuota to who runs the doctor",
        ),
    }
}
