//! Strict reading of a query string (key-value pairs), and the writing of one.

use super::exception::{OgcCode, OgcError};
use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// More parameters than any client sends.
const MAX_PARAMS: usize = 300;
/// Longer than any gateway lets through.
const MAX_QUERY: usize = 128 * 1024;

/// What stays as it is in a written value: RFC 3986's unreserved characters, and those that OGC lists are made of.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b',')
    .remove(b':')
    .remove(b'/');

/// Whether a byte is one that [`ENCODED`] leaves as it is.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b',' | b':' | b'/')
}

/// The decoded parameters of a query string, in their order, names in upper case (OGC 06-042, 6.8.1: names are not
/// case sensitive). All stand in one text: dozens of small ones, several times over, cost a map request more than they say.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Params {
    text: String,
    /// Where each name and its value end; a name begins where the value before it ends.
    ends: Vec<(usize, usize)>,
}

impl Params {
    /// Reads a raw query string, without its `?`; empty pairs are skipped, `+` is a space.
    ///
    /// Refuses broken percent-encoding, what is not UTF-8, and control characters other than white space: each of
    /// them is read differently by different programs. Refuses too long a query and too many parameters.
    pub fn parse(raw: &str) -> Result<Self, OgcError> {
        Self::within(raw, MAX_QUERY, true)
    }

    /// Reads a posted form, in the same way; how long it may be is for who took it in.
    pub fn parse_form(raw: &str) -> Result<Self, OgcError> {
        Self::within(raw, usize::MAX, true)
    }

    /// Like [`Params::parse`], names as they are: those of OGC API are case sensitive.
    pub fn parse_exact(raw: &str) -> Result<Self, OgcError> {
        Self::within(raw, MAX_QUERY, false)
    }

    /// Adds one behind the others.
    pub fn push(&mut self, name: &str, value: &str) {
        self.text.push_str(name);
        let end = self.text.len();
        self.text.push_str(value);
        self.ends.push((end, self.text.len()));
    }

    /// Adds one behind the others, its name in upper case.
    pub(super) fn push_upper(&mut self, name: &str, value: &str) {
        let start = self.text.len();
        self.push(name, value);
        if let Some(name) = self.text.get_mut(start..start + name.len()) {
            name.make_ascii_uppercase();
        }
    }

    fn within(raw: &str, longest: usize, upper: bool) -> Result<Self, OgcError> {
        if raw.len() > longest {
            return Err(OgcError::new(
                OgcCode::InvalidParameterValue,
                "The query is too long.",
            ));
        }
        let mut params = Self::with_room(raw);
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (name, value) = decode(name).zip(decode(value)).ok_or_else(|| {
                OgcError::new(
                    OgcCode::InvalidParameterValue,
                    "The query is not proper percent-encoded UTF-8.",
                )
            })?;
            if params.ends.len() == MAX_PARAMS {
                return Err(OgcError::new(
                    OgcCode::InvalidParameterValue,
                    "The query has too many parameters.",
                ));
            }
            if upper {
                params.push_upper(&name, &value);
            } else {
                params.push(&name, &value);
            }
        }
        Ok(params)
    }

    /// None yet, with room for those of a query: decoded they are never longer.
    fn with_room(raw: &str) -> Self {
        Self {
            text: String::with_capacity(raw.len()),
            ends: Vec::with_capacity(16),
        }
    }

    /// Reads what can be read, leaving out broken pairs: good enough to choose the form of an error answer or to keep
    /// a harmless parameter of a link, never to decide.
    #[must_use]
    pub fn parse_lossy(raw: &str) -> Self {
        let mut params = Self::with_room(raw);
        for pair in raw.split('&').take(MAX_PARAMS) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if let Some((name, value)) = decode(name).zip(decode(value)) {
                params.push_upper(&name, &value);
            }
        }
        params
    }

    /// The value of a parameter, named in upper case; `None` where it is absent.
    ///
    /// Refuses one that stands there twice, since programs differ in which one they read (`MapServer`: the last).
    pub fn one(&self, name: &str) -> Result<Option<&str>, OgcError> {
        let mut found = self.iter().filter(|(key, _)| *key == name);
        let first = found.next();
        if found.next().is_some() {
            return Err(OgcError::at(
                OgcCode::InvalidParameterValue,
                name,
                format!("{name} is given more than once."),
            ));
        }
        Ok(first.map(|(_, value)| value))
    }

    /// Like [`Params::one`], an empty value counting as absent.
    pub fn filled(&self, name: &str) -> Result<Option<&str>, OgcError> {
        Ok(self.one(name)?.filter(|value| !value.is_empty()))
    }

    /// Like [`Params::filled`]; refuses an absent one with `MissingParameterValue`.
    pub fn required(&self, name: &str) -> Result<&str, OgcError> {
        self.filled(name)?.ok_or_else(|| {
            OgcError::at(
                OgcCode::MissingParameterValue,
                name,
                format!("The parameter {name} is missing."),
            )
        })
    }

    /// The last value of a parameter, however often it stands there.
    pub(super) fn last(&self, name: &str) -> Option<&str> {
        let found = self.iter().filter(|(key, _)| *key == name);
        found.last().map(|(_, value)| value)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All parameters, in their order, names in upper case.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let mut start = 0;
        self.ends.iter().filter_map(move |&(middle, end)| {
            let name = self.text.get(start..middle)?;
            start = end;
            Some((name, self.text.get(middle..end)?))
        })
    }
}

