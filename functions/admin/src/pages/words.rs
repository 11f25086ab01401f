//! What templates ask: texts, links and moments, in the page's language.

use mapgate_core::pages::Language;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::desk::Moment;
use crate::texts::tell;

/// What stays as it is in a segment of a path or in a query (RFC 3986 §2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The page's language, and where mapgate is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words<'a> {
    pub(crate) language: Language,
    /// The base URL's own path.
    pub(crate) prefix: &'a str,
}

impl Words<'_> {
    /// The text `id`.
    pub(crate) fn say(&self, id: &str) -> String {
        tell(self.language, id, &[])
    }

    /// The text `id` with `value` put in as `name`.
    pub(crate) fn with(&self, id: &str, name: &str, value: &str) -> String {
        tell(self.language, id, &[(name, value)])
    }

    /// A path as a browser must ask it, in the page's language.
    pub(crate) fn link(&self, path: &str) -> String {
        self.language.kept(&format!("{}{path}", self.prefix))
    }

    /// Like [`Self::link`], with parameters; those without a value are left out.
    pub(crate) fn link_with(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        self.link(&with(path, parameters))
    }

    /// A moment for people, in UTC to the minute, the same in every language.
    pub(crate) fn moment(moment: &Moment) -> String {
        let (day, time) = (moment.0.get(..10), moment.0.get(11..16));
        match (day, time) {
            (Some(day), Some(time)) => format!("{day} {time} UTC"),
            _ => moment.0.clone(),
        }
    }

    /// Yes or no.
    pub(crate) fn answer(&self, yes: bool) -> String {
        self.say(if yes { "yes" } else { "no" })
    }
}

/// `path` with parameters; those without a value are left out.
pub(crate) fn with(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut link = path.to_owned();
    for (name, value) in parameters.iter().filter(|(_, value)| !value.is_empty()) {
        link.push(if link.contains('?') { '&' } else { '?' });
        link.extend([name, "=", &segment(value)]);
    }
    link
}

/// A name as one segment of a path, or as a value in a query.
pub(crate) fn segment(name: &str) -> String {
    utf8_percent_encode(name, UNRESERVED).to_string()
}
