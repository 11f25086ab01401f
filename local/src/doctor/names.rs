//! Where names stand in an answer that somebody gets, however deep: in elements, attributes, URLs, comments and prose.

use std::collections::{BTreeMap, BTreeSet};

use mapgate_core::ogc::Names;
use percent_encoding::percent_decode_str;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::Value;

/// What kind of text a name stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// It is the whole of an element that names something.
    Name,
    /// In an attribute, a URL, a comment, or any text but prose.
    Value,
    /// In a text for people, where the word may mean something else.
    Prose,
}

/// Elements and members that hold a name and nothing else.
const NAMES: [&str; 6] = ["Name", "Identifier", "CoverageId", "id", "name", "TypeName"];
/// Elements and members that hold text for people.
const PROSE: [&str; 9] = [
    "Title",
    "Abstract",
    "Keyword",
    "Fees",
    "AccessConstraints",
    "title",
    "description",
    "keywords",
    "attribution",
];

/// The hidden names that stand in a document, and the plainest place of each.
///
/// Names of one or two characters, or of digits alone, as ArcGIS gives them, are looked for only where names stand.
#[must_use]
pub fn found(document: &[u8], names: &Names) -> BTreeMap<String, Place> {
    let mut found = BTreeMap::new();
    for (place, text) in &pieces(document) {
        let decoded = percent_decode_str(&text.replace('+', " "))
            .decode_utf8()
            .map(String::from);
        for name in &names.hidden {
            let is_short = name.chars().count() < 3 || name.bytes().all(|byte| byte.is_ascii_digit());
            let is_there = if is_short {
                *place == Place::Name && text.trim() == name
            } else {
                holds(text, name, &names.shown)
                    || decoded.as_ref().is_ok_and(|text| holds(text, name, &names.shown))
            };
            if is_there {
                let plainest = found.entry(name.clone()).or_insert(*place);
                *plainest = (*plainest).min(*place);
            }
        }
    }
    found
}

/// Whether a text holds a name as a word of its own, and not only as a part of longer names that may be shown.
fn holds(text: &str, name: &str, shown: &BTreeSet<String>) -> bool {
    if !has_word(text, name) {
        return false;
    }
    let mut rest = text.to_owned();
    for longer in shown
        .iter()
        .filter(|shown| shown.len() > name.len() && has_word(shown, name))
    {
        rest = rest.replace(longer.as_str(), " ");
    }
    has_word(&rest, name)
}

fn has_word(text: &str, word: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(goes_on) && !after.is_some_and(goes_on)
    })
}

/// A document's texts, by their place: XML, JSON, or what is neither as one text.
fn pieces(document: &[u8]) -> Vec<(Place, String)> {
    let text = match std::str::from_utf8(document) {
        Ok(text) => text.to_owned(),
        // Latin 1, as old map servers write: each byte is a character.
        Err(_) => document.iter().map(|byte| char::from(*byte)).collect(),
    };
    if let Ok(value) = serde_json::from_str(&text) {
        let mut pieces = Vec::new();
        of_json("", &value, &mut pieces);
        return pieces;
    }
    of_xml(&text).unwrap_or_else(|| vec![(Place::Value, text)])
}

fn place(local: &str) -> Place {
    if NAMES.contains(&local) {
        Place::Name
    } else if PROSE.contains(&local) {
        Place::Prose
    } else {
        Place::Value
    }
}

fn of_json(member: &str, value: &Value, pieces: &mut Vec<(Place, String)>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                pieces.push((Place::Value, name.clone()));
                of_json(name, value, pieces);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| of_json(member, value, pieces)),
        Value::String(text) => pieces.push((place(member), text.clone())),
        Value::Number(number) => pieces.push((place(member), number.to_string())),
        Value::Null | Value::Bool(_) => {}
    }
}

