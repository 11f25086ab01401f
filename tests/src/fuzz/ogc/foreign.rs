//! What goes on as XML, with the eyes of programs that read it in other ways than the proxy does.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// No reader finds a closed layer for the name of one of these elements: one takes the first `Name` at any depth (QGIS
/// Server), another strips every prefix and takes the first attribute of a name, declarations included, or else an
/// element, in any letter case (`MapServer`).
pub(super) fn harmless(document: &str, elements: &[&str]) {
    let mut reader = Reader::from_str(document);
    // For each open element of these, whether its first `Name` was read; whether the text is one.
    let (mut open, mut names): (Vec<bool>, usize) = (Vec::new(), 0);
    loop {
        match reader.read_event().expect("what goes on is well-formed") {
            Event::Start(start) => {
                attributes(&start, elements);
                if is(start.name().into_inner(), elements) {
                    open.push(false);
                } else if is(start.name().into_inner(), &["Name"]) {
                    names += 1;
                }
            }
            Event::Empty(start) => attributes(&start, elements),
            Event::End(end) => {
                if is(end.name().into_inner(), elements) {
                    open.pop();
                } else if is(end.name().into_inner(), &["Name"]) {
                    names -= 1;
                    open.fill(true);
                }
            }
            // In an `Update`, it is a property's.
            Event::Text(text) if names > 0 && open.contains(&false) && elements.contains(&"NamedLayer") => {
                let text = text.xml10_content().to_lowercase();
                assert!(!text.contains("parcels"), "{document}");
            }
            Event::Eof => return,
            _ => {}
        }
    }
}

/// No attribute that could name the layer of such an element names a closed one.
fn attributes(start: &BytesStart<'_>, elements: &[&str]) {
    if !is(start.name().into_inner(), elements) {
        return;
    }
    for attribute in start.attributes() {
        let attribute = attribute.expect("what goes on is well-formed");
        if is(attribute.key.into_inner(), &["Name", "typeName", "typeNames"]) {
            let value = attribute.value.to_lowercase();
            assert!(!value.contains("parcels"), "{start:?}");
        }
    }
}

/// Whether a name is one of those, prefix and letter case aside.
fn is(name: &str, names: &[&str]) -> bool {
    let local = name.rsplit(':').next().unwrap_or_default();
    names.iter().any(|name| name.eq_ignore_ascii_case(local))
}
