//! What the provider says of who logged in, and which of it fills which field (`user_info_fields`).

use mapgate_core::clock::Timestamp;
use mapgate_core::settings::{OpenidConnect, UserField};
use mapgate_core::table::{Subject, normalized};
use openidconnect::{AdditionalClaims, AdditionalProviderMetadata};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The most characters of a field, as in GeoMapFish's user table.
const LONGEST: usize = 255;

/// Claims that openidconnect has no name for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct AnyClaims {
    #[serde(flatten)]
    all: Map<String, Value>,
}

impl AdditionalClaims for AnyClaims {}

/// What a provider's metadata says beyond Discovery 1.0.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Announced {
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Announced {}

impl Announced {
    /// Whether each answer names its issuer (RFC 9207 §3).
    pub(super) const fn issuer_is_said(&self) -> bool {
        self.authorization_response_iss_parameter_supported
    }
}

/// All claims of one user.
#[derive(Debug)]
pub(super) struct Claims {
    issuer: String,
    subject: String,
    auth_time: Option<Timestamp>,
    all: Map<String, Value>,
}

/// Who logged in, as far as an account needs it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// Who it is, at this provider, for ever.
    pub(super) subject: Subject,
    /// The name, in NFC.
    pub(super) username: String,
    pub(super) display_name: Option<String>,
    /// None where the provider says that it is not the user's.
    pub(super) email: Option<String>,
    /// Whether the provider vouches for the address.
    pub(super) email_verified: bool,
    /// The names of the roles; none where the provider gives none out.
    pub(super) roles: Option<Vec<String>>,
}

