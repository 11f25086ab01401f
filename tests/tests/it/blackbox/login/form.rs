//! `POST /login`.

use std::sync::Arc;

use http::Method;
use mapgate_tests::{Answer, Site};
use serde_json::json;

everywhere!(
    a_good_login_gives_the_user_and_a_ticket,
    a_missing_field_is_named,
    every_refusal_looks_the_same,
    a_name_counts_in_either_unicode_form,
    came_from_leads_back_to_this_host,
    came_from_leads_nowhere_else,
    a_stranger_cannot_log_a_visitor_in,
    a_form_is_urlencoded_or_multipart,
    a_first_login_gives_no_ticket,
);

async fn a_good_login_gives_the_user_and_a_ticket(site: Arc<Site>) {
    let actor = site.anonymous();
    let answer = actor
        .post("/login", &[("login", "jane"), ("password", "lindmatt-jane")])
        .await;
    answer
        .is(200, "jane")
        .has("content-type", Some("application/json"));
    assert_eq!(
        answer.json(),
        json!({
            "username": "jane", "display_name": "Jane", "email": "jane@example.com", "is_intranet": false,
            "login_type": "local", "two_factor_enable": false,
            "roles": [{"name": "editor", "id": 101}], "functionalities": {"default_basemap": ["aerial"]}
        })
    );
    let cookie = answer.header("set-cookie").unwrap();
    let attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
    assert!(cookie.starts_with("auth_tkt="), "{cookie}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=86400"] {
        assert!(attributes.contains(&attribute), "{attribute}: {cookie}");
    }
    // Host-only; and the harness speaks plain http.
    assert!(
        !cookie.contains("Domain") && !cookie.contains("Secure"),
        "{cookie}"
    );
    let cache = answer.header("cache-control").unwrap();
    assert!(cache.contains("private") && cache.contains("no-store"), "{cache}");
    answer.has("x-content-type-options", Some("nosniff"));
}

async fn a_missing_field_is_named(site: Arc<Site>) {
    let actor = site.anonymous();
    actor
        .post("/login", &[("password", "lindmatt-jane")])
        .await
        .is(400, "login")
        .json()["error"]
        .as_str()
        .unwrap();
    actor
        .post("/login", &[("login", "jane")])
        .await
        .is(400, "password")
        .json()["error"]
        .as_str()
        .unwrap();
    actor
        .post("/login", &[])
        .await
        .is(400, "login")
        .has("set-cookie", None);
}

async fn every_refusal_looks_the_same(site: Arc<Site>) {
    let mut seen: Vec<(Answer, &str)> = Vec::new();
    for (login, password) in [
        ("jane", "wrong"),
        ("nobody", "lindmatt-nobody"),
        ("gone", "lindmatt-gone"),
        ("old", "lindmatt-old"),
        ("JANE", "lindmatt-jane"),
        ("jane", "lindmatt-jane "),
        ("jane", "LINDMATT-JANE"),
        ("jane", ""),
        ("", "lindmatt-jane"),
    ] {
        let answer = site
            .anonymous()
            .post("/login", &[("login", login), ("password", password)])
            .await;
        if login.is_empty() || password.is_empty() {
            // An empty field may count as a missing one.
            assert!(
                [400, 401].contains(&answer.status.as_u16()),
                "{login}:{password} {answer:?}"
            );
        } else {
            answer.is(401, "error").has("set-cookie", None);
            seen.push((answer, login));
        }
    }
    for (answer, login) in &seen {
        assert_eq!(answer.body, seen[0].0.body, "{login}");
        assert_eq!(
            answer.header("www-authenticate"),
            seen[0].0.header("www-authenticate"),
            "{login}"
        );
        assert!(
            !answer
                .header("www-authenticate")
                .unwrap_or_default()
                .contains("Basic"),
            "no password dialog"
        );
    }
}

async fn a_name_counts_in_either_unicode_form(site: Arc<Site>) {
    for (login, password) in [("zoé", "grüße-lindmatt"), ("zoe\u{301}", "gru\u{308}ße-lindmatt")] {
        let actor = site.anonymous();
        let answer = actor
            .post("/login", &[("login", login), ("password", password)])
            .await;
        assert_eq!(answer.is(200, "username").json()["username"], "zoé");
        assert_eq!(actor.get("/loginuser").await.json()["display_name"], "Zoé Müller");
    }
}

