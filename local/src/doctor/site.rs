//! mapgate at its base URL, as a stranger meets it: whether it answers, its clock, its functions, its login page.

use std::fmt::Write as _;

use axum::http::{HeaderMap, StatusCode};
use futures_util::future::join_all;
use mapgate_core::gate::Gate;
use mapgate_core::settings::{BaseUrl, Environment};
use serde_json::Value;

use super::Report;
use super::asking::{Answer, Asker, advice};
use crate::harness::FUNCTIONS;

/// mapgate as it answers.
#[derive(Debug)]
pub struct Site {
    /// Where it was asked.
    pub url: BaseUrl,
    /// Whether it takes this machine for one of the intranet's.
    pub is_intranet: bool,
}

/// Looks at what answers at the base URL; none where nothing of mapgate does.
pub async fn look(
    asker: Asker<'_>,
    url: &BaseUrl,
    gate: Option<&Gate>,
    environment: &Environment,
    report: &mut Report,
) -> Option<Site> {
    const SUBJECT: &str = "url";
    let answer = match asker.get(&url.join("/loginuser"), "", HeaderMap::new()).await {
        Ok(answer) => answer,
        Err(error) => {
            report.wrong(
                SUBJECT,
                format!("{} does not answer: {error}", url.as_str()),
                advice(&error),
            );
            let to_do = "mend that, then ask again";
            for subject in ["functions", "clock", "metadata", "cookies", "proxy"] {
                report.warning(
                    subject,
                    format!("not looked at, since {} does not answer", url.as_str()),
                    to_do,
                );
            }
            return None;
        }
    };
    let said: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let is_intranet = said.and_then(|said| said.get("is_intranet")?.as_bool());
    if let (StatusCode::OK, Some(is_intranet)) = (answer.status, is_intranet) {
        report.ok(SUBJECT, format!("mapgate answers at {}", url.as_str()));
        clock(asker, &answer, gate, environment, report).await;
        functions(asker, url, report).await;
        login_page(asker, url, report).await;
        return Some(Site {
            url: url.clone(),
            is_intranet,
        });
    }
    let found = format!("{}/loginuser answers {}", url.as_str(), answer.told());
    let to_itself = answer
        .header("location")
        .is_some_and(|to| to == url.join("/loginuser"));
    let to_do = if to_itself {
        "the proxy before mapgate does not say that it is asked by https: have it send X-Forwarded-Proto, and list it in vars.intranet.trusted_proxies"
    } else if answer.status.is_server_error() {
        "see the log of the function login: it does not start, or does not reach its table or secret"
    } else {
        "have MAPGATE_BASE_URL name where mapgate is served, with its path, and every route lead to its function"
    };
    report.wrong(SUBJECT, found, to_do);
    for subject in ["functions", "clock", "metadata", "cookies", "proxy"] {
        let found = format!(
            "not looked at, since what answers at {} is not mapgate",
            url.as_str()
        );
        report.warning(subject, found, "mend that, then ask again");
    }
    None
}

/// Codes of a second factor are good for half a minute, tickets and tokens tell when they were made.
async fn clock(
    asker: Asker<'_>,
    answer: &Answer,
    gate: Option<&Gate>,
    environment: &Environment,
    report: &mut Report,
) {
    let to_do = "set both clocks by NTP (timedatectl set-ntp true); the one that AWS's agrees with is right";
    compare("mapgate", answer.ahead, to_do, report);
    if let Some(gate) = gate {
        match endpoint(gate, environment).await {
            Some(endpoint) => {
                let answer = asker.get(&endpoint, "", HeaderMap::new()).await;
                let ahead = answer.ok().and_then(|answer| answer.ahead);
                compare(
                    "the table's service",
                    ahead,
                    "set this machine's clock by NTP (timedatectl set-ntp true)",
                    report,
                );
            }
            None => compare("the table's service", None, "", report),
        }
    }
}

/// Where the table is asked.
async fn endpoint(gate: &Gate, environment: &Environment) -> Option<String> {
    let given = ["AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL"];
    if let Some(given) = given.into_iter().find_map(|name| environment.get(name)) {
        return Some(given.to_owned());
    }
    let region = gate.aws.config().await.region()?;
    Some(format!("https://dynamodb.{region}.amazonaws.com/"))
}

/// Compares this machine's clock with the one of `whom`.
fn compare(whom: &str, ahead: Option<i64>, to_do: &str, report: &mut Report) {
    const SUBJECT: &str = "clock";
    let Some(ahead) = ahead else {
        let found = format!("{whom} did not say what time it has (header Date)");
        return report.warning(SUBJECT, found, "compare it by hand: date -u");
    };
    let seconds = (ahead.unsigned_abs() + 500) / 1000;
    let side = if ahead >= 0 { "ahead of" } else { "behind" };
    let found = format!("{whom} is {seconds} s {side} this machine");
    match seconds {
        0..=5 => report.ok(SUBJECT, found),
        6..=30 => report.warning(SUBJECT, found, to_do),
        _ => report.wrong(
            SUBJECT,
            found + ": codes of second factors, tickets and tokens are refused",
            to_do,
        ),
    }
}

