//! What the harness prints when it serves.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;

use mapgate_core::settings::Secret;

use crate::map_server::MapServer;
use crate::page::query;
use crate::seed::Seed;

/// For people who open the portal in a browser or in QGIS. The demo's passwords and secrets are printed, since they
/// are no secrets (they stand in `demo/seed.yaml`); those of another seed file are not.
pub fn of_portal(
    base_url: &str,
    map: &MapServer,
    seed: &Seed,
    demo: bool,
    resource: Option<&str>,
    environment: &Path,
    address: SocketAddr,
) -> String {
    let mut text = format!(
        "\nmapgate, all of it on this machine\n\n  \
         portal          {base_url}/\n  \
         caught mails    {base_url}/local/\n  \
         map server      {} ({})\n",
        map.url(),
        map.name()
    );
    if let Some(resource) = resource {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  a resource      {base_url}{resource}");
    }
    let environment = environment.display();
    let _ = writeln!(
        text,
        "  look it over    . '{environment}' && cargo run -- doctor\n"
    );
    if demo {
        text.push_str(&users(seed));
    }
    text.push_str(&qgis(base_url, seed, demo));
    // Writing to a String cannot fail.
    let _ = write!(text, "Ctrl-C ends it.\n\nready http://{address}\n");
    text
}

fn users(seed: &Seed) -> String {
    let mut text = "Users, their passwords at first, their roles\n\n".to_owned();
    for user in &seed.users {
        let user = &user.value;
        let password = user.password.as_ref().map_or("", Secret::expose);
        let _ = writeln!(
            text,
            "  {:<8} {password:<16} {}",
            user.username,
            user.roles.join(", ")
        );
    }
    text + "\n"
}

/// What to type into QGIS, for the first client and the first server.
fn qgis(base_url: &str, seed: &Seed, demo: bool) -> String {
    let Some(client) = seed.oauth2_clients.first().map(|client| &client.value) else {
        return String::new();
    };
    let secret = match &client.secret {
        Some(secret) if demo => secret.expose(),
        Some(_) => "as in the seed file",
        None => "none (grant flow Authorization Code PKCE)",
    };
    format!(
        "QGIS: a new authentication configuration, OAuth2, grant flow Authorization Code\n\n  \
         request URL     {base_url}/oauth/login\n  \
         token URL       {base_url}/oauth/token\n  \
         redirect URL    {}\n  \
         client ID       {}\n  \
         client secret   {secret}\n  \
         WMS or WFS      {base_url}/mapserv_proxy?{}\n  \
         or as files     {base_url}/account/qgis\n\n",
        client.redirect_uris.first().map_or("", String::as_str),
        client.client_id,
        query(seed.main_server()),
    )
}

/// Variables as lines that a shell can read.
pub fn exports(variables: &[(&'static str, String)]) -> String {
    let mut text = String::new();
    for (name, value) in variables {
        let quoted = value.replace('\'', r"'\''");
        // Writing to a String cannot fail.
        let _ = writeln!(text, "export {name}='{quoted}'");
    }
    text
}

/// For `cargo lambda watch`: lines that a shell can read, all else as comments.
pub fn of_services(variables: &[(&'static str, String)], map: &MapServer, address: SocketAddr) -> String {
    let mut text = format!(
        "# mapgate's services; the functions are to come from `cargo lambda watch`\n\
         # caught mails: http://{address}/local/\n\
         # map server: {} ({})\n",
        map.url(),
        map.name()
    );
    text.push_str(&exports(variables));
    let _ = writeln!(text, "# ready http://{address}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_demos_secrets_are_printed() {
        let seed = Seed::read(None).unwrap();
        assert!(users(&seed).contains("jane     lindmatt-jane    editor\n"));
        let demo = qgis("http://a", &seed, true);
        for value in [
            "http://a/oauth/login\n",
            "qgis\n",
            "lindmatt-qgis\n",
            "http://a/mapserv_proxy?ogcserver=main\n",
            "http://a/account/qgis\n",
        ] {
            assert!(demo.contains(value), "{demo}");
        }
        assert!(!qgis("http://a", &seed, false).contains("lindmatt-qgis"));
        assert_eq!(qgis("http://a", &Seed::default(), false), "");
    }
}