/// A field that the provider's claims do not fill.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the provider's claims give no {0}")]
pub(super) struct NotSaid(&'static str);

impl Claims {
    /// Those of an id token that was found good. None without a subject.
    pub(super) fn of(issuer: &str, auth_time: Option<Timestamp>, claims: &impl Serialize) -> Option<Self> {
        let Ok(Value::Object(all)) = serde_json::to_value(claims) else {
            return None;
        };
        let subject = all.get("sub")?.as_str().filter(|subject| !subject.is_empty())?;
        Some(Self {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            auth_time,
            all,
        })
    }

    /// The same user's, as the userinfo endpoint has them.
    pub(super) fn with_user_info(self, claims: &impl Serialize) -> Option<Self> {
        let Ok(Value::Object(all)) = serde_json::to_value(claims) else {
            return None;
        };
        Some(Self { all, ..self })
    }

    /// Who it is, at this provider.
    pub(super) fn subject(&self) -> &str {
        &self.subject
    }

    /// When the user logged in there, where the provider says it (`auth_time`, OpenID Connect Core 1.0 §2).
    pub(super) fn auth_time(&self) -> Option<Timestamp> {
        self.auth_time
    }

    /// The fields that the settings ask for. Refuses claims that give no user name.
    pub(super) fn person(&self, settings: &OpenidConnect) -> Result<Person, NotSaid> {
        let fields = &settings.user_info_fields;
        // Taken as it is: a name that only looks like another's must not become it.
        let username = self.filled(&fields.username).filter(|name| name.trim() == name);
        let username = username.and_then(|name| fit(&name)).map(|name| normalized(&name));
        let verified = self.all.get("email_verified").and_then(Value::as_bool);
        // It speaks of the claim of that name only (OpenID Connect Core 1.0, 5.1).
        let email_verified = verified == Some(true) && fields.email == "email";
        let by_email = settings.match_field == UserField::Email;
        let email = self.filled(&fields.email).and_then(|email| fit(&email));
        Ok(Person {
            subject: Subject::of(&self.issuer, &self.subject),
            username: username.ok_or(NotSaid("username"))?,
            display_name: self.filled(&fields.display_name).and_then(|name| fit(&name)),
            // Where an address finds accounts, one that nobody vouches for must stand on none.
            email: email.filter(|email| {
                let is_address = email.contains('@') && !email.contains(' ');
                is_address && verified != Some(false) && (email_verified || !by_email)
            }),
            email_verified,
            roles: settings.provide_roles.then(|| self.names(&fields.roles)),
        })
    }

    /// What fills a field: a claim, or text with claims in braces, as `{given_name} {family_name}`. None where a claim is
    /// not there.
    fn filled(&self, template: &str) -> Option<String> {
        let text = if template.contains('{') {
            let mut text = String::new();
            let mut rest = template;
            while let Some((before, behind)) = rest.split_once('{') {
                let (name, after) = behind.split_once('}')?;
                text.push_str(before);
                text.push_str(&self.text(name)?);
                rest = after;
            }
            text + rest
        } else {
            self.text(template)?
        };
        Some(text)
    }

    fn text(&self, claim: &str) -> Option<String> {
        match self.all.get(claim)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// A list of names, or one name. Nothing where the claim is absent: who has no role gets none.
    fn names(&self, claim: &str) -> Vec<String> {
        match self.all.get(claim) {
            Some(Value::String(name)) => vec![name.clone()],
            Some(Value::Array(names)) => names
                .iter()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
            _ => Vec::new(),
        }
    }
}

/// The text without white space around it, where a field can hold it.
fn fit(text: &str) -> Option<String> {
    let text = text.trim();
    let is_fit = !text.is_empty() && text.chars().count() <= LONGEST && !text.contains(char::is_control);
    is_fit.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use mapgate_core::settings::{Environment, load};
    use serde_json::json;

    use super::*;

    fn settings(more: &str) -> OpenidConnect {
        let environment: Environment = [
            ("MAPGATE_BASE_URL", "https://maps.example.com"),
            ("MAPGATE_TABLE", "mapgate"),
            ("MAPGATE_SECRETS", "file:/secrets.json"),
        ]
        .into_iter()
        .collect();
        let vars = format!(
            "vars: {{authentication: {{openid_connect: {{enabled: true, url: 'https://id.example.com', client_id: a{more}}}}}}}"
        );
        let settings = load(&environment, Some(("vars.yaml", &vars)), &|_| Err(String::new())).unwrap();
        settings.authentication.openid_connect.unwrap()
    }

    fn person(more: &str, claims: &Value) -> Result<Person, NotSaid> {
        let claims = Claims::of("https://id.example.com", None, claims).unwrap();
        claims.person(&settings(more))
    }

    #[test]
    fn geomapfishs_default_claims_fill_the_fields() {
        let claims = json!({"sub": "u1", "name": " Jane ", "email": "jane@example.com", "roles": ["editor"]});
        let jane = person("", &claims).unwrap();
        assert_eq!(jane.username, "u1");
        assert_eq!(jane.display_name.as_deref(), Some("Jane"));
        assert_eq!(jane.email.as_deref(), Some("jane@example.com"));
        assert!(!jane.email_verified && jane.roles.is_none());
        assert_eq!(jane.subject, Subject::of("https://id.example.com", "u1"));
    }

    #[test]
    fn a_field_can_be_a_template() {
        let more =
            ", user_info_fields: {username: preferred_username, display_name: '{given_name} {family_name}!'}";
        let claims = json!({"sub": "1", "preferred_username": "zoe\u{301}", "given_name": "Zoé", "family_name": "Rey"});
        let zoe = person(more, &claims).unwrap();
        assert_eq!(zoe.username, "zo\u{e9}");
        assert_eq!(zoe.display_name.as_deref(), Some("Zoé Rey!"));
        let nameless = json!({"sub": "1", "preferred_username": "zoe"});
        assert_eq!(person(more, &nameless).unwrap().display_name, None);
    }

    #[test]
    fn what_makes_no_user_name_is_refused() {
        let long = "x".repeat(LONGEST + 1);
        for name in [
            json!(""),
            json!(" "),
            json!("admin "),
            json!("\u{a0}admin"),
            json!("a\u{0}b"),
            json!(long),
            json!({}),
            json!(null),
            json!(["a"]),
        ] {
            let claims = json!({"sub": "1", "login": name});
            let more = ", user_info_fields: {username: login}";
            assert_eq!(person(more, &claims), Err(NotSaid("username")), "{name}");
        }
        assert!(Claims::of("i", None, &json!({"sub": ""})).is_none());
        assert!(Claims::of("i", None, &json!({"name": "x"})).is_none());
    }

    #[test]
    fn an_address_that_the_provider_disowns_is_none() {
        let email = |verified: Value| {
            let claims = json!({"sub": "1", "email": "jane@example.com", "email_verified": verified});
            let person = person("", &claims).unwrap();
            (person.email.is_some(), person.email_verified)
        };
        assert_eq!(email(json!(true)), (true, true));
        assert_eq!(email(json!(false)), (false, false));
        assert_eq!(email(json!(null)), (true, false));
        assert_eq!(email(json!(1)), (true, false));
    }

    #[test]
    fn an_address_that_finds_accounts_is_one_that_the_provider_vouches_for() {
        let email = |more: &str, verified: Value| {
            let claims = json!({"sub": "1", "email": "jane@example.com", "upn": "otto@example.com",
                                "email_verified": verified});
            let person = person(more, &claims).unwrap();
            (person.email, person.email_verified)
        };
        let by_email = ", match_field: email";
        assert_eq!(email(by_email, json!(null)), (None, false));
        assert_eq!(
            email(by_email, json!(true)),
            (Some("jane@example.com".to_owned()), true)
        );
        // What is said of the claim `email` says nothing of another.
        let upn = ", user_info_fields: {email: upn}";
        assert_eq!(
            email(upn, json!(true)),
            (Some("otto@example.com".to_owned()), false)
        );
    }

    #[test]
    fn roles_are_a_list_or_one_name() {
        let roles = |value: Value| {
            let claims = json!({"sub": "1", "groups": value});
            let more = ", provide_roles: true, user_info_fields: {roles: groups}";
            person(more, &claims).unwrap().roles.unwrap()
        };
        assert_eq!(roles(json!(["a", 1, "b"])), ["a", "b"]);
        assert_eq!(roles(json!("a")), ["a"]);
        assert_eq!(roles(json!({})), Vec::<String>::new());
    }
}