impl<'a> Extend<(&'a str, &'a str)> for Params {
    fn extend<I: IntoIterator<Item = (&'a str, &'a str)>>(&mut self, pairs: I) {
        for (name, value) in pairs {
            self.push(name, value);
        }
    }
}

/// Decodes one name or value; `None` for what [`Params::parse`] refuses.
fn decode(raw: &str) -> Option<Cow<'_, str>> {
    let bytes = raw.as_bytes();
    // Most stand for themselves, and the rest of this costs ten times as much.
    if bytes
        .iter()
        .all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'%' | b'+'))
    {
        return Some(Cow::Borrowed(raw));
    }
    let mut at = 0;
    while let Some(found) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| *byte == b'%'))
    {
        let digits = bytes.get(at + found + 1..at + found + 3)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        at += found + 3;
    }
    let spaced = raw.replace('+', " ");
    let text = percent_decode_str(&spaced).decode_utf8().ok()?;
    let broken = text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'));
    (!broken).then(|| Cow::Owned(text.into_owned()))
}

/// Decodes one segment of a path; `None` for what programs read differently: what is empty or dotted, separators and
/// `%` however spelt, control characters, broken encodings, what is not UTF-8.
pub(super) fn decode_path(segment: &str) -> Option<String> {
    let text = decode(&segment.replace('+', "%2B"))?.into_owned();
    let proper = !matches!(text.as_str(), "" | "." | "..")
        && !text.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | ';' | '%' | '?' | '#'));
    proper.then_some(text)
}

/// Writes pairs as a query string that reads back as the same pairs.
pub(super) fn write_query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut query = String::new();
    for (name, value) in pairs {
        if !query.is_empty() {
            query.push('&');
        }
        write(&mut query, name);
        query.push('=');
        write(&mut query, value);
    }
    query
}

fn write(query: &mut String, text: &str) {
    if text.bytes().all(is_plain) {
        query.push_str(text);
    } else {
        query.extend(utf8_percent_encode(text, ENCODED));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_upper_case_and_order_stays() -> Result<(), OgcError> {
        let params = Params::parse("b=1&A=x%20y+z&&c")?;
        let pairs: Vec<_> = params.iter().collect();
        assert_eq!(pairs, [("B", "1"), ("A", "x y z"), ("C", "")]);
        Ok(())
    }

    #[test]
    fn what_programs_read_differently_is_refused() {
        for raw in [
            "a=%", "a=%2", "a=%zz", "a=%ff", "a=%00", "a=b%1Bc", "%00=1", "a=%C3%28", "a=%+1", "a=%7f",
        ] {
            assert!(Params::parse(raw).is_err(), "{raw}");
        }
        assert!(Params::parse(&"a&".repeat(301)).is_err());
        assert!(Params::parse(&"a".repeat(MAX_QUERY + 1)).is_err());
    }

    #[test]
    fn a_repeated_parameter_is_refused_when_asked_for() -> Result<(), OgcError> {
        let params = Params::parse("layers=a&LAYERS=a&x=1")?;
        assert!(params.one("LAYERS").is_err());
        assert_eq!(params.one("X")?, Some("1"));
        assert_eq!(params.one("Y")?, None);
        Ok(())
    }

    #[test]
    fn what_is_plain_is_what_is_not_encoded() {
        for byte in 0..128_u8 {
            let text = char::from(byte).to_string();
            let same = utf8_percent_encode(&text, ENCODED).to_string() == text;
            assert_eq!(is_plain(byte), same, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn nothing_panics(raw in ".{0,200}") {
            let _ = Params::parse(&raw);
            let _ = Params::parse_lossy(&raw);
        }

        #[test]
        fn what_is_written_reads_back(pairs in prop::collection::vec(("[A-Z_:.é]{1,8}", "[^\\pC]{0,12}"), 0..6)) {
            let written = write_query(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            let read = Params::parse(&written).map_err(|error| TestCaseError::fail(error.text))?;
            let read: Vec<_> = read.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            prop_assert_eq!(read, pairs);
        }
    }
}
