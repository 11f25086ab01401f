//! OAuth2: the authorize and the token endpoint, each on its own and as one flow. Tnn are the cases of the project's
//! list of what standards ask.

mod at_the_proxy;
mod authorize;
mod authorize_login;
mod browser;
mod client_authentication;
mod code_exchange;
mod errors;
mod families;
mod flow;
mod hostile;
mod id_token;
mod introspect;
mod jwks;
mod loginuser;
mod metadata;
mod parameters;
mod prompt;
mod refresh;
mod resource;
mod response_mode;
mod revoke_token;
mod sessions;
mod tries;
mod trusted_header;
mod two_factor;
mod userinfo;
mod wrong_secrets;

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::Request;
use mapgate_core::oauth::{Claims, CodeToken, check_client, client_secret_hash, code_hash};
use mapgate_core::settings::Secret;
use mapgate_core::table::{
    AuditEntry, Client, Code, CodeStage, Event, NewUser, Source, User, UserChange, UserId,
};
use mapgate_tests::gate::{Answer, TestGate, get, post, with_header};

/// Where QGIS listens, as it writes it.
pub const REDIRECT: &str = "http://127.0.0.1:7070/";
/// A verifier and its challenge, those of RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub const PASSWORD: &str = "correct horse battery";

/// A gate with the user jane and the clients `qgis` (secret 1234), `other` (secret 5678) and `public`.
pub struct House {
    pub test: TestGate,
    pub jane: UserId,
}

impl House {
    pub async fn new() -> Self {
        Self::on(TestGate::new().await).await
    }

    pub async fn on(test: TestGate) -> Self {
        let jane = test.user("jane", PASSWORD, &[], false).await;
        let house = Self { test, jane };
        for (id, secret) in [("qgis", Some("1234")), ("other", Some("5678")), ("public", None)] {
            house.client(id, secret, |_| {}).await;
        }
        house
    }

    /// Registers a client, changed by `change`.
    pub async fn client(&self, client_id: &str, secret: Option<&str>, change: impl FnOnce(&mut Client)) {
        let secrets = self.test.gate.secrets().await.expect("the secrets");
        let now = self.test.clock.now();
        let hash = |secret| client_secret_hash(&secrets, now, client_id, &Secret::new(secret));
        let table = self.test.gate.table().await;
        // One that is there is changed, and stays the one that it is.
        let known = table.client(client_id).await.expect("the table answers");
        let mut client = Client {
            client_id: client_id.to_owned(),
            secret_hash: secret.map(|secret| hash(secret).expect("a data key")),
            redirect_uris: vec![REDIRECT.to_owned()],
            state_required: false,
            pkce_required: secret.is_none(),
            single_session: true,
            scopes: Vec::new(),
            made_at: known.map_or(now, |known| known.made_at),
        };
        change(&mut client);
        let client = check_client(client).expect("a client that may be stored");
        table.put_client(&client).await.expect("the client is written");
    }

    /// A code of jane's for the client `qgis`, changed by `change`, as the authorize endpoint would give it.
    pub async fn code(&self, change: impl FnOnce(&mut Code)) -> String {
        let gate = &self.test.gate;
        let secrets = gate.secrets().await.expect("the secrets");
        let table = gate.table().await;
        let now = self.test.clock.now();
        let user = table
            .user("jane")
            .await
            .expect("the table answers")
            .expect("jane");
        let token = CodeToken::new(&gate.random).expect("randomness");
        let mut code = Code {
            lookup: token.lookup.clone(),
            hash: code_hash(&token, &secrets, now).expect("a data key"),
            client_id: "qgis".to_owned(),
            redirect_uri: Some(REDIRECT.to_owned()),
            challenge: None,
            nonce: None,
            resource: None,
            username: user.username,
            user_id: user.id,
            generation: user.generation,
            client_made_at: now,
            scope: "map openid profile email".to_owned(),
            auth_time: now,
            issued_at: now,
            expires_at: now.plus(Duration::from_mins(10)),
            stage: CodeStage::Issued,
        };
        change(&mut code);
        let client = table.client(&code.client_id).await.expect("the table answers");
        code.client_made_at = client.map_or(now, |client| client.made_at);
        let audit = AuditEntry::new(Event::CodeIssued, now, 1);
        table
            .issue_code(&code, &audit)
            .await
            .expect("the code is written");
        token.expose().to_owned()
    }

    /// Another user, made as `change` says.
    pub async fn user_with(&self, username: &str, change: impl FnOnce(&mut NewUser)) -> Someone {
        let mut new = NewUser {
            username: username.to_owned(),
            id: None,
            display_name: username.to_owned(),
            email: None,
            roles: std::collections::BTreeSet::new(),
            password: None,
            is_password_changed: true,
            deactivated: false,
            expire_on: None,
            source: Source::Directory,
        };
        change(&mut new);
        let now = self.test.clock.now();
        let table = self.test.gate.table().await;
        let audit = AuditEntry::new(Event::UserCreated, now, 1);
        table
            .create_user(new, now, &audit)
            .await
            .expect("the user is made");
        let user = table.user(username).await.expect("the table answers");
        Someone(user.expect("the user"))
    }

    /// A code bound to [`CHALLENGE`].
    pub async fn code_with_challenge(&self) -> String {
        self.code(|code| code.challenge = Some(CHALLENGE.to_owned()))
            .await
    }

