//! What the doctor found, one line each, and what to do about it.

use std::fmt;

use serde::Serialize;

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// As it should be.
    Ok,
    /// It works, but not as well or as safely as it could; or it could not be looked at.
    Warning,
    /// It does not work, or shows what it should not.
    Wrong,
}

impl State {
    /// Its name in a line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Wrong => "wrong",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How it stands.
    pub state: State,
    /// What was looked at.
    pub subject: String,
    /// What was found.
    pub found: String,
    /// What to do.
    pub to_do: String,
}

/// All that was found, in the order in which it was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report(Vec<Finding>);

/// What to do about what is as it should be.
const NOTHING: &str = "nothing to do";

impl Report {
    pub(super) fn ok(&mut self, subject: impl Into<String>, found: impl Into<String>) {
        self.add(State::Ok, subject.into(), found.into(), NOTHING.to_owned());
    }

    pub(super) fn warning(
        &mut self,
        subject: impl Into<String>,
        found: impl Into<String>,
        to_do: impl Into<String>,
    ) {
        self.add(State::Warning, subject.into(), found.into(), to_do.into());
    }

    pub(super) fn wrong(
        &mut self,
        subject: impl Into<String>,
        found: impl Into<String>,
        to_do: impl Into<String>,
    ) {
        self.add(State::Wrong, subject.into(), found.into(), to_do.into());
    }

    /// One line each: others' texts, such as a layer's name, can hold anything.
    fn add(&mut self, state: State, subject: String, found: String, to_do: String) {
        let line = |text: String| text.replace(char::is_control, " ").trim().to_owned();
        self.0.push(Finding {
            state,
            subject: line(subject),
            found: line(found),
            to_do: line(to_do),
        });
    }

    /// What was found.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.0
    }

    /// How many stand so.
    #[must_use]
    pub fn count(&self, state: State) -> usize {
        self.0.iter().filter(|finding| finding.state == state).count()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            state,
            subject,
            found,
            to_do,
        } = self;
        write!(formatter, "{:<8}{subject}: {found} -> {to_do}", state.as_str())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.0 {
            writeln!(formatter, "{finding}")?;
        }
        let [ok, warnings, wrong] = [State::Ok, State::Warning, State::Wrong].map(|state| self.count(state));
        writeln!(formatter, "{ok} ok, {warnings} warnings, {wrong} wrong")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line_whatever_it_holds() {
        let mut report = Report::default();
        report.ok("a", "b");
        report.wrong("backend x\ny", "shows\r\nok      z: forged", "see to it");
        assert_eq!(
            report.to_string(),
            "ok      a: b -> nothing to do\n\
             wrong   backend x y: shows  ok      z: forged -> see to it\n\
             1 ok, 0 warnings, 1 wrong\n"
        );
    }
}
