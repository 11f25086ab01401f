//! `/oauth/login` and `/oauth/authorize` (RFC 6749 §4.1.1, RFC 7636, RFC 9207, RFC 8252 §7.3).

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;
use mapgate_tests::{Answer, Pkce, REDIRECT, Site, code_of, hidden_fields};
use url::Url;

everywhere!(
    a_user_signs_in_as_qgis_asks,
    a_wrong_password_gives_no_code,
    a_client_that_is_not_known_is_never_redirected,
    a_redirect_uri_must_match,
    a_loopback_port_is_free,
    port_zero_says_to_restart_qgis,
    other_faults_are_told_to_the_client,
    repeated_parameters_are_refused,
    empty_parameters_are_absent,
    a_signed_in_user_is_sent_straight_back,
    a_public_client_asks_first,
    a_newcomer_goes_to_notlogin,
    the_form_needs_its_token,
    no_other_origin_may_read_it,
);

pub(super) fn parameters(answer: &Answer) -> BTreeMap<String, String> {
    let location = Url::parse(&answer.header("location").unwrap()).unwrap();
    location.query_pairs().into_owned().collect()
}

async fn a_user_signs_in_as_qgis_asks(site: Arc<Site>) {
    for path in ["/oauth/login", "/oauth/authorize"] {
        let url = Site::authorize("many").replace("/oauth/login", path);
        let answer = site.anonymous().sign_in(&url, "jane", "lindmatt-jane").await;
        // 303, so that the browser does not post the password on (RFC 9700 §4.12).
        answer.is(303, "");
        let location = answer.header("location").unwrap();
        assert!(location.starts_with(&format!("{REDIRECT}?")), "{location}");
        let told = parameters(&answer);
        assert_eq!(told["iss"], site.url);
        assert!(
            !told["code"].is_empty() && !told.contains_key("state"),
            "{told:?}"
        );
        assert!(!location.contains("lindmatt-jane"));
    }
}

async fn a_wrong_password_gives_no_code(site: Arc<Site>) {
    for (login, password) in [("jane", "wrong"), ("nobody", "wrong"), ("gone", "lindmatt-gone")] {
        let answer = site
            .anonymous()
            .sign_in(&Site::authorize("many"), login, password)
            .await;
        answer.is(401, "<form").has("location", None);
        assert!(
            answer
                .header("set-cookie")
                .is_none_or(|cookies| !cookies.contains("auth_tkt=")),
            "{answer:?}"
        );
    }
}

async fn a_client_that_is_not_known_is_never_redirected(site: Arc<Site>) {
    for query in [
        format!("response_type=code&client_id=nobody&redirect_uri={REDIRECT}"),
        format!("response_type=code&redirect_uri={REDIRECT}"),
        format!("client_id=%00&response_type=code&redirect_uri={REDIRECT}"),
        String::new(),
    ] {
        let answer = site.anonymous().get(&format!("/oauth/login?{query}")).await;
        answer.is(400, "<html").has("location", None);
    }
}

async fn a_redirect_uri_must_match(site: Arc<Site>) {
    for (client, uri) in [
        ("qgis", "http://127.0.0.1.evil.example.com:7070/"),
        ("qgis", "http://localhost:7070/"),
        ("qgis", "http://[::1]:7070/"),
        ("qgis", "http://0x7f.1:7070/"),
        ("qgis", "http://127.0.0.1:7070/other"),
        ("qgis", "http://127.0.0.1:7070/?x=1"),
        ("qgis", "http://127.0.0.1:7070/%23x"),
        ("qgis", "http://user@127.0.0.1:7070/"),
        ("qgis", "https://127.0.0.1:7070/"),
        ("other", "https://other.example.com/back/"),
        ("other", "https://other.example.com/back?x=1"),
        ("other", "https://other.example.com:8443/back"),
        ("other", "https://OTHER.example.com/back"),
        ("other", "https://other.example.com/x/%2e%2e/back"),
        ("other", "https://other.example.com.evil.example.com/back"),
        ("other", "https://other.example.com@evil.example.com/back"),
        ("other", "javascript:alert(1)"),
    ] {
        let uri: String = url::form_urlencoded::byte_serialize(uri.as_bytes()).collect();
        let path = format!("/oauth/login?response_type=code&client_id={client}&redirect_uri={uri}");
        let answer = site.anonymous().get(&path).await;
        answer.is(400, "<html").has("location", None);
        site.user("jane")
            .await
            .get(&path)
            .await
            .is(400, "<html")
            .has("location", None);
    }
}

