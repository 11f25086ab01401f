//! What is wrong with the settings, one readable line each.

use std::fmt;

/// One fault: where, and what. It never holds a secret's value.
///
/// Its text is one line, `vars.yaml:12: vars.authentication.two_factor: expected a boolean, got "maybe"` or
/// `AUTHTKT_SECRET: at least 64 characters, got 12`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    place: String,
    problem: String,
}

impl Fault {
    pub(super) fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            problem: problem.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.problem)
    }
}

impl std::error::Error for Fault {}
