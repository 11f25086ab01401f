//! What a map server answers: texts whose URLs are replaced, and capabilities that are filtered, in whatever pieces they
//! arrive.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use mapgate_core::ogc::{
    AnswerRewriter, CapabilitiesFilter, DefaultAccess, LayerRule, Rules, ServerType, Service, UrlRewriter,
    XmlError, filter_capabilities, read_tree, rewrite_answer,
};
use quick_xml::NsReader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::Event;
use quick_xml::name::ResolveResult;

pub(super) const TEXT_SEEDS: &[&[u8]] = &[
    b"1<a href=\"http://b:8090/m?map=/x&amp;SERVICE=WFS&amp;TYPENAME=a\">http://other/</a> h http",
    b"3{\"u\":\"http:\\/\\/b:8090\\/m?map=x\\u0026SERVICE=WFS\",\"v\":\"HTTPS://b:8090/m\"}",
    b"7see http://b:8090/m, (http://b:8090/m) and 'http://b:8090/m/x'.",
];
pub(super) const TEXT_WORDS: &[&[u8]] = &[
    b"http://b:8090/m",
    b"HTTP://B:8090/m",
    b"https://b:8090/",
    b"http:\\/\\/b:8090\\/m",
    b"http://other/",
    b"http:/",
    b"h",
    b"?map=x",
    b"?SERVICE=WFS",
    b"&amp;",
    b"&",
    b"\\u0026",
    b"\\",
    b"/",
    b"?",
    b"#",
    b"@",
    b"%20",
    b"\"",
    b"'",
    b"<",
    b">",
    b" ",
    b"\n",
    b"\xff",
    b"\xc3\xa9",
];
pub(super) const CAPABILITIES_SEEDS: &[&[u8]] = &[
    b"0<w:WFS_Capabilities version='2.0.0' xmlns:w='http://www.opengis.net/wfs/2.0' xmlns:topp='urn:open' \
      xmlns:closed='urn:closed' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:schemaLocation='urn:closed \
      http://b:8090/m?typeName=closed:plans'><w:FeatureTypeList><w:FeatureType><w:Name>topp:states</w:Name></w:FeatureType>\
      <w:FeatureType xmlns:closed='urn:closed'><w:Name>closed:plans</w:Name></w:FeatureType></w:FeatureTypeList>\
      </w:WFS_Capabilities>",
    b"2<WFS_Capabilities xmlns:v='urn:v'><ServiceProvider><v:Sign v:a='b'/></ServiceProvider><FeatureTypeList><FeatureType>\
      <Name><![CDATA[roads]]></Name><OnlineResource>http://b:8090/m</OnlineResource></FeatureType><FeatureType><Title>t</Title>\
      <Name>parcels</Name></FeatureType></FeatureTypeList></WFS_Capabilities>",
    b"5<WMS_Capabilities version='1.3.0' xmlns='http://www.opengis.net/wms' xmlns:x='urn:x'><Service><Name>WMS</Name></Service>\
      <Capability><Layer><Name>demo</Name><Layer><Name>roads</Name></Layer><Layer><Name>cadastre</Name><Layer x:a='b'><Name>\
      parcels</Name></Layer></Layer></Layer></Capability></WMS_Capabilities>",
];
pub(super) const CAPABILITIES_WORDS: &[&[u8]] = &[
    b"<WFS_Capabilities>",
    b"</WFS_Capabilities>",
    b"<FeatureTypeList>",
    b"</FeatureTypeList>",
    b"<FeatureType>",
    b"</FeatureType>",
    b"<Name>",
    b"</Name>",
    b"<w:Name>",
    b"</w:Name>",
    b"roads",
    b"parcels",
    b"PARCELS",
    b"closed:plans",
    b"topp:states",
    b"topp:plans",
    b"<Layer>",
    b"</Layer>",
    b"<x:Layer xmlns:x='urn:x'>",
    b"</x:Layer>",
    b"<Layer xmlns='urn:closed'>",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"-->",
    b"<!DOCTYPE a [<!ENTITY p 'parcels'>]>",
    b"&p;",
    b"&amp;",
    b"&#x70;arcels",
    b" xmlns:closed='urn:closed'",
    b" xmlns:closed='urn:other'",
    b" xmlns=''",
    b" xsi:schemaLocation='urn:closed http://b:8090/m?typeName=closed:plans'",
    b" href='http://b:8090/m?LAYER=parcels'",
    b"<closed:Sign/>",
    b"<v:Sign xmlns:v='urn:v'>",
    b"</v:Sign>",
    b"<?xml version='1.0'?>",
    b"\n",
    b">",
    b"/>",
];