async fn a_loopback_port_is_free(site: Arc<Site>) {
    let user = site.user("jane").await;
    for uri in [
        "http://127.0.0.1:51004/",
        "http://127.0.0.1:51004",
        "http%3A%2F%2F127.0.0.1%3A7071%2F",
    ] {
        let path = format!("/oauth/login?response_type=code&client_id=many&redirect_uri={uri}");
        let answer = user.get(&path).await;
        assert!(
            answer
                .header("location")
                .unwrap()
                .starts_with("http://127.0.0.1:"),
            "{answer:?}"
        );
        assert!(!code_of(&answer).is_empty());
    }
}

async fn port_zero_says_to_restart_qgis(site: Arc<Site>) {
    let path = "/oauth/login?response_type=code&client_id=qgis&redirect_uri=http://127.0.0.1:0/";
    site.anonymous()
        .get(path)
        .await
        .is(400, "QGIS")
        .has("location", None);
}

async fn other_faults_are_told_to_the_client(site: Arc<Site>) {
    let back = "redirect_uri=https://other.example.com/back";
    let pkce = Pkce::of("faults");
    let challenge = &pkce.challenge;
    for (query, error) in [
        (
            format!("response_type=token&client_id=other&{back}&state=s"),
            "unsupported_response_type",
        ),
        (
            format!("response_type=code%20token&client_id=other&{back}&state=s"),
            "unsupported_response_type",
        ),
        (format!("client_id=other&{back}&state=s"), "invalid_request"),
        (
            format!("response_type=code&client_id=other&{back}&state=s&scope=bake"),
            "invalid_scope",
        ),
        (
            format!(
                "response_type=code&client_id=other&{back}&state=s&code_challenge={challenge}&code_challenge_method=plain"
            ),
            "invalid_request",
        ),
        // Without a method it is plain.
        (
            format!("response_type=code&client_id=other&{back}&state=s&code_challenge={challenge}"),
            "invalid_request",
        ),
        (
            format!(
                "response_type=code&client_id=other&{back}&state=s&code_challenge=short&code_challenge_method=S256"
            ),
            "invalid_request",
        ),
    ] {
        let answer = site.anonymous().get(&format!("/oauth/login?{query}")).await;
        assert!(
            answer.status.is_redirection(),
            "{query}: {} {}",
            answer.status,
            answer.text()
        );
        assert!(
            answer
                .header("location")
                .unwrap()
                .starts_with("https://other.example.com/back?"),
            "{query}"
        );
        let told = parameters(&answer);
        assert_eq!(
            (told["error"].as_str(), told["state"].as_str()),
            (error, "s"),
            "{query}"
        );
        assert_eq!(told["iss"], site.url, "{query}");
        assert!(
            !told["error_description"].is_empty() && !told.contains_key("code"),
            "{query}"
        );
    }
    let missing = [
        (
            format!("response_type=code&client_id=stateful&{back}"),
            "invalid_request",
        ),
        (
            format!("response_type=code&client_id=public&redirect_uri={REDIRECT}"),
            "invalid_request",
        ),
    ];
    for (query, error) in missing {
        let answer = site.anonymous().get(&format!("/oauth/login?{query}")).await;
        assert_eq!(parameters(&answer)["error"], error, "{query}");
    }
}

async fn repeated_parameters_are_refused(site: Arc<Site>) {
    let twice = format!("{}&client_id=many", Site::authorize("many"));
    site.anonymous()
        .get(&twice)
        .await
        .is(400, "<html")
        .has("location", None);
    let twice = format!("{}&redirect_uri={REDIRECT}", Site::authorize("many"));
    site.anonymous()
        .get(&twice)
        .await
        .is(400, "<html")
        .has("location", None);
    let twice = format!("{}&scope=map&scope=map", Site::authorize("many"));
    assert_eq!(
        parameters(&site.anonymous().get(&twice).await)["error"],
        "invalid_request"
    );
}

