//! The authorization code flow as QGIS and a browser go through it.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use url::Url;

use crate::actor::Actor;
use crate::answer::Answer;
use crate::site::Site;

/// The redirect URI of a QGIS that listens on its usual port.
pub const REDIRECT: &str = "http://127.0.0.1:7070/";

/// What the token endpoint gave.
#[derive(Debug, Clone)]
pub struct Grant {
    /// The access token.
    pub access_token: String,
    /// The refresh token.
    pub refresh_token: String,
    /// The whole answer.
    pub answer: Value,
}

impl Grant {
    /// What a good answer of the token endpoint gave.
    ///
    /// # Panics
    /// Where the answer is not a good one.
    #[must_use]
    #[track_caller]
    pub fn of(answer: &Answer) -> Self {
        let told = answer.is(200, "access_token").json();
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        Self {
            access_token: text("access_token"),
            refresh_token: text("refresh_token"),
            answer: told.clone(),
        }
    }
}

/// A PKCE pair (RFC 7636).
#[derive(Debug, Clone)]
pub struct Pkce {
    /// The verifier.
    pub verifier: String,
    /// Its S256 challenge.
    pub challenge: String,
}

impl Pkce {
    /// The pair of a verifier of 72 characters, as QGIS makes them, that differs with `seed`.
    #[must_use]
    pub fn of(seed: &str) -> Self {
        let verifier: String = format!("{seed}-").chars().cycle().take(72).collect();
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
        Self { verifier, challenge }
    }
}

/// The `csrf_token` of a page's form.
///
/// # Panics
/// Where there is none.
#[must_use]
#[track_caller]
pub fn csrf_token(page: &Answer) -> String {
    let text = page.text();
    let Some(at) = text.find("name=\"csrf_token\"") else {
        panic!("no csrf_token: {} {text}", page.status)
    };
    let start = text[..at].rfind('<').unwrap();
    let tag = &text[start..start + text[start..].find('>').unwrap()];
    let value = &tag[tag.find("value=\"").unwrap() + 7..];
    value[..value.find('"').unwrap()].to_owned()
}

/// Names and values of the hidden fields of a page's form, as a browser posts them.
///
/// # Panics
/// Where one has no name or no value.
#[must_use]
pub fn hidden_fields(html: &str) -> Vec<(String, String)> {
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\"")).unwrap();
        let mut text = rest.split('"').next().unwrap().to_owned();
        for (escaped, letter) in [
            ("&#34;", "\""),
            ("&#39;", "'"),
            ("&#60;", "<"),
            ("&#62;", ">"),
            ("&#38;", "&"),
        ] {
            text = text.replace(escaped, letter);
        }
        text
    };
    html.split("<input type=\"hidden\"")
        .skip(1)
        .map(|rest| {
            let tag = rest.split('>').next().unwrap();
            (attribute(tag, "name"), attribute(tag, "value"))
        })
        .collect()
}

/// The code of a redirect back to a client.
///
/// # Panics
/// Where the answer is no such redirect.
#[must_use]
#[track_caller]
pub fn code_of(answer: &Answer) -> String {
    let Some(location) = answer.header("location") else {
        panic!("no redirect: {} {}", answer.status, answer.text());
    };
    let url = Url::parse(&location).unwrap();
    match url.query_pairs().find(|(name, _)| name == "code") {
        Some((_, code)) => code.into_owned(),
        None => panic!("no code in {location}"),
    }
}

impl Actor {
    /// Signs in at the authorize page of QGIS's request, with a password, and returns the redirect.
    pub async fn sign_in(&self, authorize: &str, username: &str, password: &str) -> Answer {
        let page = self.get(authorize).await;
        let token = csrf_token(page.is(200, "<form"));
        let fields = [
            ("login", username),
            ("password", password),
            ("csrf_token", token.as_str()),
        ];
        self.post(authorize, &fields).await
    }

    /// Goes from a client's authorization request to its redirect URI as a user of the seed who signs in, and who
    /// allows what a page asks for; returns the URL that the browser is sent to.
    ///
    /// # Panics
    /// Where it is sent nowhere.
    pub async fn authorize(&self, url: &str, username: &str) -> String {
        let mut answer = self.sign_in(url, username, &crate::password(username)).await;
        if answer.status == 200 {
            let mut fields = hidden_fields(answer.text());
            fields.push(("decision".to_owned(), "allow".to_owned()));
            let fields: Vec<(&str, &str)> = fields
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            answer = self.post(url, &fields).await;
        }
        answer.header("location").unwrap_or_else(|| {
            panic!("no redirect: {} {}", answer.status, answer.text());
        })
    }
}

impl Site {
    /// The authorize path as QGIS writes it: the redirect URI is not percent-encoded.
    #[must_use]
    pub fn authorize(client_id: &str) -> String {
        format!("/oauth/login?response_type=code&client_id={client_id}&redirect_uri={REDIRECT}")
    }

    /// A code for a user who signs in as QGIS makes him do.
    pub async fn code(&self, client_id: &str, username: &str) -> String {
        let browser = self.anonymous();
        let password = crate::password(username);
        code_of(
            &browser
                .sign_in(&Self::authorize(client_id), username, &password)
                .await,
        )
    }

    /// Exchanges a code as QGIS does, with the client's secret of the seed in the body.
    pub async fn exchange(&self, client_id: &str, code: &str) -> Answer {
        let secret = format!("lindmatt-{client_id}");
        let fields = [
            ("client_id", client_id),
            ("client_secret", secret.as_str()),
            ("code", code),
            ("grant_type", "authorization_code"),
            ("redirect_uri", REDIRECT),
        ];
        self.anonymous().post("/oauth/token", &fields).await
    }

    /// Refreshes as QGIS does.
    pub async fn refresh(&self, client_id: &str, refresh_token: &str) -> Answer {
        let secret = format!("lindmatt-{client_id}");
        let fields = [
            ("client_id", client_id),
            ("client_secret", secret.as_str()),
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
        ];
        self.anonymous().post("/oauth/token", &fields).await
    }

    /// The whole flow.
    pub async fn grant(&self, client_id: &str, username: &str) -> Grant {
        Grant::of(
            &self
                .exchange(client_id, &self.code(client_id, username).await)
                .await,
        )
    }

    /// QGIS after its sign-in: a bearer token on every request.
    pub async fn qgis(&self, username: &str) -> Actor {
        let grant = self.grant("many", username).await;
        self.anonymous()
            .authorized(format!("Bearer {}", grant.access_token))
    }
}
