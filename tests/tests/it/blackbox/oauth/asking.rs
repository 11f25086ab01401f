//! What a client can ask of the authorize endpoint beyond a code, and what nobody should ask.

use std::sync::Arc;

use http::Method;
use mapgate_tests::hostile::{GETS, POSTS};
use mapgate_tests::{REDIRECT, Site, code_of, csrf_token, hidden_fields};

use super::authorize::parameters;

everywhere!(
    hostile_requests_are_refused_over_http,
    an_answer_goes_by_fragment_or_by_form_where_the_client_says_so,
    a_client_says_how_the_user_is_asked,
);

async fn hostile_requests_are_refused_over_http(site: Arc<Site>) {
    let mut wrong = Vec::new();
    for (query, expected) in GETS {
        let answer = site.anonymous().get(&format!("/oauth/login?{query}")).await;
        let location = answer.header("location").unwrap_or_default();
        if !expected.fits(answer.status.as_u16(), &location, REDIRECT, answer.text()) {
            wrong.push(format!("{query}: {} {location}, not {expected:?}", answer.status));
        }
    }
    for (kind, body, status) in POSTS {
        let browser = site.anonymous();
        let path = Site::authorize("qgis");
        let token = csrf_token(&browser.get(&path).await);
        let body = body.replace("TOKEN", &token).into_bytes();
        let answer = browser
            .send(Method::POST, &path, &[("content-type", *kind)], body)
            .await;
        if answer.status.as_u16() != *status || answer.header("location").is_some() {
            wrong.push(format!(
                "{kind}: {}, not {status}: {}",
                answer.status,
                answer.text()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn an_answer_goes_by_fragment_or_by_form_where_the_client_says_so(site: Arc<Site>) {
    let user = site.user("jane").await;
    let path = format!("{}&state=a%20b", Site::authorize("many"));
    let answer = user.get(&format!("{path}&response_mode=fragment")).await;
    let location = answer.header("location").unwrap();
    assert!(
        location.starts_with(&format!("{REDIRECT}#code=")) && location.contains("&state=a%20b&iss="),
        "{location}"
    );
    let page = user.get(&format!("{path}&response_mode=form_post")).await;
    let html = page.is(200, "<button").has("location", None).text();
    let fields = hidden_fields(html);
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action http://127.0.0.1:7070;"), "{policy}");
    site.exchange("many", &fields[0].1).await.is(200, "access_token");
}

async fn a_client_says_how_the_user_is_asked(site: Arc<Site>) {
    let path = Site::authorize("many");
    let answer = site.anonymous().get(&format!("{path}&prompt=none")).await;
    assert_eq!(parameters(&answer)["error"], "login_required");
    let user = site.user("jane").await;
    assert!(!code_of(&user.get(&format!("{path}&prompt=none")).await).is_empty());
    user.get(&format!("{path}&prompt=login"))
        .await
        .is(200, "name=\"password\"");
    user.get(&format!("{path}&max_age=0"))
        .await
        .is(200, "name=\"password\"");
    user.get(&format!("{path}&prompt=consent"))
        .await
        .is(200, "name=\"decision\"");
    let again = format!("{path}&prompt=login");
    assert!(!code_of(&user.sign_in(&again, "jane", "lindmatt-jane").await).is_empty());
    let answer = user.get(&format!("{path}&resource=https://evil.example/")).await;
    assert_eq!(parameters(&answer)["error"], "invalid_target");
}
