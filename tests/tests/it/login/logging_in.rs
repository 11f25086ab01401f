//! `POST /login` and `/loginuser`.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Request;
use mapgate_core::clock::Timestamp;
use mapgate_core::settings::Secret;
use mapgate_core::table::{AuditEntry, CreateUser, Event, NewUser};
use mapgate_tests::gate::{TestGate, get, post, with_header};
use serde_json::json;

use super::{PASSWORD, jane, jane_with, log_in, router, send, ticket, trail, who};

#[tokio::test]
async fn a_right_password_gives_the_user_object_and_a_ticket() {
    let test = jane().await;
    let answer = log_in(&test, "jane", PASSWORD).await;
    assert_eq!(answer.status, 200);
    let expected = json!({
        "username": "jane", "display_name": "jane", "email": "jane@example.com", "is_intranet": false,
        "login_type": "local", "two_factor_enable": false,
        "roles": [{"name": "editor", "id": 5}], "functionalities": {}
    });
    assert_eq!(answer.json(), expected);
    let cookie = answer.header("set-cookie");
    assert!(
        cookie.starts_with("auth_tkt=") && !cookie.contains("Domain"),
        "{cookie}"
    );
    for attribute in ["; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age=86400"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_eq!(answer.header("cache-control"), "private, no-store");
    let vary: Vec<_> = answer.headers.get_all("vary").iter().collect();
    assert_eq!(vary, ["Cookie, Authorization, Origin"]);

    let request = with_header(get("/loginuser"), "cookie", &answer.cookies());
    let user = send(&test, request).await;
    assert_eq!((user.status.as_u16(), user.json()), (200, expected));
    assert_eq!(user.header("cache-control"), "private, no-store");
    assert_eq!(user.header("set-cookie"), "", "a young ticket is not reissued");
}

#[tokio::test]
async fn an_anonymous_request_learns_only_what_holds_for_everyone() {
    let test = TestGate::with("  intranet: {networks: [203.0.113.0/24]}", &[]).await;
    let answer = send(&test, get("/loginuser")).await;
    let expected = json!({"functionalities": {}, "is_intranet": true, "login_type": "local", "two_factor_enable": false});
    assert_eq!((answer.status.as_u16(), answer.json()), (200, expected));
    let elsewhere = test
        .send_from(
            router(&test.gate),
            get("/loginuser"),
            "198.51.100.1".parse().expect("an address"),
        )
        .await;
    assert_eq!(elsewhere.json()["is_intranet"], false);
}

#[tokio::test]
async fn functionalities_come_from_own_roles_before_the_implied_ones() {
    let test = jane().await;
    let table = test.gate.table().await;
    let mut roles = table.roles().await.expect("roles");
    let of = |pairs: &[(&str, &str)]| -> BTreeMap<String, Vec<String>> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()]))
            .collect()
    };
    roles
        .set("editor", None, of(&[("default_theme", "edit")]))
        .expect("a role");
    roles
        .set(
            "registered",
            None,
            of(&[("default_theme", "user"), ("print", "a4")]),
        )
        .expect("a role");
    roles
        .set("anonymous", None, of(&[("default_theme", "public")]))
        .expect("a role");
    table
        .save_roles(&roles)
        .await
        .expect("the table")
        .expect("nobody else");

    let own = log_in(&test, "jane", PASSWORD).await.json();
    assert_eq!(
        own["functionalities"],
        json!({"default_theme": ["edit"], "print": ["a4"]})
    );
    let anonymous = send(&test, get("/loginuser")).await.json();
    assert_eq!(anonymous["functionalities"], json!({"default_theme": ["public"]}));
}

#[tokio::test]
async fn a_login_takes_three_requests_to_the_table_and_one_hash() {
    let test = jane().await;
    for turn in 1..=2 {
        assert_eq!(log_in(&test, "jane", PASSWORD).await.status, 200);
        assert_eq!(
            test.table_requests(),
            ["UpdateItem", "BatchGetItem", "TransactWriteItems"]
        );
        assert_eq!(test.gate.hashing.evaluated(), turn);
    }
}

async fn special(test: &TestGate, username: &str, deactivated: bool, expire_on: Option<Timestamp>) {
    let hash = test
        .gate
        .hashing
        .hash(&Secret::new(PASSWORD))
        .await
        .expect("a hash");
    let new = NewUser {
        username: username.to_owned(),
        id: None,
        display_name: String::new(),
        email: None,
        roles: [].into(),
        password: Some(hash),
        is_password_changed: true,
        deactivated,
        expire_on,
        source: mapgate_core::table::Source::Directory,
    };
    let audit = AuditEntry::new(Event::UserCreated, test.clock.now(), 1);
    let created = test
        .gate
        .table()
        .await
        .create_user(new, test.clock.now(), &audit)
        .await;
    assert!(matches!(created, Ok(CreateUser::Created(_))));
}

