//! What the harness prints when it serves.

use std::fmt::Write as _;
use std::net::SocketAddr;

use crate::map_server::MapServer;

/// The demo's users, whose passwords are no secret (they stand in `demo/seed.yaml`), and what each sees.
const USERS: [(&str, &str, &str); 4] = [
    (
        "jane",
        "lindmatt-jane",
        "editor: parcels, owners and building projects",
    ),
    ("pia", "lindmatt-pia", "planner: gas pipes"),
    ("joe", "lindmatt-joe", "no role of his own: public layers"),
    ("admin", "lindmatt-admin", "administrator"),
];

/// The demo's `OAuth2` client and its secret.
const CLIENT: (&str, &str) = ("qgis", "lindmatt-qgis");

/// For people who open the portal in a browser or in QGIS.
pub fn of_portal(base_url: &str, map: &MapServer, demo: bool, address: SocketAddr) -> String {
    let mut text = format!(
        "\nmapgate, all of it on this machine\n\n  \
         portal          {base_url}/\n  \
         administration  {base_url}/admin/\n  \
         caught mails    {base_url}/local/\n  \
         map server      {} ({})\n\n",
        map.url(),
        map.name()
    );
    if demo {
        text.push_str("Users (their passwords at first)\n\n");
        for (name, password, roles) in USERS {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {name:<6} {password:<15} {roles}");
        }
        text.push('\n');
    }
    let (client, secret) = if demo {
        CLIENT
    } else {
        ("one of the seed file's", "that client's")
    };
    let _ = write!(
        text,
        "QGIS: a new authentication configuration, OAuth2, grant flow Authorization Code\n\n  \
         request URL     {base_url}/oauth/login\n  \
         token URL       {base_url}/oauth/token\n  \
         redirect URL    http://127.0.0.1:7070/\n  \
         client ID       {client}\n  \
         client secret   {secret}\n  \
         WMS or WFS      {base_url}/mapserv_proxy?ogcserver=main\n\n\
         Ctrl-C ends it.\n\nready http://{address}\n"
    );
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
    for (name, value) in variables {
        let quoted = value.replace('\'', r"'\''");
        let _ = writeln!(text, "export {name}='{quoted}'");
    }
    let _ = writeln!(text, "# ready http://{address}");
    text
}

#[cfg(test)]
mod tests {
    use mapgate_core::settings::Secret;

    use super::*;
    use crate::seed::Seed;

    #[test]
    fn the_printed_users_and_client_are_the_demos() {
        let seed = Seed::read(None).unwrap();
        let password = |password: &Option<Secret>| password.as_ref().map(|secret| secret.expose().to_owned());
        for (name, printed, _) in USERS {
            let user = seed
                .users
                .iter()
                .find(|user| user.value.username == name)
                .unwrap();
            assert_eq!(password(&user.value.password).as_deref(), Some(printed));
        }
        assert_eq!(seed.users.len(), USERS.len());
        let client = seed
            .oauth2_clients
            .iter()
            .find(|client| client.value.client_id == CLIENT.0)
            .unwrap();
        assert_eq!(password(&client.value.secret).as_deref(), Some(CLIENT.1));
    }
}
