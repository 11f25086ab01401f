//! Those who ask: with one-line requests, and cookies kept as a browser keeps them.

use std::collections::BTreeMap;
use std::sync::Mutex;

use http::{HeaderMap, Method, header};

use crate::answer::Answer;

/// Someone who asks a site.
#[derive(Debug)]
pub struct Actor {
    base: String,
    http: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
    authorization: Option<String>,
    address: Option<String>,
}

impl Actor {
    /// Someone without cookies and credentials.
    pub(crate) fn new(base: &str, http: &reqwest::Client) -> Self {
        Self {
            base: base.to_owned(),
            http: http.clone(),
            cookies: Mutex::default(),
            authorization: None,
            address: None,
        }
    }

    /// The same, forwarded as from `address`: for a site that trusts 127.0.0.1 as a proxy.
    #[must_use]
    pub fn from_address(mut self, address: &str) -> Self {
        self.address = Some(address.to_owned());
        self
    }

    /// The same, with an `Authorization` header on every request.
    #[must_use]
    pub fn authorized(mut self, authorization: impl Into<String>) -> Self {
        self.authorization = Some(authorization.into());
        self
    }

    /// GETs `path`, which may be a whole URL of the site.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Vec::new()).await
    }

    /// POSTs a form.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        self.send(Method::POST, path, &kind, form.into_bytes()).await
    }

    /// Any request, with headers and a body.
    ///
    /// # Panics
    /// Where the site does not answer.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = self.http.request(method, self.url(path));
        let cookies = self.cookie_header();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if let Some(address) = &self.address {
            request = request.header("x-forwarded-for", address);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_empty() {
            request = request.body(body);
        }
        let answer = Answer::read(request.send().await.unwrap()).await;
        self.keep(&answer.headers);
        answer
    }

    /// The value of a cookie that this one keeps.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap().get(name).cloned()
    }

    /// Keeps a cookie that came by another way.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.cookies
            .lock()
            .unwrap()
            .insert(name.to_owned(), value.to_owned());
    }

    /// Someone with copies of this one's cookies.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self {
            base: self.base.clone(),
            http: self.http.clone(),
            cookies: Mutex::new(self.cookies.lock().unwrap().clone()),
            authorization: self.authorization.clone(),
            address: self.address.clone(),
        }
    }

    fn url(&self, path: &str) -> String {
        if path.starts_with("http://") {
            path.to_owned()
        } else {
            format!("{}{path}", self.base)
        }
    }

    fn cookie_header(&self) -> String {
        let cookies = self.cookies.lock().unwrap();
        let pairs: Vec<String> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    fn keep(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap();
        for line in headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
            let (name, value) = pair.split_once('=').unwrap();
            let over = attributes.to_ascii_lowercase().contains("max-age=0");
            if over || value.is_empty() {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}
