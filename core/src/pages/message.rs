//! Pages that tell something and ask nothing.

use askama::Template;
use axum::response::Response;
use http::StatusCode;

use super::answer::{Headers, STYLE, answer};
use super::{Language, Reader, text};
use crate::http::Failure;

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    language: Language,
    reader: Reader<'a>,
    referrer: Option<&'static str>,
    title: String,
    text: String,
    detail: Option<String>,
    links: Vec<(String, &'a str)>,
}

#[derive(Template)]
#[template(path = "recovery_codes.html")]
struct RecoveryCodesPage<'a> {
    language: Language,
    reader: Reader<'a>,
    referrer: Option<&'static str>,
    title: String,
    intro: String,
    codes: &'a [&'a str],
    next: Option<(&'a str, &'a str)>,
}

/// A page that says one thing: the text `id`, under the title `id.title`. `links` are addresses and text ids.
#[must_use]
pub fn message<'a>(
    reader: impl Into<Reader<'a>>,
    status: StatusCode,
    id: &str,
    arguments: &[(&str, &str)],
    links: &[(&str, &str)],
) -> Response {
    let reader = reader.into();
    let language = reader.language;
    let page = MessagePage {
        language,
        reader,
        referrer: None,
        title: text(language, &format!("{id}.title"), arguments),
        text: text(language, id, arguments),
        detail: None,
        links: links
            .iter()
            .map(|(path, text)| (language.kept(path), *text))
            .collect(),
    };
    answer(status, &page, Headers::default())
}

/// A [`Failure`] as a page, with the failure's status and headers. What a bad request lacks is told in English, as
/// the API tells it.
#[must_use]
pub fn failure<'a>(reader: impl Into<Reader<'a>>, failure: &Failure) -> Response {
    let reader = reader.into();
    let language = reader.language;
    let id = match failure.status() {
        StatusCode::UNAUTHORIZED => "unauthorized",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "not-found",
        StatusCode::TOO_MANY_REQUESTS => "too-many-requests",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        _ => "bad-request",
    };
    let page = MessagePage {
        language,
        reader,
        referrer: None,
        title: text(language, &format!("{id}.title"), &[]),
        text: text(language, id, &[]),
        detail: (id == "bad-request").then(|| failure.to_string()),
        links: Vec::new(),
    };
    failure.onto(answer(failure.status(), &page, Headers::default()))
}

/// The page after the enrolment: the recovery codes, which are shown only there. `next` is where to go on: an address,
/// which stays as it is since it may be another host's, and the text id of the link.
#[must_use]
pub fn recovery_codes<'a>(
    reader: impl Into<Reader<'a>>,
    status: StatusCode,
    codes: &[&str],
    next: Option<(&str, &str)>,
) -> Response {
    codes_page(reader.into(), status, "recovery-codes", codes, next)
}

/// The page after new recovery codes were made in place of the old ones; they too are shown only there. `next` is as
/// [`recovery_codes`] has it.
#[must_use]
pub fn renewed_recovery_codes<'a>(
    reader: impl Into<Reader<'a>>,
    codes: &[&str],
    next: Option<(&str, &str)>,
) -> Response {
    codes_page(
        reader.into(),
        StatusCode::OK,
        "recovery-codes-renewed",
        codes,
        next,
    )
}

fn codes_page(
    reader: Reader<'_>,
    status: StatusCode,
    id: &str,
    codes: &[&str],
    next: Option<(&str, &str)>,
) -> Response {
    let language = reader.language;
    let page = RecoveryCodesPage {
        language,
        reader,
        referrer: None,
        title: text(language, &format!("{id}.title"), &[]),
        intro: text(language, id, &[]),
        codes,
        next,
    };
    answer(status, &page, Headers::default())
}