async fn came_from_leads_back_to_this_host(site: Arc<Site>) {
    let own = format!("{}/theme/x", site.url);
    for target in [
        "/",
        "/theme/main?lang=de&x=1#map",
        own.as_str(),
        "https://portal.example.com/theme/x",
    ] {
        let fields = [
            ("login", "joe"),
            ("password", "lindmatt-joe"),
            ("came_from", target),
        ];
        let actor = site.anonymous();
        actor
            .post("/login", &fields)
            .await
            .is(302, "")
            .has("location", Some(target));
        actor.get("/loginuser").await.is(200, "joe");

        let query = url::form_urlencoded::byte_serialize(target.as_bytes()).collect::<String>();
        let fields = [("login", "joe"), ("password", "lindmatt-joe")];
        let answer = site
            .anonymous()
            .post(&format!("/login?came_from={query}"), &fields)
            .await;
        answer.is(302, "").has("location", Some(target));
    }
}

async fn came_from_leads_nowhere_else(site: Arc<Site>) {
    let other_port = format!("{}1/", site.url);
    let user_info = site.url.replace("http://", "http://evil.example.com@");
    for target in [
        "//evil.example.com/",
        "/\\evil.example.com",
        "\\\\evil.example.com",
        "https://evil.example.com/",
        "https:evil.example.com",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\t/evil.example.com",
        "/x\r\nSet-Cookie: a=b",
        " //evil.example.com",
        "https://portal.example.com.evil.example.com/",
        "https://portal.example.com@evil.example.com/",
        "http://portal.example.com:8443/",
        "theme",
        other_port.as_str(),
        user_info.as_str(),
    ] {
        let fields = [
            ("login", "joe"),
            ("password", "lindmatt-joe"),
            ("came_from", target),
        ];
        let answer = site.anonymous().post("/login", &fields).await;
        answer
            .is(400, "came_from")
            .has("set-cookie", None)
            .has("location", None);
    }
}

async fn a_stranger_cannot_log_a_visitor_in(site: Arc<Site>) {
    let form = b"login=joe&password=lindmatt-joe".to_vec();
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let own = site.url.clone();
    for (name, value, status) in [
        ("origin", "https://evil.example.com", 403),
        ("origin", "null", 403),
        ("origin", "https://portal.example.com.evil.example.com", 403),
        ("referer", "https://evil.example.com/login", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("origin", own.as_str(), 200),
        ("referer", own.as_str(), 200),
        ("origin", "https://portal.example.com", 200),
        ("referer", "https://portal.example.com/theme", 200),
        ("user-agent", "a script, which sends neither", 200),
    ] {
        let actor = site.anonymous();
        let answer = actor
            .send(Method::POST, "/login", &[kind, (name, value)], form.clone())
            .await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{name}: {value}: {}",
            answer.text()
        );
        assert_eq!(
            answer.header("set-cookie").is_some(),
            status == 200,
            "{name}: {value}"
        );
    }
}

async fn a_form_is_urlencoded_or_multipart(site: Arc<Site>) {
    let part = |name: &str, value: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = format!(
        "{}{}--x--\r\n",
        part("login", "joe"),
        part("password", "lindmatt-joe")
    );
    let send = |kind: &'static str, body: String| {
        let site = site.clone();
        async move {
            let headers = [("content-type", kind)];
            site.anonymous()
                .send(Method::POST, "/login", &headers, body.into_bytes())
                .await
        }
    };
    send("multipart/form-data; boundary=x", body).await.is(200, "joe");
    send(
        "application/x-www-form-urlencoded; charset=UTF-8",
        "login=joe&password=lindmatt-joe".into(),
    )
    .await
    .is(200, "joe");
    send(
        "application/json",
        json!({"login": "joe", "password": "lindmatt-joe"}).to_string(),
    )
    .await
    .is(415, "error");
    send("text/plain", "login=joe&password=lindmatt-joe".into())
        .await
        .is(415, "error");
}

async fn a_first_login_gives_no_ticket(site: Arc<Site>) {
    let actor = site.anonymous();
    let answer = actor
        .post("/login", &[("login", "newcomer"), ("password", "first-newcomer")])
        .await;
    answer.is(200, "newcomer").has("set-cookie", None);
    assert_eq!(
        answer.json(),
        json!({"username": "newcomer", "is_password_changed": false, "two_factor_enable": false})
    );
    let fields = [
        ("login", "newcomer"),
        ("password", "first-newcomer"),
        ("came_from", "/theme"),
    ];
    actor.post("/login", &fields).await.has("set-cookie", None);
    assert_eq!(actor.get("/loginuser").await.json()["username"], json!(null));
}