async fn functions(asker: Asker<'_>, url: &BaseUrl, report: &mut Report) {
    const SUBJECT: &str = "functions";
    let answers = FUNCTIONS.map(|(name, ..)| async move {
        let answer = asker
            .get(&url.join(&format!("/health/{name}")), "", HeaderMap::new())
            .await;
        (name, answer)
    });
    let mut are_well = true;
    for (name, answer) in join_all(answers).await {
        let (found, to_do) = match answer {
            Ok(answer) if answer.status == StatusCode::OK => continue,
            Ok(answer) => {
                let said: Option<Value> = serde_json::from_slice(&answer.body).ok();
                let missing = said.and_then(|said| Some(said.get("missing")?.as_str()?.to_owned()));
                match missing {
                    Some(missing) => (
                        format!("{name} does not reach its {missing}"),
                        "see its log; its role and its environment must name the same as here",
                    ),
                    None => (
                        format!("{name} answers {}", answer.told()),
                        "see its log, and that every route of it leads there",
                    ),
                }
            }
            Err(error) => (format!("{name} does not answer: {error}"), advice(&error)),
        };
        are_well = false;
        report.wrong(SUBJECT, found, to_do);
    }
    if are_well {
        report.ok(
            SUBJECT,
            format!("all {} reach their table and their secret", FUNCTIONS.len()),
        );
    }
}

async fn login_page(asker: Asker<'_>, url: &BaseUrl, report: &mut Report) {
    const SUBJECT: &str = "cookies";
    let answer = match asker.get(&url.join("/login.html"), "", HeaderMap::new()).await {
        Ok(answer) if answer.status == StatusCode::OK => answer,
        Ok(answer) => {
            let to_do = "see the log of the function login";
            return report.wrong(SUBJECT, format!("/login.html answers {}", answer.told()), to_do);
        }
        Err(error) => {
            return report.wrong(
                SUBJECT,
                format!("/login.html does not answer: {error}"),
                advice(&error),
            );
        }
    };
    let missing = missing_headers(&answer, url.is_https());
    if !missing.is_empty() {
        report.warning(
            SUBJECT,
            format!("/login.html comes without {}", missing.join(", ")),
            "have what stands before mapgate pass its headers on as they are",
        );
    }
    let cookies = answer.headers.get_all("set-cookie").iter();
    let cookies: Vec<&str> = cookies.filter_map(|cookie| cookie.to_str().ok()).collect();
    let mut faults = String::new();
    for cookie in &cookies {
        for fault in cookie_faults(cookie, url.is_https()) {
            // Writing to a String cannot fail.
            let _ = write!(faults, "{}{fault}", if faults.is_empty() { "" } else { ", " });
        }
    }
    if faults.is_empty() {
        let count = cookies.len();
        if missing.is_empty() {
            report.ok(
                SUBJECT,
                format!(
                    "/login.html sets {count} with good attributes, and comes with the headers of a form"
                ),
            );
        }
    } else {
        report.warning(
            SUBJECT,
            format!("/login.html: {faults}"),
            "have what stands before mapgate pass Set-Cookie on as it is, say by X-Forwarded-Proto that it is asked by https, and stand in vars.intranet.trusted_proxies",
        );
    }
}

/// The headers of a form that did not come, or came changed.
fn missing_headers(answer: &Answer, is_https: bool) -> Vec<&'static str> {
    let has = |name: &str, part: &str| answer.header(name).is_some_and(|value| value.contains(part));
    [
        ("Content-Security-Policy", "frame-ancestors 'none'", true),
        ("X-Content-Type-Options", "nosniff", true),
        ("Cache-Control", "no-store", true),
        ("Strict-Transport-Security", "max-age", is_https),
    ]
    .into_iter()
    .filter(|(name, part, is_asked)| *is_asked && !has(name, part))
    .map(|(name, ..)| name)
    .collect()
}

/// What is not as it should be of a cookie, by its name and never its value.
fn cookie_faults(cookie: &str, is_https: bool) -> Vec<String> {
    let name = cookie.split('=').next().unwrap_or_default();
    let attributes: Vec<String> = cookie
        .split(';')
        .skip(1)
        .map(|attribute| attribute.trim().to_ascii_lowercase())
        .collect();
    let has = |wanted: &str| attributes.iter().any(|attribute| attribute == wanted);
    let mut faults = Vec::new();
    let mut lacks = |is_so: bool, fault: &str| {
        if is_so {
            faults.push(format!("the cookie {name} {fault}"));
        }
    };
    lacks(!has("httponly"), "lacks HttpOnly");
    lacks(is_https && !has("secure"), "lacks Secure, as for plain http");
    lacks(!has("samesite=lax") && !has("samesite=strict"), "lacks SameSite");
    lacks(
        attributes
            .iter()
            .any(|attribute| attribute.starts_with("domain=")),
        "goes to other hosts too (Domain)",
    );
    faults
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn half_a_minute_is_too_much() {
        for (ahead, state, part) in [
            (Some(400), State::Ok, "0 s ahead"),
            (Some(-10_000), State::Warning, "10 s behind"),
            (Some(31_000), State::Wrong, "31 s ahead"),
            (Some(-86_400_000), State::Wrong, "86400 s behind"),
            (None, State::Warning, "did not say"),
        ] {
            let mut report = Report::default();
            compare("mapgate", ahead, "set it", &mut report);
            let finding = &report.findings()[0];
            assert!(
                finding.state == state && finding.found.contains(part),
                "{finding}"
            );
        }
    }

    #[test]
    fn a_cookie_lacks_what_it_lacks() {
        let good = "__Host-mapgate_form=x; HttpOnly; SameSite=Lax; Secure; Path=/";
        assert!(cookie_faults(good, true).is_empty());
        assert_eq!(cookie_faults("a=hidden; Path=/; Domain=b", true).len(), 4);
        assert!(cookie_faults("a=x; HttpOnly; SameSite=Lax", false).is_empty());
        assert!(!cookie_faults("a=hidden", true)[0].contains("hidden"));
    }
}
