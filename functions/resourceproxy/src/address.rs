//! A target's address with the values in it.

use mapgate_core::settings::Target;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use unicode_normalization::UnicodeNormalization as _;
use url::{Position, Url};

/// All but what means the same wherever it stands in a URL (RFC 3986 §2.3).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// How often a segment is decoded in search of dots.
const DECODED: usize = 5;

/// Values that a target does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Too few or too many.
    #[error("the target takes {expected} values, not {got}")]
    Count {
        /// How many the template has places for.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// One that would leave its place in the path.
    #[error("a value must not make a path segment . or ..")]
    Dots,
}

/// The address: each value percent-encoded in its place, so that it can add no host, path segment or parameter.
///
/// Refuses another number of values than there are places, and one that would make a path segment `.` or `..` for the
/// URL's reader or for a server that decodes more than it should.
pub fn address(target: &Target, values: &[String]) -> Result<Url, Unfit> {
    let (expected, got) = (target.values(), values.len());
    if got != expected {
        return Err(Unfit::Count { expected, got });
    }
    let encoded = values
        .iter()
        .map(|value| utf8_percent_encode(value, ENCODED).to_string());
    let (text, sample) = (
        weave(target, encoded),
        weave(target, std::iter::repeat_n("1".to_owned(), expected)),
    );
    // The template's own segments are the operator's.
    let mut filled = path(&text).split('/').zip(path(&sample).split('/'));
    if filled.any(|(segment, sample)| segment != sample && is_dots(segment)) {
        return Err(Unfit::Dots);
    }
    let (url, sample) = (Url::parse(&text), Url::parse(&sample));
    // Nothing that is left could change them; were it so after all, the request ends here.
    url.ok()
        .filter(|url| sample.is_ok_and(|sample| shape(url) == shape(&sample)))
        .ok_or(Unfit::Dots)
}

fn weave(target: &Target, values: impl Iterator<Item = String>) -> String {
    let mut pieces = target.pieces().iter();
    let mut text = pieces.next().cloned().unwrap_or_default();
    for (value, piece) in values.zip(pieces) {
        text.push_str(&value);
        text.push_str(piece);
    }
    text
}

/// A URL's path as it is written, or nothing.
fn path(url: &str) -> &str {
    let behind = url.split_once("://").map_or("", |(_, behind)| behind);
    let end = behind.find(['?', '#']).unwrap_or(behind.len());
    let start = behind.find('/').unwrap_or(end).min(end);
    behind.get(start..end).unwrap_or_default()
}

/// Whether a segment, or what a server that decodes more than once makes of it, is or holds `.` or `..`. One that is
/// still not plain after [`DECODED`] times counts as such.
fn is_dots(segment: &str) -> bool {
    let mut decoded = segment.to_owned();
    let mut plain = false;
    for _ in 0..DECODED {
        // What is no UTF-8 hides no dots.
        let text = percent_decode_str(&decoded).decode_utf8_lossy();
        let again: String = text.nfkc().collect();
        plain = again == decoded;
        if plain {
            break;
        }
        decoded = again;
    }
    let parts = decoded.split(['/', '\\']);
    // Some servers take off parameters, some blanks.
    let bare = |part: &str| part.split(';').next().unwrap_or_default().trim().to_owned();
    !plain || parts.map(bare).any(|part| matches!(part.as_str(), "." | ".."))
}

/// What values must leave as it is: all before the path, and how many parts there are behind it.
fn shape(url: &Url) -> (&str, usize, Option<usize>) {
    (
        &url[..Position::BeforePath],
        url.path().matches('/').count(),
        url.query().map(|query| query.matches(['&', ';', '=']).count()),
    )
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
