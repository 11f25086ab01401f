//! The metadata documents and the public keys: what programs find mapgate by.

use std::collections::BTreeSet;

use axum::http::{HeaderMap, StatusCode};
use mapgate_core::oauth::PublicKey;
use mapgate_core::secrets::Secrets;
use mapgate_core::settings::BaseUrl;
use serde_json::Value;

use super::Report;
use super::asking::{Asker, advice};

const SUBJECT: &str = "metadata";
const DOCUMENTS: [&str; 2] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
];

/// Looks at them at `url`; `issuer` is what the settings say that they must name.
pub async fn look(
    asker: Asker<'_>,
    url: &BaseUrl,
    issuer: &BaseUrl,
    secrets: Option<&Secrets>,
    report: &mut Report,
) {
    for path in DOCUMENTS {
        let Some(document) = json(asker, url, path, report).await else {
            continue;
        };
        let faults = faults(&document, issuer.as_str());
        if faults.is_empty() {
            let found = format!("{path} names {} and endpoints below it", issuer.as_str());
            report.ok(SUBJECT, found);
        }
        for fault in faults {
            let to_do = "set MAPGATE_BASE_URL of all functions to the one URL that users and programs have";
            report.wrong(SUBJECT, format!("{path}: {fault}"), to_do);
        }
    }
    keys(asker, url, secrets, report).await;
}

/// A JSON document, or why there is none.
async fn json(asker: Asker<'_>, url: &BaseUrl, path: &str, report: &mut Report) -> Option<Value> {
    let to_do = "see the log of the function oauth-token, and that this route leads to it";
    match asker.get(&url.join(path), "", HeaderMap::new()).await {
        Ok(answer) if answer.status == StatusCode::OK => {
            let document = serde_json::from_slice(&answer.body).ok();
            if document.is_none() {
                report.wrong(
                    SUBJECT,
                    format!("{path} is no JSON, but {}", answer.told()),
                    to_do,
                );
            }
            document
        }
        Ok(answer) => {
            report.wrong(SUBJECT, format!("{path} answers {}", answer.told()), to_do);
            None
        }
        Err(error) => {
            report.wrong(
                SUBJECT,
                format!("{path} does not answer: {error}"),
                advice(&error),
            );
            None
        }
    }
}

/// What does not fit the issuer (RFC 8414 §3.3: a client refuses another issuer than the one that it asked).
fn faults(document: &Value, issuer: &str) -> Vec<String> {
    let mut faults = Vec::new();
    match document["issuer"].as_str() {
        Some(named) if named == issuer => {}
        named => faults.push(format!(
            "its issuer is {}, not {issuer}",
            named.unwrap_or("missing")
        )),
    }
    let endpoints = document.as_object().into_iter().flatten();
    let endpoints = endpoints.filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri");
    for (name, value) in endpoints {
        let below = value.as_str().and_then(|value| value.strip_prefix(issuer));
        if !below.is_some_and(|below| below.starts_with('/')) {
            faults.push(format!("its {name} is not below {issuer}"));
        }
    }
    for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        if document[name].is_null() {
            faults.push(format!("it has no {name}"));
        }
    }
    faults
}

/// Whether the public keys are those of the secret that is named here.
async fn keys(asker: Asker<'_>, url: &BaseUrl, secrets: Option<&Secrets>, report: &mut Report) {
    const SUBJECT: &str = "keys";
    const PATH: &str = "/oauth/jwks";
    let Some(document) = json(asker, url, PATH, report).await else {
        return;
    };
    let keys = document["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    let public: BTreeSet<(&str, &str)> = keys
        .iter()
        .filter_map(|key| Some((key["kid"].as_str()?, key["x"].as_str()?)))
        .collect();
    let Some(secrets) = secrets else {
        let found = format!(
            "{PATH} has {}, and there is no secret to compare them with",
            public.len()
        );
        return report.warning(SUBJECT, found, "make the secret readable, then ask again");
    };
    let own: Vec<PublicKey> = secrets
        .jwt_verifying()
        .filter_map(|key| PublicKey::of(key).ok())
        .collect();
    let own: BTreeSet<(&str, &str)> = own.iter().map(|key| (key.kid.as_str(), key.x.as_str())).collect();
    if public == own {
        return report.ok(SUBJECT, format!("the {} of {PATH} are the secret's", own.len()));
    }
    let named = |keys: BTreeSet<&(&str, &str)>| {
        let names: Vec<&str> = keys.into_iter().map(|(kid, _)| *kid).collect();
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    };
    report.wrong(
        SUBJECT,
        format!(
            "{PATH} lacks of the secret's {}, and has beside them {}",
            named(own.difference(&public).collect()),
            named(public.difference(&own).collect())
        ),
        "functions read the secret every 5 minutes: ask again then; else name the same MAPGATE_SECRETS here and there",
    );
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn another_issuer_and_endpoints_elsewhere_are_told() {
        let good = json!({
            "issuer": "https://a/b", "authorization_endpoint": "https://a/b/x", "token_endpoint": "https://a/b/y",
            "jwks_uri": "https://a/b/z",
        });
        assert_eq!(faults(&good, "https://a/b"), Vec::<String>::new());
        assert_eq!(faults(&good, "https://a").len(), 1);
        let mut bad = good.clone();
        bad["token_endpoint"] = "https://a/bc/y".into();
        bad["jwks_uri"] = Value::Null;
        assert_eq!(faults(&bad, "https://a/b").len(), 3);
    }
}
