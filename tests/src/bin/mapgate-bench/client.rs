//! An HTTP client that follows nothing, and the code flow with it.

use serde_json::Value;

pub const FORM: &str = "application/x-www-form-urlencoded";

pub struct Client(reqwest::Client);

impl Client {
    pub fn new() -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        Self(client.build().expect("a client"))
    }

    pub async fn post(&self, url: &str, body: &str) -> reqwest::Response {
        let request = self
            .0
            .post(url)
            .header("content-type", FORM)
            .body(body.to_owned());
        request.send().await.expect("an answer")
    }

    /// Logs Pia in and gives her cookie.
    pub async fn cookie(&self, base: &str) -> String {
        let answer = self
            .post(&format!("{base}/login"), "login=pia&password=lindmatt-pia")
            .await;
        assert_eq!(answer.status(), 200);
        let set = answer.headers()["set-cookie"]
            .to_str()
            .expect("a cookie")
            .to_owned();
        set.split(';').next().unwrap_or_default().to_owned()
    }

    /// From the authorize request of a signed-in user to the access token.
    pub async fn flow(&self, base: &str, cookie: &str) -> String {
        let authorize = format!(
            "{base}/oauth/login?response_type=code&client_id=qgis&redirect_uri=http://127.0.0.1:7070/"
        );
        let answer = self
            .0
            .get(authorize)
            .header("cookie", cookie)
            .send()
            .await
            .expect("an answer");
        let location = answer
            .headers()
            .get("location")
            .expect("a redirect")
            .to_str()
            .expect("text")
            .to_owned();
        let code = location
            .split("code=")
            .nth(1)
            .and_then(|rest| rest.split('&').next())
            .expect("a code");
        let body = format!(
            "grant_type=authorization_code&client_id=qgis&client_secret=lindmatt-qgis&code={code}\
             &redirect_uri=http://127.0.0.1:7070/"
        );
        let answer = self.post(&format!("{base}/oauth/token"), &body).await;
        let told: Value = serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON");
        told["access_token"].as_str().expect("an access token").to_owned()
    }
}
