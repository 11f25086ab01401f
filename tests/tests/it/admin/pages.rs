//! The pages: forms, what they refuse, and who may see them.

mod others;
mod users;

use axum::body::Body;
use http::Request;
use mapgate_tests::gate::{Answer, post};

use super::Desk;

/// Ada's browser at the pages.
pub(super) struct Browser<'a> {
    desk: &'a Desk,
    cookies: String,
}

/// The value of a hidden field, with its entities as they are.
fn hidden(answer: &Answer, name: &str) -> String {
    let begin = format!("name=\"{name}\" value=\"");
    let (_, rest) = answer.body.split_once(&begin).unwrap_or_default();
    rest.split('"').next().unwrap().replace("&#34;", "\"")
}

impl<'a> Browser<'a> {
    pub(super) async fn of(desk: &'a Desk) -> Self {
        let page = desk.get("/admin/new_user").await;
        let cookies = format!("{}; {}", desk.cookies, page.cookies());
        Self { desk, cookies }
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header("cookie", &self.cookies);
        self.desk.send(request.body(Body::empty()).unwrap()).await
    }

    /// Sends the form of the page at `path`, with its own hidden fields.
    pub(super) async fn send(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        let (token, etag) = (hidden(&page, "csrf_token"), hidden(&page, "etag"));
        let own = [("csrf_token", token.as_str()), ("etag", etag.as_str())];
        self.post(path, &[&own[..], fields].concat()).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut request = post(path, fields);
        request
            .headers_mut()
            .insert("cookie", self.cookies.parse().unwrap());
        self.desk.send(request).await
    }

    /// The page that a form led to.
    pub(super) async fn follow(&self, answer: &Answer) -> Answer {
        assert_eq!(answer.status, 303, "{}", answer.body);
        self.get(answer.header("location")).await
    }
}

#[tokio::test]
async fn who_is_not_logged_in_is_led_to_the_login_page_and_back() {
    let desk = Desk::new().await;
    for (path, back) in [
        ("/admin/", "%2Fadmin%2F"),
        ("/admin/users?sort=email", "%2Fadmin%2Fusers%3Fsort%3Demail"),
    ] {
        let answer = desk.send(Request::get(path).body(Body::empty()).unwrap()).await;
        let location = format!("/login.html?came_from={back}&lang=en");
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, location.as_str())
        );
        assert!(answer.header("cache-control").contains("no-store"));
    }
    // Nor does a form that comes too late do anything.
    let answer = desk.send(post("/admin/new_user", &[("username", "jane")])).await;
    assert_eq!(answer.status, 303);
}

#[tokio::test]
async fn a_form_counts_only_from_a_page_of_this_browser() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk).await;
    for fields in [
        &[("username", "jane")][..],
        &[("username", "jane"), ("csrf_token", "x")],
    ] {
        let answer = browser.post("/admin/new_user", fields).await;
        assert_eq!(answer.status, 403, "{}", answer.body);
        assert!(answer.body.contains("<html"), "{}", answer.body);
    }
    let users = desk.get("/admin/api/users").await.json();
    assert_eq!(users["items"].as_array().unwrap().len(), 1);
    // A stranger's page has no ticket here.
    let mut request = post("/admin/new_user", &[("username", "jane")]);
    let headers = request.headers_mut();
    headers.insert("cookie", browser.cookies.parse().unwrap());
    headers.insert("origin", "https://evil.example.com".parse().unwrap());
    assert_eq!(desk.send(request).await.status, 303);
}

#[tokio::test]
async fn an_unknown_page_is_a_page_and_an_unknown_operation_a_problem() {
    let desk = Desk::new().await;
    for path in [
        "/admin/nothing",
        "/admin/users/1/nothing",
        "/admin/users/x",
        "/admin/users/999",
    ] {
        let answer = desk.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.header("content-type").starts_with("text/html"), "{path}");
    }
    let answer = desk.get("/admin/api/nothing").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (404, "application/problem+json")
    );
}

#[tokio::test]
async fn without_the_administration_there_is_no_page() {
    let desk = Desk::with("  enable_admin_interface: false").await;
    for path in ["/admin", "/admin/", "/admin/users", "/admin/nothing"] {
        let (here, there) = (desk.get(path).await, desk.get("/elsewhere").await);
        assert_eq!((here.status, &here.body), (there.status, &there.body), "{path}");
        assert_eq!(here.status, 404);
    }
}

#[tokio::test]
async fn a_page_has_a_strict_policy_and_speaks_the_visitors_language() {
    let desk = Desk::new().await;
    let answer = desk.get("/admin/users?lang=de").await;
    let policy = answer.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("form-action 'self'"),
        "{policy}"
    );
    assert_eq!(policy.matches("'sha256-").count(), 2, "{policy}");
    assert!(answer.body.contains("<html lang=\"de\">"));
    assert!(answer.body.contains("href=\"/admin/new_user?lang=de\""));
    assert!(answer.body.contains("href=\"?lang=fr\""));
}

#[tokio::test]
async fn logging_out_ends_the_session() {
    let desk = Desk::new().await;
    let browser = Browser::of(&desk).await;
    let token = hidden(&browser.get("/admin/users").await, "csrf_token");
    let answer = browser.post("/admin/log_out", &[("csrf_token", &token)]).await;
    assert_eq!(answer.status, 303);
    assert_eq!(
        answer.header("location"),
        "/login.html?came_from=%2Fadmin%2F&lang=en"
    );
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    // The same ticket again, at a process that remembers nothing.
    assert_eq!(
        super::who(&desk.test, &browser.cookies).await,
        serde_json::Value::Null
    );
}
