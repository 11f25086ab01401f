//! Pyramid's own `AuthTktCookieHelper`, as GeoMapFish uses it: each takes the other's tickets.

use mapgate_tests::{Setup, Site, client};
use serde_json::json;

const SECRET: &str = "lindmatt-lindmatt-lindmatt-lindmatt-lindmatt-lindmatt-lindmatt-00";

async fn site() -> Site {
    let setup = Setup::default().variable("AUTHTKT_SECRET", SECRET);
    setup
        .variable("MAPGATE_IDENTITY_CACHE_SECONDS", "0")
        .start()
        .await
}

#[tokio::test]
async fn pyramid_takes_mapgates_ticket() {
    let site = site().await;
    for username in ["jane", "zoé"] {
        let ticket = site.user(username).await.cookie("auth_tkt").unwrap();
        let found = client(
            "pyramid_ticket.py",
            &["verify", SECRET, &ticket, "--timeout", "86400"],
        )
        .await;
        assert_eq!(found["userid"], username);
        let tokens = found["tokens"].as_array().unwrap();
        assert_eq!(tokens.len(), 1, "{found}");
        assert!(tokens[0].as_str().unwrap().starts_with('m'), "{found}");
        let wrong = client(
            "pyramid_ticket.py",
            &["verify", &SECRET.replace("00", "01"), &ticket],
        )
        .await;
        assert_eq!(wrong["userid"], json!(null));
    }
}

#[tokio::test]
async fn mapgate_takes_pyramids_reissue_and_ends_it_at_logout() {
    let site = site().await;
    let jane = site.user("jane").await;
    let ticket = jane.cookie("auth_tkt").unwrap();
    // Ten seconds on, a Pyramid that reissues after five.
    let found = client("pyramid_ticket.py", &["verify", SECRET, &ticket]).await;
    let later = (found["timestamp"].as_i64().unwrap() + 10).to_string();
    let found = client(
        "pyramid_ticket.py",
        &["verify", SECRET, &ticket, "--now", &later, "--reissue", "5"],
    )
    .await;
    let reissued = found["reissued"].as_str().unwrap();
    assert_ne!(reissued, ticket);
    let copy = site.anonymous();
    copy.set_cookie("auth_tkt", reissued);
    copy.get("/loginuser").await.is(200, "\"username\":\"jane\"");
    // A logout reaches every reissue, too.
    jane.get("/logout").await.is(200, "true");
    assert_eq!(copy.get("/loginuser").await.json()["username"], json!(null));
}

#[tokio::test]
async fn mapgate_takes_pyramids_own_ticket() {
    let site = site().await;
    // A second ahead: one that is not newer than the user's making is refused.
    let ticket = site.user("jane").await.cookie("auth_tkt").unwrap();
    let found = client("pyramid_ticket.py", &["verify", SECRET, &ticket]).await;
    let now = found["timestamp"].as_i64().unwrap();
    for (username, time, known) in [
        ("jane", now + 2, true),
        ("zoé", now + 2, true),
        ("nobody", now + 2, false),
        ("gone", now + 2, false),
        ("jane", now - 86_500, false),
    ] {
        let made = client(
            "pyramid_ticket.py",
            &["make", SECRET, username, &time.to_string()],
        )
        .await;
        let actor = site.anonymous();
        actor.set_cookie("auth_tkt", made["cookie"].as_str().unwrap());
        let told = actor.get("/loginuser").await.is(200, "functionalities").json();
        assert_eq!(told["username"] == username, known, "{username} {time}: {told}");
    }
    let made = client(
        "pyramid_ticket.py",
        &[
            "make",
            &SECRET.replace("00", "01"),
            "jane",
            &(now + 2).to_string(),
        ],
    )
    .await;
    let actor = site.anonymous();
    actor.set_cookie("auth_tkt", made["cookie"].as_str().unwrap());
    assert_eq!(actor.get("/loginuser").await.json()["username"], json!(null));
}
