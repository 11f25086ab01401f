//! SMTP (RFC 5321), with implicit TLS (RFC 8314), STARTTLS (RFC 3207) and login (RFC 4954). A certificate must hold for
//! the host, by the machine's own roots, whatever `http_options` say.

use std::net::IpAddr;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::{Address, Message};
use mapgate_core::secrets::Secrets;
use mapgate_core::settings::Smtp;

use crate::handing::{Delivery, Farewell, PATIENCE, Refusal};

/// How long a mail server may take over a farewell that changes nothing.
const FAREWELL: Duration = Duration::from_millis(500);

/// A connection on which a message may follow.
pub(crate) struct Connection(Box<AsyncSmtpConnection>);

/// A connection on which a mail may follow: with TLS and logged in, where the settings say so.
pub(crate) async fn greet(server: &Smtp, own_host: &str, secrets: &Secrets) -> Result<Connection, Refusal> {
    let mut connection = connect(server, own_host).await?;
    if let Some(user) = &server.user {
        let password = server.password.as_ref().or(secrets.smtp_password());
        let password = password.ok_or_else(|| Refusal::for_now("no password for the mail server"))?;
        let credentials = Credentials::new(user.clone(), password.expose().to_owned());
        let login = connection
            .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
            .await;
        login.map_err(|error| for_now("the login", &error))?;
    }
    Ok(Connection(Box::new(connection)))
}

/// Everything up to the answer that the message may follow (354).
pub(crate) async fn open(
    server: &Smtp,
    own_host: &str,
    envelope: &Envelope,
    secrets: &Secrets,
) -> Result<Connection, Refusal> {
    let Connection(mut connection) = greet(server, own_host, secrets).await?;
    let mut parameters = Vec::new();
    let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    if !envelope.to().iter().chain(envelope.from()).all(is_ascii) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Refusal::for_good(
                "the mail server knows no addresses beyond ASCII",
            ));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    let mail = Mail::new(envelope.from().cloned(), parameters);
    let answer = connection.command(mail).await;
    answer.map_err(|error| for_now("the sender", &error))?;
    for to in envelope.to() {
        let answer = connection.command(Rcpt::new(to.clone(), Vec::new())).await;
        answer.map_err(|error| {
            let refusal = for_now("the recipient", &error);
            Refusal {
                // Nobody will have that mailbox tomorrow.
                is_final: error.is_permanent(),
                ..refusal
            }
        })?;
    }
    let answer = connection.command(Data).await;
    answer.map_err(|error| for_now("the message", &error))?;
    Ok(Connection(connection))
}

async fn connect(server: &Smtp, own_host: &str) -> Result<AsyncSmtpConnection, Refusal> {
    let unfit = |error: Error| for_now("TLS", &error);
    let own = own_name(own_host);
    let tls = || TlsParameters::new_rustls(server.host.clone()).map_err(unfit);
    let implicit = if server.ssl { Some(tls()?) } else { None };
    let address = (server.host.as_str(), server.port);
    let connected = AsyncSmtpConnection::connect_tokio1(address, Some(PATIENCE), &own, implicit, None).await;
    let mut connection = connected.map_err(|error| for_now("the connection", &error))?;
    if server.starttls {
        // Required: one who takes the offer away gets nothing.
        connection.starttls(tls()?, &own).await.map_err(unfit)?;
    }
    Ok(connection)
}

/// How mapgate names itself (RFC 5321 §4.1.3).
fn own_name(host_with_port: &str) -> ClientId {
    let host = host_with_port
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()))
        .map_or(host_with_port, |(host, _)| host);
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(host.to_owned()),
    }
}

impl Connection {
    /// The message and the dot behind it.
    pub(crate) async fn hand_over(mut self, message: &Message) -> Delivery {
        match self.0.message(&message.formatted()).await {
            Ok(_) => Delivery::Taken(Farewell(Some(self))),
            Err(error) if error.is_permanent() => {
                Delivery::Refused(Refusal::for_good(described("the message", &error)))
            }
            Err(error) if error.is_transient() => Delivery::Refused(for_now("the message", &error)),
            Err(_) => Delivery::Unanswered,
        }
    }

    /// Ends the connection in order; nothing depends on it.
    pub(crate) async fn quit(mut self) {
        let _ = tokio::time::timeout(FAREWELL, self.0.quit()).await;
    }
}

fn for_now(what: &str, error: &Error) -> Refusal {
    Refusal::for_now(described(what, error))
}

/// Without the server's own words, which can quote addresses.
fn described(what: &str, error: &Error) -> String {
    match error.status() {
        Some(status) => format!("{what}: SMTP {status}"),
        None if error.is_tls() => format!("{what}: no TLS connection that can be trusted"),
        None if error.is_timeout() => format!("{what}: no answer in time"),
        None if error.is_client() => format!("{what}: the mail server cannot do what is needed"),
        None if error.is_response() => format!("{what}: an answer that is not SMTP's"),
        None => format!("{what}: the connection failed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mapgate_names_itself_after_its_base_url() {
        for (host, name) in [
            ("maps.example.com", "maps.example.com"),
            ("maps.example.com:8080", "maps.example.com"),
            ("127.0.0.1:8080", "[127.0.0.1]"),
            ("[::1]:8080", "[IPv6:::1]"),
            ("[::1]", "[IPv6:::1]"),
        ] {
            assert_eq!(own_name(host).to_string(), name);
        }
    }
}
