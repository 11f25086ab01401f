//! Basic, where `BASICAUTH` is on: for a desktop GIS, which sends it unasked.

use http::Method;
use mapgate_tests::{Setup, Site};

const MAP: &str = "/mapserv_proxy?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetMap&LAYERS=parcels&STYLES=&CRS=EPSG:2056\
                   &BBOX=2599940,1199940,2601480,1201020&WIDTH=20&HEIGHT=14&FORMAT=image/png";
const CHALLENGE: &str = "Basic realm=\"Access to restricted layers\"";

async fn site() -> Site {
    Setup::default()
        .variable("BASICAUTH", "true")
        .variable("MAPGATE_IDENTITY_CACHE_SECONDS", "0")
        .start()
        .await
}

#[track_caller]
fn assert_basic_is_asked_for(answer: &mapgate_tests::Answer) {
    answer.is(401, "");
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.starts_with(CHALLENGE), "{challenge}");
}

#[tokio::test]
async fn a_right_password_acts_for_the_user() {
    let site = site().await;
    let jane = site.basic("jane", "lindmatt-jane");
    jane.get("/loginuser")
        .await
        .is(200, "\"username\":\"jane\"")
        .has("set-cookie", None);
    assert!(jane.get(MAP).await.is(200, "").is_png());
    site.basic("zoé", "grüße-lindmatt")
        .get("/loginuser")
        .await
        .is(200, "Zoé");
}

#[tokio::test]
async fn a_wrong_one_never_falls_through() {
    let site = site().await;
    let ticket = site.user("jane").await.cookie("auth_tkt").unwrap();
    for (user, password) in [
        ("jane", "wrong"),
        ("nobody", "wrong"),
        ("gone", "lindmatt-gone"),
        ("old", "lindmatt-old"),
    ] {
        let actor = site.basic(user, password);
        actor.set_cookie("auth_tkt", &ticket);
        assert_basic_is_asked_for(&actor.get("/loginuser").await);
        // Not even a public layer is drawn.
        assert_basic_is_asked_for(&actor.get(&MAP.replace("parcels", "roads")).await);
    }
    for header in ["Basic", "Basic %%%", "Basic amFuZQ==", "Basic /w=="] {
        let answer = site.anonymous().authorized(header).get("/loginuser").await;
        answer.is(401, "");
    }
}

#[tokio::test]
async fn who_must_change_the_password_cannot_use_it() {
    let site = site().await;
    assert_basic_is_asked_for(&site.basic("newcomer", "first-newcomer").get("/loginuser").await);
}

#[tokio::test]
async fn a_desktop_asks_to_be_asked() {
    let site = site().await;
    let asked = format!("{}&authentication_required=true", MAP.replace("parcels", "roads"));
    assert_basic_is_asked_for(&site.anonymous().get(&asked).await);
    assert!(
        site.basic("joe", "lindmatt-joe")
            .get(&asked)
            .await
            .is(200, "")
            .is_png()
    );
    // Without the parameter a browser that shows a portal must open no dialog.
    site.anonymous()
        .get(MAP)
        .await
        .is(401, "Exception")
        .has("www-authenticate", Some("Bearer"));
    // A bad token is answered in its own kind, or QGIS hangs in a dialog.
    let bearer = site.anonymous().authorized("Bearer x");
    let challenge = bearer
        .get(&asked)
        .await
        .is(401, "")
        .header("www-authenticate")
        .unwrap();
    assert!(challenge.starts_with("Bearer"), "{challenge}");
}

#[tokio::test]
async fn a_changed_password_ends_what_was_remembered() {
    let site = site().await;
    let old = site.basic("changer", "lindmatt-changer");
    old.get("/loginuser").await.is(200, "changer");
    let new = "a meadow at dawn";
    let fields = [
        ("login", "changer"),
        ("oldPassword", "lindmatt-changer"),
        ("newPassword", new),
        ("confirmNewPassword", new),
    ];
    site.anonymous()
        .post("/loginchangepassword", &fields)
        .await
        .is(200, "changer");
    assert_basic_is_asked_for(&old.get("/loginuser").await);
    site.basic("changer", new)
        .get("/loginuser")
        .await
        .is(200, "changer");
}

#[tokio::test]
async fn a_foreign_page_may_show_what_basic_opens() {
    // A page cannot make a browser send it, unlike a ticket.
    let site = site().await;
    let jane = site.basic("jane", "lindmatt-jane");
    let headers = [
        ("referer", "https://elsewhere.example.com/"),
        ("sec-fetch-site", "cross-site"),
    ];
    jane.send(Method::GET, "/loginuser", &headers, Vec::new())
        .await
        .is(200, "\"username\":\"jane\"");
}
