//! A browser: it keeps cookies and posts forms.

use std::collections::BTreeMap;

use axum::body::Body;
use http::Request;
use mapgate_tests::gate::{Answer, get, post, with_header};
use mapgate_tests::hidden_fields;
use url::Url;

use super::{House, PASSWORD, REDIRECT};

/// What QGIS opens, to the letter.
pub const QGIS: &str = "/oauth/login?response_type=code&client_id=qgis&redirect_uri=http://127.0.0.1:7070/";
/// The same for a program without a secret.
pub const PUBLIC: &str = "/oauth/login?response_type=code&client_id=public&redirect_uri=http://127.0.0.1:7070/\
     &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

pub struct Browser<'a> {
    house: &'a House,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub fn new(house: &'a House) -> Self {
        let cookies = BTreeMap::new();
        Self { house, cookies }
    }

    /// Sends a request with the cookies, and keeps those that come back.
    pub async fn send(&mut self, request: Request<Body>) -> Answer {
        let cookies = self.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let cookies = cookies.collect::<Vec<_>>().join("; ");
        let request = with_header(request, "cookie", &cookies);
        let router = mapgate_oauth_authorize::router(self.house.test.gate.clone());
        let answer = self.house.test.send(router, request).await;
        for cookie in answer.cookies().split("; ") {
            if let Some((name, value)) = cookie.split_once('=') {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub async fn open(&mut self, path: &str) -> Answer {
        self.send(get(path)).await
    }

    /// Posts the form of `page` with its hidden fields and these.
    pub async fn submit(&mut self, page: &Answer, fields: &[(&str, &str)]) -> Answer {
        let hidden = hidden_fields(&page.body);
        let hidden = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<(&str, &str)> = hidden.chain(fields.iter().copied()).collect();
        self.send(post(&action(page), &all)).await
    }

    /// Posts the form of `page` for jane.
    pub async fn enter(&mut self, page: &Answer) -> Answer {
        self.submit(page, &[("login", "jane"), ("password", PASSWORD)])
            .await
    }

    /// Opens `path` and logs jane in there.
    pub async fn log_in(&mut self, path: &str) -> Answer {
        let page = self.open(path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        self.enter(&page).await
    }

    pub fn holds_a_ticket(&self) -> bool {
        self.cookies.contains_key("auth_tkt")
    }

    pub fn ticket(&self) -> &str {
        &self.cookies["auth_tkt"]
    }
}

/// Where the page's form goes.
pub fn action(page: &Answer) -> String {
    between(&page.body, "action=\"", "\"")
        .replace("&#38;", "&")
        .replace("&amp;", "&")
}

pub fn csrf_token(page: &Answer) -> String {
    between(&page.body, "name=\"csrf_token\" value=\"", "\"").to_owned()
}

fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let (_, rest) = text.split_once(before).expect("a page with a form");
    rest.split_once(after).expect("an end").0
}

/// The parameters with which a redirect leads back to the client.
#[track_caller]
pub fn sent_back(answer: &Answer) -> BTreeMap<String, String> {
    let location = answer.header("location");
    assert!(
        location.starts_with(REDIRECT),
        "{} {location:?} {}",
        answer.status,
        answer.body
    );
    let url = Url::parse(location).expect("a URL");
    url.query_pairs().into_owned().collect()
}

/// Asserts that the user reads a page and nothing is sent to the client.
#[track_caller]
pub fn assert_page(answer: &Answer, status: u16) {
    assert_eq!(
        (answer.status.as_u16(), answer.header("location")),
        (status, ""),
        "{}",
        answer.body
    );
    assert!(
        answer.header("content-type").starts_with("text/html"),
        "{}",
        answer.body
    );
}

/// Asserts that the page asks for name and password.
#[track_caller]
pub fn asks_password(page: &Answer) {
    assert_page(page, 200);
    assert!(page.body.contains("name=\"password\""), "{}", page.body);
}

/// Asserts that the page asks whether the client may have access.
#[track_caller]
pub fn asks_consent(page: &Answer) {
    assert_page(page, 200);
    assert!(page.body.contains("name=\"decision\""), "{}", page.body);
}
