//! Client authentication at the token endpoint, and the form of its requests (RFC 6749 §2.3.1, §3.2).

use axum::body::Body;
use http::Request;
use mapgate_tests::gate::{post, with_header};

use super::{House, REDIRECT, assert_refused, by_header, exchange_form};

/// The fields of an exchange that do not say who the client is.
fn anonymous(code: &str) -> Vec<(&str, &str)> {
    exchange_form(code, &[("client_id", ""), ("client_secret", "")])
}

#[tokio::test]
async fn t32_get_json_and_repeated_parameters_are_refused() {
    let house = House::new().await;
    let code = house.code(|_| {}).await;
    let get = house
        .test
        .send(house.token_router(), mapgate_tests::gate::get("/oauth/token"))
        .await;
    assert_eq!((get.status.as_u16(), get.header("allow")), (405, "POST"));

    let json = Request::post("/oauth/token")
        .header("content-type", "application/json")
        .body(Body::from(r#"{"grant_type": "authorization_code"}"#))
        .unwrap();
    let json = house.test.send(house.token_router(), json).await;
    assert_eq!(json.status, 415);
    assert_eq!(json.json()["error"], "invalid_request");

    for twice in ["code", "client_id", "grant_type", "anything"] {
        let mut fields = exchange_form(&code, &[]);
        fields.extend([(twice, "x"), (twice, "x")]);
        assert_refused(&house.token(&fields).await, "invalid_request");
    }
    assert_eq!(
        house.exchange(&code, &[]).await.status,
        200,
        "none of it spent the code"
    );
}

#[tokio::test]
async fn parameters_in_the_query_string_are_refused() {
    let house = House::new().await;
    let code = house.code(|_| {}).await;
    let request = post(
        "/oauth/token?client_secret=1234",
        &exchange_form(&code, &[("client_secret", "")]),
    );
    assert_refused(
        &house.test.send(house.token_router(), request).await,
        "invalid_request",
    );
}

#[tokio::test]
async fn t33_a_secret_in_the_header_and_in_the_body_is_refused() {
    let house = House::new().await;
    let code = house.code(|_| {}).await;
    let request = by_header(&exchange_form(&code, &[]), "qgis:1234");
    assert_refused(
        &house.test.send(house.token_router(), request).await,
        "invalid_request",
    );
}

#[tokio::test]
async fn t34_the_header_is_form_decoded() {
    let house = House::new().await;
    house.client("a:b c", Some("p%w+"), |_| {}).await;
    let code = house.code(|code| code.client_id = "a:b c".to_owned()).await;
    let request = by_header(&anonymous(&code), "a%3Ab+c:p%25w%2B");
    let answer = house.test.send(house.token_router(), request).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn t35_a_wrong_secret_is_challenged_where_the_header_was_used() {
    let house = House::new().await;
    let code = house.code(|_| {}).await;
    for pair in ["qgis:1235", "qgis:", "nobody:1234", "qgis"] {
        let request = by_header(&anonymous(&code), pair);
        let answer = house.test.send(house.token_router(), request).await;
        assert_refused(&answer, "invalid_client");
        assert_eq!(answer.status, 401, "{pair}");
        assert!(
            answer.header("www-authenticate").starts_with("Basic realm="),
            "{pair}"
        );
    }
    // In the body there is no challenge: QGIS would answer it with a dialog.
    for wrong in [
        ("client_secret", "1235"),
        ("client_secret", ""),
        ("client_id", "nobody"),
        ("client_id", ""),
    ] {
        let answer = house.exchange(&code, &[wrong]).await;
        assert_refused(&answer, "invalid_client");
        assert_eq!(
            (answer.status.as_u16(), answer.header("www-authenticate")),
            (400, ""),
            "{wrong:?}"
        );
    }
    assert_eq!(
        house.exchange(&code, &[]).await.status,
        200,
        "none of it spent the code"
    );
}

#[tokio::test]
async fn another_scheme_authenticates_no_client() {
    let house = House::new().await;
    let code = house.code(|_| {}).await;
    let fields = anonymous(&code);
    let request = with_header(post("/oauth/token", &fields), "authorization", "Bearer abc");
    assert_refused(
        &house.test.send(house.token_router(), request).await,
        "invalid_client",
    );
}

#[tokio::test]
async fn t36_a_public_client_sends_no_secret() {
    let house = House::new().await;
    let public = |code: &mut mapgate_core::table::Code| {
        code.client_id = "public".to_owned();
        code.challenge = Some(super::CHALLENGE.to_owned());
    };
    let code = house.code(public).await;
    let verifier = ("code_verifier", super::VERIFIER);
    let secret = house.exchange(&code, &[("client_id", "public"), verifier]).await;
    assert_refused(&secret, "invalid_client");

    // QGIS sends an empty one.
    let fields = [
        ("client_id", "public"),
        ("client_secret", ""),
        ("code", &code),
        ("grant_type", "authorization_code"),
        ("redirect_uri", REDIRECT),
        verifier,
    ];
    let answer = house.token(&fields).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn t38_other_grant_types_are_not_supported() {
    let house = House::new().await;
    for grant_type in ["password", "client_credentials", "implicit", "Authorization_Code"] {
        let fields = [
            ("client_id", "qgis"),
            ("client_secret", "1234"),
            ("grant_type", grant_type),
        ];
        assert_refused(&house.token(&fields).await, "unsupported_grant_type");
    }
    let fields = [("client_id", "qgis"), ("client_secret", "1234")];
    assert_refused(&house.token(&fields).await, "invalid_request");
}

#[tokio::test]
async fn hostile_values_are_refused_and_never_an_error_of_ours() {
    let house = House::new().await;
    let long = "x".repeat(5000);
    for value in [long.as_str(), "\0", "a#b", "é", "../..", " "] {
        assert_refused(
            &house.exchange("code", &[("client_id", value)]).await,
            "invalid_client",
        );
        assert_refused(&house.exchange(value, &[]).await, "invalid_grant");
        assert_refused(&house.refresh(value).await, "invalid_grant");
        let both = house.exchange(value, &[("code_verifier", value)]).await;
        assert_refused(&both, "invalid_request");
    }
    let broken = Request::post("/oauth/token")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("client_id=%ff&code=%"))
        .unwrap();
    assert_refused(
        &house.test.send(house.token_router(), broken).await,
        "invalid_request",
    );
}

#[tokio::test]
async fn t39_errors_never_echo_what_was_sent() {
    let house = House::new().await;
    let secret = "s3cr3t-that-was-sent-with-it-0123456789abcdefg";
    for answer in [
        house.exchange(secret, &[]).await,
        house.exchange("code", &[("client_secret", secret)]).await,
        house.exchange("code", &[("code_verifier", secret)]).await,
        house.refresh(secret).await,
    ] {
        assert!(!answer.body.contains(secret), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_listed_origin_may_read_the_tokens() {
    let vars = "  headers:\n    oauth:\n      access_control_allow_origin: [\"https://app.example.com\"]";
    let house = House::on(mapgate_tests::gate::TestGate::with(vars, &[]).await).await;
    let code = house.code(|_| {}).await;
    for (origin, allowed) in [
        ("https://app.example.com", "https://app.example.com"),
        ("https://app.example.com.evil", ""),
    ] {
        let request = with_header(post("/oauth/token", &exchange_form(&code, &[])), "origin", origin);
        let answer = house.test.send(house.token_router(), request).await;
        assert_eq!(answer.header("access-control-allow-origin"), allowed);
        assert!(answer.header("vary").contains("Origin"));
    }
}