/// None where it is not well-formed to its end.
fn of_xml(text: &str) -> Option<Vec<(Place, String)>> {
    let mut reader = Reader::from_str(text);
    let mut pieces = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut run = String::new();
    loop {
        let event = reader.read_event().ok()?;
        match &event {
            // A reference in a text parts it into several events.
            Event::Text(text) => run.push_str(&text.xml10_content()),
            Event::CData(text) => run.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => run.push_str(&match reference.resolve_char_ref().ok()? {
                Some(character) => character.to_string(),
                None => predefined(&reference.xml10_content())?.to_string(),
            }),
            _ => {
                let local = open.last().map_or("", String::as_str);
                if !run.trim().is_empty() {
                    pieces.push((place(local), run.trim().to_owned()));
                }
                run.clear();
            }
        }
        match event {
            Event::Start(start) => open.push(begin(&start, &mut pieces)?),
            Event::Empty(start) => drop(begin(&start, &mut pieces)?),
            Event::End(_) => drop(open.pop()),
            Event::Comment(comment) => pieces.push((Place::Value, comment.xml10_content().into_owned())),
            Event::Eof => return open.is_empty().then_some(pieces),
            _ => {}
        }
    }
}

/// The local name of an element; it and its attributes are texts too.
fn begin(start: &BytesStart<'_>, pieces: &mut Vec<(Place, String)>) -> Option<String> {
    let local = start.local_name();
    let local = local.as_ref().to_owned();
    pieces.push((Place::Value, local.clone()));
    for attribute in start.attributes() {
        let value = attribute
            .ok()?
            .normalized_value(quick_xml::XmlVersion::default())
            .ok()?;
        pieces.push((Place::Value, value.into_owned()));
    }
    Some(local)
}

fn predefined(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(hidden: &[&str], shown: &[&str]) -> Names {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Names {
            hidden: set(hidden),
            shown: set(shown),
            ..Names::default()
        }
    }

    fn place_of(document: &str, name: &str) -> Option<Place> {
        found(document.as_bytes(), &names(&[name], &["parcels.public", "roads"]))
            .get(name)
            .copied()
    }

    #[test]
    fn a_name_is_found_wherever_it_stands() {
        for (document, place) in [
            ("<L><Name>parcels</Name></L>", Some(Place::Name)),
            ("<L><Name>\n parcels </Name></L>", Some(Place::Name)),
            ("<L><Name>&#112;arcels</Name></L>", Some(Place::Name)),
            ("<L><Name><![CDATA[parcels]]></Name></L>", Some(Place::Name)),
            (
                "<L><U x:href='http://b/?layer=parcels&amp;a=1'/></L>",
                Some(Place::Value),
            ),
            (
                "<L><U x:href='http://b/?layer=p%61rcels'/></L>",
                Some(Place::Value),
            ),
            ("<L><Style>parcels</Style></L>", Some(Place::Value)),
            ("<L><!-- parcels --></L>", Some(Place::Value)),
            ("<L><ms:parcels/></L>", Some(Place::Value)),
            ("<L><Title>All parcels</Title></L>", Some(Place::Prose)),
            (
                "<L><Title>All parcels</Title><Name>parcels</Name></L>",
                Some(Place::Name),
            ),
            (r#"{"collections":[{"id":"parcels"}]}"#, Some(Place::Name)),
            (
                r#"{"links":[{"href":"http://b/collections/parcels?f=json"}]}"#,
                Some(Place::Value),
            ),
            (r#"{"description":"all parcels"}"#, Some(Place::Prose)),
            ("<html><p>parcels<br></html>", Some(Place::Value)),
            (
                "<L><Name>parcels_2</Name><Name>old-parcels</Name><Name>parcelsx</Name></L>",
                None,
            ),
            ("<L><Name>parcels.public</Name></L>", None),
            ("<L><Name>Parcels</Name></L>", None),
        ] {
            assert_eq!(place_of(document, "parcels"), place, "{document}");
        }
    }

    #[test]
    fn short_names_and_numbers_are_looked_for_where_names_stand() {
        let document =
            "<WMS version='1.3.0'><Name>WMS</Name><Layer><Name>3</Name></Layer><Max>12</Max></WMS>";
        assert_eq!(place_of(document, "3"), Some(Place::Name));
        assert_eq!(place_of(document, "1"), None);
        assert_eq!(place_of(document, "12"), None);
    }

    #[test]
    fn latin_1_is_read() {
        let document = b"<L><Name>Geb\xe4ude</Name></L>";
        let found = found(document, &names(&["Gebäude"], &[]));
        assert_eq!(found["Gebäude"], Place::Name);
    }
}