const BACKEND: &str = "http://b:8090/m";

fn urls() -> UrlRewriter {
    UrlRewriter::new([BACKEND], "https://p/m?")
}

/// A text's URLs are replaced in the same way in whatever pieces it comes, and none of the server's is left.
///
/// # Panics
/// Where it is not so.
pub fn answer_text(input: &[u8]) {
    let Some((size, text)) = input.split_first() else {
        return;
    };
    let rewritten = |size: usize| {
        let rewriter = AnswerRewriter::new(urls());
        let all = rewrite_answer(pieces(text, size), rewriter).collect::<Vec<_>>();
        let all: Result<Vec<Bytes>, _> = all.now_or_never().expect("nothing waits").into_iter().collect();
        all.map(|pieces| pieces.concat())
    };
    let (whole, out) = (
        rewritten(text.len().max(1)),
        rewritten(usize::from(*size % 16) + 1),
    );
    let (Ok(whole), Ok(out)) = (whole, out) else {
        return;
    };
    assert_eq!(whole.escape_ascii().to_string(), out.escape_ascii().to_string());
    // URLs with other characters in them, or with escapes that JSON does not need, are somebody else's.
    let ends = |byte: &u8| byte.is_ascii_whitespace() || b"\"'<>".contains(byte);
    for word in out
        .split(ends)
        .filter(|word| word.is_ascii() && !word.contains(&b'\\'))
    {
        let left = word.to_ascii_lowercase().starts_with(BACKEND.as_bytes());
        let other = word.get(BACKEND.len()).is_some_and(u8::is_ascii_alphanumeric);
        assert!(!left || other, "{}", word.escape_ascii());
    }
}

/// Capabilities are filtered in the same way in whatever pieces they come; what comes out is a document whose prefixes all
/// mean something and whose types and layers are none that are closed.
///
/// # Panics
/// Where it is not so.
pub fn capabilities(input: &[u8]) {
    let Some((kind, document)) = input.split_first() else {
        return;
    };
    let service = if kind.is_multiple_of(2) {
        Service::Wfs
    } else {
        Service::Wms
    };
    let server = [ServerType::MapServer, ServerType::GeoServer][usize::from(kind / 2 % 2)];
    let tree = read_tree(service, pieces(document, 64));
    let Some(Ok(tree)) = tree.now_or_never() else {
        return;
    };
    let tree = Arc::new(tree);
    let rule = |public: bool, read: &[i64]| LayerRule {
        public,
        read: read.iter().copied().collect(),
        write: BTreeSet::new(),
    };
    let layers = BTreeMap::from([
        ("roads".to_owned(), rule(true, &[])),
        ("topp:states".to_owned(), rule(true, &[])),
        ("parcels".to_owned(), rule(false, &[3])),
        ("closed:plans".to_owned(), rule(false, &[3])),
    ]);
    let rules = Arc::new(Rules::new(DefaultAccess::Private, layers));
    let filtered = |size: usize| -> Result<Vec<u8>, XmlError> {
        let filter = CapabilitiesFilter::new(service, server, rules.clone(), [1].into(), urls());
        let body = filter_capabilities(pieces(document, size), filter.over(tree.clone()));
        let all = Box::pin(body).collect::<Vec<_>>().now_or_never();
        let all: Result<Vec<Bytes>, _> = all.expect("nothing waits").into_iter().collect();
        all.map(|pieces| pieces.concat())
    };
    let (whole, out) = (
        filtered(document.len().max(1)),
        filtered(usize::from(*kind) / 4 + 1),
    );
    assert_eq!(whole.is_ok(), out.is_ok());
    let (Ok(whole), Ok(out)) = (whole, out) else {
        return;
    };
    assert_eq!(whole.escape_ascii().to_string(), out.escape_ascii().to_string());
    let out = String::from_utf8(out).expect("it is written as UTF-8");
    let undeclared = |text: &str| prefixes_mean_something(text).is_err();
    let before = std::str::from_utf8(document).unwrap_or_default();
    assert!(!undeclared(&out) || undeclared(before), "{out}");
    for name in leaves(&out) {
        let local = name.rsplit(':').next().unwrap_or_default();
        assert!(["roads", "states"].contains(&local), "{name} in {out}");
    }
    for schema in schemas(&out) {
        let names_types = schema.to_ascii_uppercase().contains("TYPENAME");
        assert!(
            !(names_types && schema.contains("closed:plans")),
            "{schema} in {out}"
        );
    }
}

