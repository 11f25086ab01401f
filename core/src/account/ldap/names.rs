//! Names: which attribute holds a user's, how one is written into a filter or a DN, and when two DNs are one.

use ldap3::{dn_escape, ldap_escape};
use unicode_normalization::UnicodeNormalization as _;

/// What stands for the user's name in settings.
const USERNAME: &str = "{username}";

/// The filter for one user, the name escaped as RFC 4515, section 3, has it.
pub fn filter_for(filter: &str, username: &str) -> String {
    filter.replace(USERNAME, &ldap_escape(username))
}

/// The DN of one user, the name escaped as RFC 4514, section 2.4, has it.
pub fn dn_for(template: &str, username: &str) -> String {
    template.replace(USERNAME, &dn_escape(username))
}

/// The attributes that a filter compares with the name alone: `uid` of `(&(uid={username})(objectClass=person))`.
pub fn tied_by_filter(filter: &str) -> Vec<String> {
    let ends = filter.match_indices("={username})");
    let tied = ends.filter_map(|(at, _)| {
        let (_, attribute) = filter[..at].rsplit_once('(')?;
        is_attribute(attribute).then(|| attribute.to_owned())
    });
    tied.collect()
}

/// The attributes that a template's first part takes the name for: `uid` of `uid={username},ou=people,dc=example`.
pub fn tied_by_template(template: &str) -> Vec<String> {
    let first = template.split(',').next().unwrap_or_default();
    let tied = first.split('+').filter_map(|part| {
        let (attribute, value) = part.split_once('=')?;
        let attribute = attribute.trim();
        (value.trim() == USERNAME && is_attribute(attribute)).then(|| attribute.to_owned())
    });
    tied.collect()
}

/// An attribute description: a name or an object identifier, with options (RFC 4512, section 2.5).
fn is_attribute(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b';'))
}

/// Whether two names are the same. A directory finds `jane` for `JANE` and `jane ` too, so that one entry could be
/// tried, and become an account, under many names.
pub fn is_same(one: &str, other: &str) -> bool {
    one.nfc().eq(other.nfc())
}

/// A DN for comparing: case and the space around separators do not count, nor how a character is escaped, nor the
/// order within a part of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dn(Vec<Vec<(String, String)>>);

impl Dn {
    /// Reads RFC 4514's form. `None`: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut parts, mut part, mut rest) = (Vec::new(), Vec::new(), text);
        loop {
            let (attribute, after) = rest.split_once('=')?;
            let attribute = attribute.trim().to_ascii_lowercase();
            if !is_attribute(&attribute) {
                return None;
            }
            let (value, separator, after) = value(after)?;
            part.push((attribute, value.to_lowercase()));
            if separator != Some('+') {
                part.sort();
                parts.push(std::mem::take(&mut part));
            }
            if separator.is_none() {
                return Some(Self(parts));
            }
            rest = after;
        }
    }
}

/// A value without its escapes, what ended it, and what follows.
fn value(text: &str) -> Option<(String, Option<char>, &str)> {
    let text = text.trim_start_matches(' ');
    let mut value = Vec::new();
    // Up to where spaces count: an escaped one at the end does.
    let mut kept = 0;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            ',' | '+' => {
                value.truncate(kept);
                return Some((String::from_utf8(value).ok()?, Some(character), &text[at + 1..]));
            }
            '\\' => {
                let escaped = &text[at + 1..];
                let pair = escaped
                    .get(..2)
                    .filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit()));
                if let Some(pair) = pair {
                    value.push(u8::from_str_radix(pair, 16).ok()?);
                    characters.nth(1);
                } else {
                    let (_, escaped) = characters.next()?;
                    value.extend_from_slice(escaped.encode_utf8(&mut [0; 4]).as_bytes());
                }
                kept = value.len();
            }
            _ => {
                value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                if character != ' ' {
                    kept = value.len();
                }
            }
        }
    }
    value.truncate(kept);
    Some((String::from_utf8(value).ok()?, None, ""))
}

#[cfg(test)]
#[path = "names_tests.rs"]
mod tests;
