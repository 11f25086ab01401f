//! The way that mails take, to real components: aiosmtpd with TLS, STARTTLS and login, and ministack's SES.

use std::path::Path;
use std::time::Duration;

use mapgate_tests::{
    Ministack, Program, Setup, Site, TableRelay, VARS, certificates, free_port, python, repository,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

const RESET: &str =
    "  reset_password: {email_from: maps@example.com, email_subject: S, email_body: '{user} {password}'}";

/// The servers' program, their ports, and the folder of their certificates.
async fn servers() -> (Program, Value, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path()).await;
    let mut command = Command::new(python());
    command.arg(repository().join("tests/clients/mail_servers.py"));
    let file = |name: &str| folder.path().join(name);
    command.args([file("server.pem"), file("server.key")]);
    command.args(["mapgate", "s3cret"]);
    let mut program = Program::with_input(command, tempfile::tempdir().unwrap());
    let line = program.line_with("starttls").await;
    let ports = serde_json::from_str(&line.expect("aiosmtpd serves")).unwrap();
    (program, ports, folder)
}

/// A harness that hands its mails to a real server, trusting the authority of `ca`.
async fn site(smtp: &str, ca: &Path) -> Site {
    // `http_options` are for backends: mail's certificates are checked all the same.
    let vars = VARS.replace("http_options: {", "http_options: { verify: false,");
    assert!(vars.contains("verify: false"), "{vars}");
    let vars = format!("{}\n  smtp: {smtp}\n{RESET}\n", vars.trim_end());
    Setup::default()
        .vars(vars)
        .argument("--smtp")
        .variable("SSL_CERT_FILE", ca.to_str().unwrap())
        .start_program()
        .await
}

async fn ask(site: &Site) {
    site.anonymous()
        .post("/loginresetpassword", &[("login", "jane")])
        .await
        .is(200, "success");
}

#[tokio::test]
async fn mail_goes_by_tls_starttls_and_login() {
    let (mut servers, ports, folder) = servers().await;
    for (kind, how) in [
        ("tls", "ssl: true"),
        ("starttls", "starttls: true"),
        ("plain", "ssl: false"),
    ] {
        let port = &ports[kind];
        let smtp = format!("{{host: 'localhost:{port}', {how}, user: mapgate, password: s3cret}}");
        let site = site(&smtp, &folder.path().join("ca.pem")).await;
        ask(&site).await;
        let taken = tokio::time::timeout(Duration::from_secs(20), servers.line_with("jane@example.com"));
        let taken = taken.await.unwrap_or_else(|_| panic!("{kind}: {}", site.log()));
        let mail: Value = serde_json::from_str(&taken.unwrap()).unwrap();
        assert_eq!((&mail["server"], &mail["login"]), (&kind.into(), &true.into()));
        assert_eq!(mail["starttls"], kind == "starttls", "{mail}");
        assert!(!site.log().contains("s3cret"));
    }
}

/// What the sender says of a mail that such a server refuses.
async fn refused(smtp: &str, ca: &Path, told: &str) {
    let mut site = site(smtp, ca).await;
    ask(&site).await;
    let told = tokio::time::timeout(Duration::from_secs(20), site.program().line_with(told));
    let line = told.await.expect("it is refused so").unwrap();
    assert!(line.contains("a mail was refused"), "{line}");
}

#[tokio::test]
async fn a_server_that_cannot_be_trusted_gets_neither_login_nor_mail() {
    let (servers, ports, folder) = servers().await;
    let (own, other) = (folder.path().join("ca.pem"), folder.path().join("other.pem"));
    let smtp = |kind: &str, how: &str, host: &str, password: &str| {
        let port = &ports[kind];
        format!("{{host: '{host}:{port}', {how}, user: mapgate, password: {password}}}")
    };
    // An unknown authority, another host's name, no STARTTLS to be had, and a wrong password.
    refused(
        &smtp("tls", "ssl: true", "localhost", "s3cret"),
        &other,
        "the connection",
    )
    .await;
    refused(
        &smtp("starttls", "starttls: true", "127.0.0.1", "s3cret"),
        &own,
        "TLS",
    )
    .await;
    refused(
        &smtp("plain", "starttls: true", "localhost", "s3cret"),
        &own,
        "TLS",
    )
    .await;
    refused(
        &smtp("tls", "ssl: true", "localhost", "wrong"),
        &own,
        "the login: SMTP 535",
    )
    .await;
    assert!(!servers.log().contains("jane@example.com"), "{}", servers.log());
}

fn ses_site(endpoints: &[(&str, String)]) -> Setup {
    let mut setup = Setup::default()
        .vars(format!("{}\n{RESET}\n", VARS.trim_end()))
        .argument("--smtp");
    for (name, value) in endpoints {
        setup = setup.variable(name, value);
    }
    setup
}

#[tokio::test]
async fn mail_goes_by_ses_where_no_mail_server_is_set() {
    let ministack = Ministack::start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    // As in SES's own sandbox, both ends have to be known.
    for address in ["maps@example.com", "jane@example.com"] {
        let form = format!("Action=VerifyEmailIdentity&EmailAddress={address}");
        let signed = "AWS4-HMAC-SHA256 Credential=local/20260101/local/ses/aws4_request, SignedHeaders=host, Signature=0";
        let request = http
            .post(&ministack.url)
            .header("authorization", signed)
            .body(form);
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    let relay = TableRelay::start().await;
    let mut endpoints = relay.variables().to_vec();
    endpoints.push(("AWS_ENDPOINT_URL_SES", ministack.url.clone()));
    let site = ses_site(&endpoints).start_program().await;
    ask(&site).await;
    let sent = ministack.mails_with("jane@example.com").await;
    assert!(
        sent.contains("maps@example.com") && sent.contains("SendRawEmail"),
        "{sent}"
    );
}

#[tokio::test]
async fn where_ses_is_not_reached_a_mail_waits() {
    let relay = TableRelay::start().await;
    let mut endpoints = relay.variables().to_vec();
    endpoints.push((
        "AWS_ENDPOINT_URL_SES",
        format!("http://127.0.0.1:{}", free_port()),
    ));
    let mut site = ses_site(&endpoints).start_program().await;
    ask(&site).await;
    let told = tokio::time::timeout(
        Duration::from_secs(20),
        site.program().line_with("SES cannot be reached"),
    );
    assert!(told.await.unwrap().unwrap().contains("a mail was refused"));
}