/// Where a document's schemas are, by any `schemaLocation`.
fn schemas(document: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(document);
    let mut found = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start)) => {
                for attribute in start.attributes().flatten() {
                    if attribute.key.local_name().into_inner() == "schemaLocation" {
                        let words = attribute.value.split_whitespace().skip(1).step_by(2);
                        found.extend(words.map(str::to_owned));
                    }
                }
            }
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => {}
        }
    }
}

fn pieces(
    bytes: &[u8],
    size: usize,
) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> + Send + Unpin + use<> {
    let pieces: Vec<_> = bytes
        .chunks(size)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    stream::iter(pieces)
}

/// Refuses a document in which a prefix stands for nothing, or that is none.
fn prefixes_mean_something(document: &str) -> Result<(), String> {
    let mut reader = NsReader::from_str(document);
    reader.config_mut().check_end_names = true;
    loop {
        match reader.read_resolved_event() {
            Ok((ResolveResult::Unknown(prefix), Event::Start(_) | Event::Empty(_))) => {
                return Err(format!("{prefix:?}"));
            }
            Ok((_, Event::Eof)) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
}

/// An open element: its local name; of a layer its own name and whether it holds others.
type Open = (String, String, bool);

/// Adds to a name what stands in its element.
fn add(open: &mut [Open], text: &str) {
    if let [.., (above, name, _), (at, ..)] = open
        && ["Layer", "FeatureType"].contains(&above.as_str())
        && at == "Name"
    {
        name.push_str(text);
    }
}

/// The names of feature types, and of layers in which there are no others.
fn leaves(document: &str) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(document);
    let mut open: Vec<Open> = Vec::new();
    let mut names = Vec::new();
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                let local = start
                    .name()
                    .into_inner()
                    .rsplit(':')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                if local == "Layer" {
                    for (_, _, holds) in &mut open {
                        *holds = true;
                    }
                }
                open.push((local, String::new(), false));
            }
            Ok(Event::Text(text)) => add(&mut open, &text.xml10_content()),
            Ok(Event::CData(text)) => add(&mut open, &text.xml10_content()),
            Ok(Event::GeneralRef(reference)) => {
                let content = reference.xml10_content();
                match reference.resolve_char_ref() {
                    Ok(Some(character)) => add(&mut open, character.encode_utf8(&mut [0; 4])),
                    _ => add(&mut open, resolve_predefined_entity(&content).unwrap_or_default()),
                }
            }
            Ok(Event::End(_)) => {
                if let Some((_, name, false)) = open.pop()
                    && !name.trim().is_empty()
                {
                    names.push(name.trim().to_owned());
                }
            }
            Ok(Event::Eof) | Err(_) => return names,
            Ok(_) => {}
        }
    }
}
