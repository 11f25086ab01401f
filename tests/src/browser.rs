//! A real browser, Chromium without a window, through the `WebDriver` protocol.

use std::process::Command as Now;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::program::Program;

/// The key under which `WebDriver` names an element (W3C, §11).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// The tabulator key.
pub const TAB: &str = "\u{e004}";

/// A browser with a profile of its own. It ends with its value.
#[derive(Debug)]
pub struct Browser {
    session: String,
    http: reqwest::Client,
    driver: Program,
}

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(id) = self.driver.child.id() {
            // The driver and all of Chromium, which are one process group.
            Now::new("kill")
                .args(["-KILL", "--", &format!("-{id}")])
                .status()
                .ok();
        }
    }
}

impl Browser {
    /// Starts one whose user prefers `language`; `script` says whether JavaScript runs.
    ///
    /// # Panics
    /// Where there is no Chromium: `tests/run` installs it.
    pub async fn start(language: &str, script: bool) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("mapgate-browser-")
            .tempdir()
            .unwrap();
        let mut command = Command::new("chromedriver");
        command
            .arg("--port=0")
            .process_group(0)
            .env("TMPDIR", folder.path())
            .env("HOME", folder.path());
        let mut driver = Program::of(command, folder);
        let Some(line) = driver.line_with("started successfully on port ").await else {
            panic!("chromedriver did not start: {}", driver.log());
        };
        let port = line.rsplit(' ').next().unwrap().trim_end_matches('.').to_owned();
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_mins(2))
            .build()
            .unwrap();
        let script = if script { 1 } else { 2 };
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": {
                "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         "--no-proxy-server", "--disable-background-networking"],
                "prefs": { "intl.accept_languages": language,
                           "profile.managed_default_content_settings.javascript": script },
            },
        } } });
        let mut browser = Self {
            session: format!("http://127.0.0.1:{port}/session"),
            http,
            driver,
        };
        let made = browser.post("", &wanted).await;
        let id = made["sessionId"].as_str().unwrap().to_owned();
        browser.session.extend(["/", &id]);
        browser
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        match self.ask(path, body).await {
            Ok(value) => value,
            Err(error) => panic!("{path} {body}: {error}\n{}", self.driver.log()),
        }
    }

    /// What the driver answers, or the error that it tells.
    async fn ask(&self, path: &str, body: &Value) -> Result<Value, Value> {
        let request = self.http.post(format!("{}{path}", self.session));
        let request = request
            .header("content-type", "application/json")
            .body(body.to_string());
        let told: Value =
            serde_json::from_slice(&request.send().await.unwrap().bytes().await.unwrap()).unwrap();
        if told["value"]["error"].is_null() {
            Ok(told["value"].clone())
        } else {
            Err(told)
        }
    }

    /// Goes to a URL and waits until it has loaded.
    pub async fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url })).await;
    }

    /// Where it is.
    ///
    /// # Panics
    /// Where the driver does not say.
    pub async fn url(&self) -> String {
        self.run("return location.href")
            .await
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// What a script in the page returns.
    pub async fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
            .await
    }

    /// Waits until a script in the page returns something true. A page that goes away under the script, as it may while
    /// another one loads, has not said so.
    ///
    /// # Panics
    /// Where it does not within twenty seconds, with what it returned last.
    pub async fn until(&self, script: &str) {
        let mut last = Value::Null;
        for _ in 0..200 {
            let asked = json!({ "script": script, "args": [] });
            match self.ask("/execute/sync", &asked).await {
                Ok(Value::Null | Value::Bool(false)) => last = Value::Null,
                Ok(_) => return,
                Err(error) => last = error,
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!(
            "{script}: {last}, at {}: {:?}",
            self.url().await,
            self.complaints().await
        );
    }

    async fn element(&self, selector: &str) -> String {
        let found = self
            .post("/element", &json!({ "using": "css selector", "value": selector }))
            .await;
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    /// Types into a field.
    pub async fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        self.post(&format!("/element/{element}/value"), &json!({ "text": text }))
            .await;
    }

    /// Clicks what leads to another page, and waits until all of that is there.
    pub async fn follow(&self, selector: &str) {
        self.run("document.documentElement.dataset.left = ''").await;
        self.click(selector).await;
        self.until(
            "return document.readyState == 'complete' && !('left' in document.documentElement.dataset)",
        )
        .await;
    }

    /// Clicks. Where that leads to another page, the driver waits for it, unless the page is slow to go.
    pub async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        self.post(&format!("/element/{element}/click"), &json!({})).await;
    }

    /// Presses a key, by the character that `WebDriver` gives it (W3C, §17.4.2): [`TAB`], for one.
    pub async fn press(&self, key: &str) {
        let strokes = [
            json!({ "type": "keyDown", "value": key }),
            json!({ "type": "keyUp", "value": key }),
        ];
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.post("/actions", &json!({ "actions": [keyboard] })).await;
    }

    /// The values of the page's cookies, those that no script may read among them.
    ///
    /// # Panics
    /// Where the driver does not say.
    pub async fn cookies(&self) -> Vec<String> {
        let told = self.chromium("Network.getCookies", json!({})).await;
        let cookies = told["cookies"].as_array().unwrap().iter();
        cookies
            .map(|cookie| cookie["value"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Forgets every cookie.
    pub async fn forget(&self) {
        self.chromium("Network.clearBrowserCookies", json!({})).await;
    }

    /// A window of that width in CSS pixels, of a visitor who prefers light or dark colours. Narrow ones are a phone's. The
    /// page has taken both in when this returns.
    pub async fn view(&self, width: u32, is_dark: bool) {
        let window = json!({ "width": width, "height": 720, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.chromium("Emulation.setDeviceMetricsOverride", window).await;
        let scheme = if is_dark { "dark" } else { "light" };
        let features = [json!({ "name": "prefers-color-scheme", "value": scheme })];
        self.chromium("Emulation.setEmulatedMedia", json!({ "features": features }))
            .await;
        let taken_in = format!("(width: {width}px) and (prefers-color-scheme: {scheme})");
        self.until(&format!("return matchMedia('{taken_in}').matches"))
            .await;
    }

    /// The whole page as a PNG, what is below the window's edge included.
    ///
    /// # Panics
    /// Where the driver gives none.
    pub async fn screenshot(&self) -> Vec<u8> {
        let whole = json!({ "format": "png", "captureBeyondViewport": true, "optimizeForSpeed": true });
        let taken = self.chromium("Page.captureScreenshot", whole).await;
        STANDARD.decode(taken["data"].as_str().unwrap()).unwrap()
    }

    /// A command of Chromium's own protocol, for what `WebDriver` has no word for.
    async fn chromium(&self, command: &str, parameters: Value) -> Value {
        self.post(
            "/goog/cdp/execute",
            &json!({ "cmd": command, "params": parameters }),
        )
        .await
    }

    /// What the console shows as errors since the last call: refusals of the page's own policy, failed scripts and
    /// requests.
    ///
    /// # Panics
    /// Where the driver does not say.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({ "type": "browser" })).await;
        let entries = entries
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["level"] == "SEVERE");
        entries
            .map(|entry| entry["message"].as_str().unwrap().to_owned())
            .collect()
    }
}
