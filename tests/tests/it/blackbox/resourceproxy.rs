//! `GET /resourceproxy` over HTTP, and what `http_options.verify` means for it.

use mapgate_local::service::{Service, loopback};
use mapgate_tests::{Program, Setup, Site, VARS, certificates, free_port};
use tokio::process::Command;

use axum::Router;
use axum::extract::Request;

/// A server that says what it was asked.
async fn server() -> Service {
    let echo = Router::new().fallback(async |request: Request| request.uri().to_string());
    Service::http(loopback().await.unwrap(), echo).unwrap()
}

fn vars(resourceproxy: &str) -> String {
    format!("{VARS}  resourceproxy: {{ {resourceproxy} }}\n")
}

#[tokio::test]
async fn a_listed_target_answers_everybody_with_the_values_in_their_places() {
    let server = server().await;
    let target = format!("targets: {{ rf: '{}/rf/%s?p=%s' }}", server.url());
    let site = Setup::default()
        .vars(vars(&format!("{target}, allow_private_addresses: true")))
        .start()
        .await;
    for actor in [site.anonymous(), site.user("jane").await, site.qgis("pia").await] {
        actor
            .get("/resourceproxy?target=rf&values=('a b/c',2633)")
            .await
            .is(200, "/rf/a%20b%2Fc?p=2633")
            .has("content-security-policy", Some("sandbox; default-src 'none'"))
            .has("set-cookie", None)
            .has("vary", Some("Origin"));
        for wrong in ["('..',1)", "(1,)", "(1,2", "1", ""] {
            let path = format!("/resourceproxy?target=rf&values={wrong}");
            actor.get(&path).await.is(400, "{\"error\":\"");
        }
    }
    site.anonymous()
        .authorized("Bearer x")
        .get("/resourceproxy?target=rf&values=(1,2)")
        .await
        .is(401, "error");
}

#[tokio::test]
async fn t115_this_machine_is_no_target_unless_that_is_allowed() {
    let server = server().await;
    let (url, port) = (server.url(), server.address().port());
    let targets = format!("targets: {{ address: '{url}/%s', name: 'http://localhost:{port}/%s' }}");
    let site = Setup::default().vars(vars(&targets)).start().await;
    for target in ["address", "name"] {
        let path = format!("/resourceproxy?target={target}&values=1");
        site.anonymous()
            .get(&path)
            .await
            .is(502, "the target does not answer as it should");
    }
}

/// What a site with these `http_options`, which trusts the authority of `ca`, gets from a server with TLS.
async fn over_tls(port: u16, verify: &str, ca: &std::path::Path) -> (u16, Site) {
    let target = format!("targets: {{ tls: 'https://localhost:{port}/' }}, allow_private_addresses: true");
    let vars = vars(&target).replace("http_options: {", &format!("http_options: {{ verify: {verify},"));
    let server = format!(
        "{{name: tls, url: 'https://localhost:{port}/', type: mapserver, auth: none, default_access: public, layers: []}}"
    );
    let setup = Setup::default()
        .vars(vars)
        .seed(format!("ogc_servers: [{server}]"))
        .variable("SSL_CERT_FILE", ca.to_str().unwrap());
    let site = setup.start_program().await;
    let answer = site.anonymous().get("/resourceproxy?target=tls").await;
    (answer.status.as_u16(), site)
}

#[tokio::test]
async fn certificates_of_backends_are_checked_unless_verify_is_off_and_the_log_says_so() {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path()).await;
    let port = free_port();
    let mut command = Command::new("openssl");
    command.args(["s_server", "-www", "-accept", &format!("127.0.0.1:{port}")]);
    command
        .args(["-cert", "server.pem", "-key", "server.key"])
        .current_dir(folder.path());
    let mut server = Program::with_input(command, tempfile::tempdir().unwrap());
    server.line_with("ACCEPT").await.expect("openssl serves");
    let (own, other) = (folder.path().join("ca.pem"), folder.path().join("other.pem"));
    for (verify, ca, status) in [("true", &own, 200), ("true", &other, 502), ("false", &other, 200)] {
        let (got, site) = over_tls(port, verify, ca).await;
        assert_eq!(got, status, "{verify} {}", site.log());
        // The map proxy calls by another client. What it gets here are no capabilities.
        let capabilities = "/mapserv_proxy/tls?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetCapabilities";
        site.anonymous().get(capabilities).await.is(502, "");
        let called = !site.log().contains("the map server cannot be called");
        assert_eq!(called, status == 200, "{verify} {}", site.log());
        let told = site
            .log()
            .contains("the certificates of backends are not checked");
        assert_eq!(told, verify == "false", "{}", site.log());
    }
}
