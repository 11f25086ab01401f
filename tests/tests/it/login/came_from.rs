//! Where a login leads back to; the rules themselves are tested beside their code.

use mapgate_tests::gate::{get, post, with_header};

use super::{PASSWORD, form, jane_with, send};

const VARS: &str =
    "  authorized_referers: [portal.example.com]\n  authentication: {allowed_hosts: [dev.example.com]}";

#[tokio::test]
async fn the_api_is_sent_back_with_302_from_field_or_query() {
    let test = jane_with(VARS, &[]).await;
    for place in [
        "/theme/cadastre?map_x=1",
        "http://maps.example.com/x",
        "https://portal.example.com/x",
        "https://dev.example.com/x",
    ] {
        let credentials = [("login", "jane"), ("password", PASSWORD), ("came_from", place)];
        let answer = send(&test, post("/login", &credentials)).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (302, place));
        assert!(answer.header("set-cookie").starts_with("auth_tkt="));
        let query: String = url::form_urlencoded::byte_serialize(place.as_bytes()).collect();
        let answer = send(
            &test,
            post(&format!("/login?came_from={query}"), &credentials[..2]),
        )
        .await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (302, place));
    }
}

#[tokio::test]
async fn a_place_elsewhere_is_refused_before_the_password_is_tried() {
    let test = jane_with(VARS, &[]).await;
    for place in [
        "//evil.com",
        "/\\evil.com",
        "https:evil.com",
        "javascript:alert(1)",
        "/\t/evil.com",
        "x",
    ] {
        let credentials = [("login", "jane"), ("password", PASSWORD), ("came_from", place)];
        let answer = send(&test, post("/login", &credentials)).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("set-cookie")),
            (400, ""),
            "{place}"
        );
        assert!(
            answer.json()["error"]
                .as_str()
                .expect("a text")
                .contains("came_from")
        );
        // A good one in the field does not make up for the form's own, nor the other way round.
        let page = send(
            &test,
            get(&format!(
                "/login.html?came_from={}",
                place.replace(['\t', '\\'], "%5C")
            )),
        )
        .await;
        assert_eq!(page.status, 400, "{place}");
        assert!(page.header("content-type").starts_with("text/html"));
    }
    assert_eq!(test.gate.hashing.evaluated(), 0);
}

#[tokio::test]
async fn the_page_carries_it_through_and_leads_there_with_303() {
    let test = jane_with(VARS, &[]).await;
    let path = "/login.html?came_from=https%3A%2F%2Fportal.example.com%2Fx%3Fa%3D%22b";
    let page = send(&test, get(path)).await;
    let hidden = "<input type=\"hidden\" name=\"came_from\" value=\"https://portal.example.com/x?a=&#34;b\">";
    assert!(page.body.contains(hidden), "{}", page.body);
    let policy = page.header("content-security-policy");
    assert!(
        policy.contains("form-action 'self' https://portal.example.com;"),
        "{policy}"
    );

    let (token, cookies) = form(&test, path).await;
    let fields = [
        ("csrf_token", token.as_str()),
        ("came_from", "https://portal.example.com/x?a=\"b"),
        ("login", "jane"),
        ("password", PASSWORD),
    ];
    let answer = send(&test, with_header(post("/login", &fields), "cookie", &cookies)).await;
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("location"), "https://portal.example.com/x?a=%22b");
    assert!(answer.header("set-cookie").starts_with("auth_tkt="));
}
