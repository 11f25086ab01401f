//! What a program asks for, in words.

use super::{Language, text};

/// What a program asks for.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// The scopes, separated by spaces.
    pub scope: &'a str,
    /// Where the answer goes.
    pub place: Place<'a>,
}

/// Where a program's answer goes, by its redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// A site: its host and port.
    Site(&'a str),
    /// A program on the user's own device: a loopback host and port, or the program's own scheme.
    Program(&'a str),
}

/// An [`Access`] as its page tells it.
#[derive(Debug)]
pub(super) struct ToldAccess {
    pub(super) scopes: Vec<String>,
    pub(super) place: String,
}

impl Access<'_> {
    pub(super) fn told(&self, language: Language) -> ToldAccess {
        let scopes = self.scope.split(' ').filter(|scope| !scope.is_empty());
        ToldAccess {
            scopes: scopes
                .map(|scope| text(language, &format!("scope-{scope}"), &[]))
                .collect(),
            place: self.place.told(language, "leads"),
        }
    }
}

impl Place<'_> {
    /// The text `ID-site` or `ID-program`.
    pub(super) fn told(&self, language: Language, id: &str) -> String {
        let (kind, place) = match self {
            Self::Site(place) => ("site", place),
            Self::Program(place) => ("program", place),
        };
        text(language, &format!("{id}-{kind}"), &[("place", place)])
    }
}