async fn empty_parameters_are_absent(site: Arc<Site>) {
    // As old versions of QGIS write it.
    let path = format!(
        "{}&state=&api_key=&scope=&code_challenge=",
        Site::authorize("many")
    );
    let answer = site.user("jane").await.get(&path).await;
    let told = parameters(&answer);
    assert!(
        told.contains_key("code") && !told.contains_key("state"),
        "{told:?}"
    );
    let path = format!("{}&state&api_key=", Site::authorize("many"));
    assert!(!code_of(&site.user("jane").await.get(&path).await).is_empty());
}

async fn a_signed_in_user_is_sent_straight_back(site: Arc<Site>) {
    let state = "a b+c%2F\u{e9}";
    let state: String = url::form_urlencoded::byte_serialize(state.as_bytes()).collect();
    let path = format!("{}&state={state}", Site::authorize("many"));
    let answer = site.user("jane").await.get(&path).await;
    assert!(answer.status.is_redirection(), "{answer:?}");
    let told = parameters(&answer);
    assert_eq!(told["state"], "a b+c%2F\u{e9}");
    // A link on another site may rightly lead here.
    let headers = [
        ("referer", "https://elsewhere.example.com/"),
        ("sec-fetch-site", "cross-site"),
    ];
    let answer = site
        .user("jane")
        .await
        .send(Method::GET, &path, &headers, Vec::new())
        .await;
    assert!(!code_of(&answer).is_empty());
}

async fn a_public_client_asks_first(site: Arc<Site>) {
    let pkce = Pkce::of("consent");
    let path = format!(
        "{}&code_challenge={}&code_challenge_method=S256",
        Site::authorize("public"),
        pkce.challenge
    );
    let user = site.user("jane").await;
    let page = user.get(&path).await;
    let hidden = hidden_fields(page.is(200, "public").has("location", None).text());
    let refused = user
        .post(
            &path,
            &[("csrf_token", "x"), ("decision", "allow"), ("consent", "yes")],
        )
        .await;
    refused.is(403, "").has("location", None);
    // The page's own button says how it agrees.
    let agreed = button(page.text());
    let fields = hidden.iter().chain(std::iter::once(&agreed));
    let fields: Vec<(&str, &str)> = fields
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let code = code_of(&user.post(&path, &fields).await);
    let fields = [
        ("client_id", "public"),
        ("code", code.as_str()),
        ("grant_type", "authorization_code"),
        ("redirect_uri", REDIRECT),
        ("code_verifier", pkce.verifier.as_str()),
    ];
    site.anonymous()
        .post("/oauth/token", &fields)
        .await
        .is(200, "access_token");
}

/// Name and value of the page's first submit button.
fn button(page: &str) -> (String, String) {
    let tag = page.split("<button").nth(1).unwrap().split('>').next().unwrap();
    let attribute = |name: &str| {
        let value = tag.split(&format!(" {name}=\"")).nth(1).unwrap_or_default();
        value.split('"').next().unwrap_or_default().to_owned()
    };
    (attribute("name"), attribute("value"))
}

async fn a_newcomer_goes_to_notlogin(site: Arc<Site>) {
    let answer = site
        .anonymous()
        .sign_in(&Site::authorize("many"), "newcomer", "first-newcomer")
        .await;
    answer.is(303, "");
    let location = answer.header("location").unwrap();
    assert!(
        location.contains("/notlogin") && !location.contains("code="),
        "{location}"
    );
}

async fn the_form_needs_its_token(site: Arc<Site>) {
    let path = Site::authorize("many");
    let browser = site.anonymous();
    browser.get(&path).await.is(200, "<form");
    let fields = [("login", "jane"), ("password", "lindmatt-jane")];
    browser
        .post(&path, &fields)
        .await
        .is(403, "")
        .has("location", None);
    let fields = [
        ("login", "jane"),
        ("password", "lindmatt-jane"),
        ("csrf_token", "x"),
    ];
    browser
        .post(&path, &fields)
        .await
        .is(403, "")
        .has("location", None);
}

async fn no_other_origin_may_read_it(site: Arc<Site>) {
    let headers = [("origin", "https://portal.example.com")];
    for method in [Method::GET, Method::OPTIONS] {
        let answer = site
            .anonymous()
            .send(method, &Site::authorize("many"), &headers, Vec::new())
            .await;
        answer.has("access-control-allow-origin", None);
    }
}
