//! GeoMapFish's own code for URL logins (PyCryptodome): its tokens log in, and it reads mapgate's.

use mapgate_core::clock::{Clock, Timestamp};
use mapgate_core::random::Random;
use mapgate_core::session::UrlLogin;
use mapgate_core::settings::Secret;
use mapgate_tests::{Setup, VARS, client, password};
use serde_json::json;

const KEYS: [&str; 3] = [
    "lindmatt-16bytes",
    "lindmatt-lindmatt-24byte",
    "lindmatt-lindmatt-lindmatt-32byt",
];

#[tokio::test]
async fn a_token_made_by_pycryptodome_logs_in() {
    let later = Clock::system().now().seconds() + 3600;
    for key in KEYS {
        let vars = format!("{VARS}\n  urllogin: {{aes_key: {key}}}\n");
        let site = Setup::default().vars(vars).start().await;
        for (username, expiry) in [("jane", later.to_string()), ("zoé", format!("{later}.75"))] {
            let made = client(
                "url_login.py",
                &["make", key, username, &password(username), &expiry],
            )
            .await;
            let visitor = site.anonymous();
            let target = format!("/loginuser?auth={}", made["token"].as_str().unwrap());
            visitor.get(&target).await.is(200, username);
            // From now on by the ticket.
            visitor.get("/loginuser").await.is(200, username);
        }
        let old = (later - 7200).to_string();
        let made = client("url_login.py", &["make", key, "jane", &password("jane"), &old]).await;
        let target = format!("/loginuser?auth={}", made["token"].as_str().unwrap());
        site.anonymous().get(&target).await.is(401, "not valid");
    }
}

#[tokio::test]
async fn pycryptodome_reads_mapgates_token() {
    for key in KEYS {
        let login = UrlLogin {
            username: "zoé".to_owned(),
            password: Secret::new("grüße \"lindmatt\"\\"),
            expires_at: Timestamp::from_seconds(1_790_000_000),
        };
        let token = login.encode(&Secret::new(key), &Random::system()).unwrap();
        let read = client("url_login.py", &["read", key, token.expose()]).await;
        assert_eq!(
            read,
            json!({"u": "zoé", "p": "grüße \"lindmatt\"\\", "t": 1_790_000_000})
        );
        let other = client("url_login.py", &["read", &key.replace('l', "L"), token.expose()]).await;
        assert_eq!(other["u"], json!(null));
    }
}