#[tokio::test]
async fn t70_whatever_is_wrong_answer_and_work_are_the_same_and_only_the_trail_knows() {
    let test = jane().await;
    special(&test, "off", true, None).await;
    special(&test, "over", false, Some(test.clock.now())).await;
    let long = "x".repeat(5000);
    let wrong = [
        ("jane", "wrong", "wrong_password"),
        ("jane", "Correct horse", "wrong_password"),
        ("jane", " correct horse", "wrong_password"),
        ("JANE", PASSWORD, "unknown_user"),
        ("nobody", PASSWORD, "unknown_user"),
        (long.as_str(), PASSWORD, "unknown_user"),
        ("ja\0ne", PASSWORD, "unknown_user"),
        ("off", PASSWORD, "deactivated"),
        ("off", "wrong", "wrong_password"),
        ("over", PASSWORD, "expired"),
    ];
    let _ = test.table_requests();
    let mut answers = Vec::new();
    for (username, password, reason) in wrong {
        let before = (trail(&test).await.len(), test.gate.hashing.evaluated());
        let _ = test.table_requests();
        let answer = log_in(&test, username, password).await;
        let work = (test.table_requests(), test.gate.hashing.evaluated() - before.1);
        let headers: BTreeMap<String, String> = answer
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().expect("ASCII").to_owned()))
            .collect();
        answers.push((answer.status, answer.body, headers, work));
        let trail = trail(&test).await;
        assert_eq!(trail.len(), before.0 + 1);
        // Entries of one millisecond stand in no order.
        let told =
            |entry: &&AuditEntry| entry.event == Event::LoginFailed && entry.details["reason"] == reason;
        let entry = trail.iter().find(told).expect("an entry");
        assert_eq!(entry.username.is_some(), reason != "unknown_user");
        assert_eq!(entry.details["way"], "form");
        test.clock.advance(Duration::from_secs(1));
    }
    let (status, body, headers, work) = &answers[0];
    assert_eq!(*status, 401);
    assert_eq!(body, r#"{"error":"the user name or the password is wrong"}"#);
    assert!(!headers.contains_key("set-cookie"));
    assert_eq!(work.0, ["UpdateItem", "BatchGetItem", "TransactWriteItems"]);
    assert_eq!(work.1, 1);
    for answer in &answers {
        assert_eq!(answer, &answers[0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_right_logins_at_once_all_succeed() {
    let test = jane().await;
    let mut logins = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let request = post("/login", &[("login", "jane"), ("password", PASSWORD)]);
        let mut request = request;
        request.extensions_mut().insert(mapgate_core::identity::Peer {
            address: [203, 0, 113, 7].into(),
            https: false,
        });
        let router = mapgate_core::http::front(router(&test.gate), &test.gate.settings);
        logins.spawn(async move {
            tower::ServiceExt::oneshot(router, request)
                .await
                .expect("an answer")
                .status()
        });
    }
    let statuses = logins.join_all().await;
    assert_eq!(statuses.len(), 50);
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
}

#[tokio::test]
async fn a_missing_field_is_named_and_costs_nothing() {
    let test = jane().await;
    for (fields, missing) in [
        (vec![("password", PASSWORD)], "login"),
        (vec![("login", ""), ("password", PASSWORD)], "login"),
        (vec![("login", "jane")], "password"),
        (vec![("Login", "jane"), ("login", "jane")], "password"),
    ] {
        let answer = send(&test, post("/login", &fields)).await;
        let error = json!({ "error": format!("the field {missing} is missing") });
        assert_eq!((answer.status.as_u16(), answer.json()), (400, error));
    }
    let twice = send(
        &test,
        post(
            "/login",
            &[("login", "jane"), ("login", "joe"), ("password", "x")],
        ),
    )
    .await;
    assert_eq!(twice.json(), json!({"error": "the field login is there twice"}));
    assert_eq!(test.gate.hashing.evaluated(), 0);
    assert!(test.table_requests().is_empty());
    // In the query string a password would stand in logs: it is not looked at.
    let query = send(&test, post("/login?login=jane&password=correct+horse", &[])).await;
    assert_eq!(query.status, 400);
}

#[tokio::test]
async fn a_name_may_be_composed_or_not_and_a_multipart_form_is_good() {
    let test = TestGate::new().await;
    test.user("zo\u{eb}", PASSWORD, &[], false).await;
    let answer = log_in(&test, "zoe\u{308}", PASSWORD).await;
    assert_eq!(answer.json()["username"], "zo\u{eb}");
    assert_eq!(who(&test, &test.gate, &answer.cookies()).await, "zo\u{eb}");

    let body = "--b\r\nContent-Disposition: form-data; name=\"login\"\r\n\r\nzo\u{eb}\r\n--b\r\n\
                Content-Disposition: form-data; name=\"password\"\r\n\r\ncorrect horse\r\n--b--\r\n";
    let request = Request::post("/login").header("content-type", "multipart/form-data; boundary=b");
    let answer = send(&test, request.body(body.into()).expect("a request")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn a_first_login_gets_no_ticket_but_is_told_to_choose_a_password() {
    let test = TestGate::new().await;
    test.user("joe", PASSWORD, &[], true).await;
    let answer = log_in(&test, "joe", PASSWORD).await;
    let expected = json!({"username": "joe", "is_password_changed": false, "two_factor_enable": false});
    assert_eq!((answer.status.as_u16(), answer.json()), (200, expected));
    assert_eq!(answer.header("set-cookie"), "");
}

#[tokio::test]
async fn t72_a_strangers_page_cannot_log_a_visitor_in() {
    let vars = "  authorized_referers: [portal.example.com]";
    let test = jane_with(vars, &[]).await;
    let cases: [(&[(&'static str, &str)], u16); 14] = [
        (&[], 200),
        (&[("origin", "http://maps.example.com")], 200),
        (&[("referer", "http://maps.example.com/login.html?lang=de")], 200),
        (
            &[
                ("origin", "https://portal.example.com"),
                ("referer", "https://portal.example.com/x"),
            ],
            200,
        ),
        (
            &[
                ("host", "other.example.com"),
                ("origin", "http://other.example.com"),
            ],
            200,
        ),
        (&[("sec-fetch-site", "same-origin")], 200),
        (&[("origin", "https://evil.com")], 403),
        (&[("origin", "null")], 403),
        (&[("origin", "https://portal.example.com.evil.com")], 403),
        (&[("origin", "http://maps.example.com:8080")], 403),
        (&[("referer", "https://evil.com/maps.example.com")], 403),
        (&[("referer", "")], 403),
        (
            &[
                ("origin", "http://maps.example.com"),
                ("referer", "https://evil.com/"),
            ],
            403,
        ),
        (&[("sec-fetch-site", "cross-site")], 403),
    ];
    for (headers, status) in cases {
        let mut request = post("/login", &[("login", "jane"), ("password", PASSWORD)]);
        for (name, value) in headers {
            request = with_header(request, name, value);
        }
        let answer = send(&test, request).await;
        assert_eq!(answer.status, status, "{headers:?}: {}", answer.body);
        assert_eq!(
            answer.header("set-cookie").is_empty(),
            status == 403,
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn no_identity_scheme_is_evaluated() {
    let test = jane_with("  hide_capabilities: false", &[("BASICAUTH", "true")]).await;
    for header in ["Bearer nonsense", "Basic nonsense", "Basic amFuZTp3cm9uZw=="] {
        let request = post("/login", &[("login", "jane"), ("password", PASSWORD)]);
        let answer = send(&test, with_header(request, "authorization", header)).await;
        assert_eq!(answer.status, 200, "{header}");
    }
    assert_eq!(test.gate.hashing.evaluated(), 3);
}

#[tokio::test]
async fn t66_each_login_begins_a_session_of_its_own() {
    let test = jane().await;
    let first = ticket(&test).await;
    let request = post("/login", &[("login", "jane"), ("password", PASSWORD)]);
    let second = send(&test, with_header(request, "cookie", &first)).await;
    let session = |cookies: &str| cookies.split('!').nth(1).expect("a token").to_owned();
    assert_ne!(session(&first), session(&second.cookies()));
    // Pyramid's form of the cookie would be sent first: it goes.
    let set: Vec<&str> = second
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().expect("ASCII"))
        .collect();
    assert_eq!(set.len(), 2);
    assert!(
        set[0].contains("Domain=maps.example.com") && set[0].contains("Max-Age=0"),
        "{set:?}"
    );
    assert!(!set[1].contains("Domain"), "{set:?}");
}