    pub fn token_router(&self) -> Router {
        mapgate_oauth_token::router(self.test.gate.clone())
    }

    /// Posts a form to the token endpoint.
    pub async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.post("/oauth/token", fields).await
    }

    /// Posts a form to an endpoint of the function.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.test.send(self.token_router(), post(path, fields)).await
    }

    /// Posts a token of the client `qgis` with its secret.
    pub async fn present(&self, path: &str, token: &str) -> Answer {
        let fields = [("client_id", "qgis"), ("client_secret", "1234"), ("token", token)];
        self.post(path, &fields).await
    }

    /// What the introspection endpoint tells the client `qgis` of a token.
    pub async fn introspect(&self, token: &str) -> serde_json::Value {
        let answer = self.present("/oauth/introspect", token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// A GET of the function.
    pub async fn get(&self, path: &str) -> Answer {
        self.test.send(self.token_router(), get(path)).await
    }

    /// A request with an access token.
    pub async fn bearing(&self, router: Router, path: &str, token: &str) -> Answer {
        let request = with_header(get(path), "authorization", &format!("Bearer {token}"));
        self.test.send(router, request).await
    }

    /// Jane, as the table has her.
    pub async fn jane(&self) -> User {
        let table = self.test.gate.table().await;
        table
            .user("jane")
            .await
            .expect("the table answers")
            .expect("jane")
    }

    /// Changes jane, as an administrator does.
    pub async fn change_jane(&self, change: &UserChange) {
        let (table, jane) = (self.test.gate.table().await, self.jane().await);
        let changed = table.transaction().change(&jane, change).commit().await;
        changed.expect("the table answers").expect("nobody else writes");
    }

    /// Exchanges a code as QGIS does; `more` replaces fields of that name, an empty value takes one out.
    pub async fn exchange(&self, code: &str, more: &[(&str, &str)]) -> Answer {
        self.token(&exchange_form(code, more)).await
    }

    /// Refreshes as QGIS does.
    pub async fn refresh(&self, token: &str) -> Answer {
        self.token(&refresh_form(token)).await
    }

    /// The tokens of a new code.
    pub async fn tokens(&self) -> Answer {
        let answer = self.exchange(&self.code(|_| {}).await, &[]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }

    /// Whether an access token is somebody's, for a function that knows nothing yet.
    pub async fn lives(&self, access_token: &str) -> bool {
        let request = with_header(get("/"), "authorization", &format!("Bearer {access_token}"));
        let (mut parts, _) = request.into_parts();
        parts.extensions.insert(mapgate_core::identity::Peer {
            address: [203, 0, 113, 7].into(),
            https: false,
        });
        let other = self.test.another();
        let reach = mapgate_core::http::Reach::Own;
        let identity = other.identify(&parts, reach).await;
        identity.is_ok_and(|identity| identity.user.is_some_and(|user| user.username == "jane"))
    }

    /// The trail's events of the day.
    pub async fn events(&self) -> Vec<Event> {
        let day = self.test.clock.now().rfc3339();
        let table = self.test.gate.table().await;
        let entries = table.audit(&day[..10]).await.expect("the trail");
        entries.into_iter().map(|entry| entry.event).collect()
    }
}

/// A user, to be put into a code in jane's place.
pub struct Someone(User);

impl Someone {
    pub fn of(&self, code: &mut Code) {
        code.username.clone_from(&self.0.username);
        (code.user_id, code.generation) = (self.0.id, self.0.generation);
    }
}

pub fn exchange_form<'a>(code: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("client_id", "qgis"),
        ("client_secret", "1234"),
        ("code", code),
        ("grant_type", "authorization_code"),
        ("redirect_uri", REDIRECT),
    ];
    let usual = usual
        .into_iter()
        .filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    usual
        .chain(more.iter().copied().filter(|(_, value)| !value.is_empty()))
        .collect()
}

pub fn refresh_form(token: &str) -> Vec<(&str, &str)> {
    vec![
        ("client_id", "qgis"),
        ("client_secret", "1234"),
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
    ]
}

/// A POST to the token endpoint with the client in the header.
pub fn by_header(fields: &[(&str, &str)], pair: &str) -> Request<Body> {
    by_header_at("/oauth/token", fields, pair)
}

/// A POST with the client in the header.
pub fn by_header_at(path: &str, fields: &[(&str, &str)], pair: &str) -> Request<Body> {
    use base64::Engine as _;
    let pair = base64::engine::general_purpose::STANDARD.encode(pair);
    with_header(post(path, fields), "authorization", &format!("Basic {pair}"))
}

/// Asserts that a token request was refused with that code, by the rules for errors.
#[track_caller]
pub fn assert_refused(answer: &Answer, code: &str) {
    assert_eq!(answer.json()["error"], code, "{}", answer.body);
    let status = if code == "invalid_client" && !answer.header("www-authenticate").is_empty() {
        401
    } else {
        400
    };
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(
        (answer.header("cache-control"), answer.header("pragma")),
        ("no-store", "no-cache")
    );
}

/// A field of a token answer that is text.
pub fn text(answer: &Answer, field: &str) -> String {
    answer.json()[field].as_str().expect("a text").to_owned()
}

/// The claims of an access token, unverified.
pub fn claims(access_token: &str) -> Claims {
    jsonwebtoken::dangerous::insecure_decode(access_token)
        .expect("a JWT")
        .claims
}
