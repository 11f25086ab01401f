//! What stands around every page: the way between the entities, who is logged in, and the languages.

use askama::Template;
use mapgate_core::pages::{Language, Reader, STYLE, Style};

use super::visit::Visit;
use super::words::Words;

/// The pages' style sheet, beside the shared one.
pub(crate) const SHEET: &str = include_str!("style.css");
pub(crate) static BESIDE: Style = Style::new(SHEET);

/// The way between the entities: path and text id.
const SECTIONS: [(&str, &str); 7] = [
    ("/admin/users", "users"),
    ("/admin/roles", "roles"),
    ("/admin/functionalities", "functionalities"),
    ("/admin/oauth2_clients", "oauth2-clients"),
    ("/admin/ogc_servers", "ogc-servers"),
    ("/admin/audit", "audit-log"),
    ("/admin/mails", "mail-queue"),
];

/// What a page says of itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct Frame<'a> {
    /// The text id of its section.
    pub(crate) section: &'a str,
    /// The heading.
    pub(crate) heading: String,
    /// Whether something typed was wrong: a screen reader reads the title first.
    pub(crate) is_wrong: bool,
    /// The way up: address and text.
    pub(crate) up: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "frame.html")]
pub(crate) struct FramePage<'a> {
    language: Language,
    reader: Reader<'a>,
    referrer: Option<&'static str>,
    words: Words<'a>,
    title: String,
    page: Frame<'a>,
    done: Option<String>,
    username: &'a str,
    token: &'a str,
    content: String,
}

/// The page around `content`; `done` is the text id of what led here.
pub(crate) fn frame<'a>(
    visit: &'a Visit,
    page: Frame<'a>,
    done: Option<String>,
    content: String,
) -> FramePage<'a> {
    let words = visit.words();
    let title = if page.is_wrong {
        words.with("title-with-error", "title", &page.heading)
    } else {
        page.heading.clone()
    };
    FramePage {
        language: words.language,
        reader: visit.reader(),
        referrer: None,
        words,
        title,
        page,
        done,
        username: &visit.administrator.username,
        token: &visit.csrf.token,
        content,
    }
}
