//! Whether mails could go out, without sending one: for the doctor, by the sender's own way.

use mapgate_core::gate::Gate;
use mapgate_core::secrets::Secrets;
use mapgate_core::settings::MailTemplate;

use crate::handing::Post;

/// The way that mails take, and what is found on it.
#[derive(Debug, Clone, PartialEq)]
pub enum MailWay {
    /// A mail server: whether it is there, speaks TLS and takes the login, as the settings have them; else why not.
    Smtp(Result<(), String>),
    /// Amazon SES.
    Ses(MailAccount),
}

/// What Amazon SES says of the account. An error is a reason why it did not say it.
#[derive(Debug, Clone, PartialEq)]
pub struct MailAccount {
    /// The senders of the settings' mails that are not proved to it, by the address or by a domain.
    pub unproved: Result<Vec<String>, String>,
    /// How many mails may go out in 24 hours, and how many did in the last.
    pub quota: Result<(f64, f64), String>,
}

/// Goes the way that mails take as far as it goes without one; none where the settings have no mail at all.
pub async fn check_way(gate: &Gate, secrets: &Secrets) -> Option<MailWay> {
    let settings = &gate.settings;
    let templates = settings.reset_password.iter().chain(&settings.welcome_email);
    let senders: Vec<String> = templates.map(sender).collect();
    if senders.is_empty() {
        return None;
    }
    Some(Post::of(gate).await.check(&senders, secrets).await)
}

/// The address of a template's `From`.
fn sender(template: &MailTemplate) -> String {
    let from = template.email_from.as_str();
    let address = from.strip_suffix('>').and_then(|from| from.rsplit_once('<'));
    address.map_or(from, |(_, address)| address).to_owned()
}
