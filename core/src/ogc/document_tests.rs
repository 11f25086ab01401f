//! Documents that a client sent.

use super::*;
use proptest::prelude::*;

#[test]
fn what_is_written_is_the_plainest_spelling() {
    let text = "<?xml version='1.0'?><!-- a --><a:b xmlns:a='urn:a' xmlns='urn:d' x = ' 1&#10;&quot; '\n>t<![CDATA[<&]]>&#65;<?p i?><c xmlns='' /></a:b>";
    let document = Document::parse(text).unwrap();
    assert_eq!(
        document.root.write(),
        "<a:b xmlns=\"urn:d\" xmlns:a=\"urn:a\" x=\" 1&#10;&quot; \">t&lt;&amp;A<c xmlns=\"\"/></a:b>"
    );
    assert_eq!(document.root.namespace.as_deref(), Some("urn:a"));
    let Some(Child::Element(inner)) = document.root.children.last() else {
        panic!("{document:?}")
    };
    assert_eq!(inner.namespace, None);
    let document = Document::parse("<a xmlns:p='u'><b xmlns:q='v' xmlns:p='u'><q:c/></b></a>").unwrap();
    assert_eq!(
        document.root.write(),
        "<a xmlns:p=\"u\" xmlns:q=\"v\"><b><q:c/></b></a>"
    );
}

#[test]
fn attributes_and_prefixes_are_few() {
    let many = |count: usize, prefix: &str| -> String {
        let all = (0..count).map(|at| format!(" {prefix}a{at}='u'"));
        format!("<a{}/>", all.collect::<String>())
    };
    for (most, prefix) in [(MAX_ATTRIBUTES, ""), (MAX_PREFIXES, "xmlns:")] {
        assert!(Document::parse(&many(most, prefix)).is_ok());
        for count in [most + 1, MAX_ATTRIBUTES + MAX_PREFIXES + 1, 100_000] {
            let refused = Document::parse(&many(count, prefix));
            assert!(matches!(refused, Err(XmlError::TooLarge)), "{count}");
        }
    }
}

#[test]
fn what_parsers_read_differently_is_refused() {
    for text in [
        "",
        "<a>",
        "<a/><b/>",
        "<a b='1' b='2'/>",
        "<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>",
        "<a p:b='1'/>",
        "<a xmlns:p='u'><b xmlns:p='v'/></a>",
        "<a xmlns:p=''/>",
        "<a><p:b/><c xmlns:p='u'/></a>",
        "<a xmlns:version='u'/>",
        "<a><b xmlns:TypeName='u'/></a>",
        "<a:b:c xmlns:a='u'/>",
        "<1a/>",
        "<a\u{b}b/>",
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
        "<a>&nbsp;</a>",
        "<a>&#0;</a>",
        "<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
    ] {
        assert!(Document::parse(text).is_err(), "{text}");
    }
    assert!(Document::parse(&format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS))).is_err());
    assert!(Document::parse(&"<a>".repeat(200)).is_err());
}

proptest! {
    #[test]
    fn nothing_panics_and_what_is_written_reads_the_same(
        text in "(<[ab]( xmlns(:p)?='[uv]?')?( (p:)?x='[^<]{0,3}')?/?>|</[ab]>|[a-z&;<]{0,3}|<!\\[CDATA\\[[<&a]{0,3}]]>|&#x?[0-9]{1,2};|&lt;){0,8}"
    ) {
        if let Ok(document) = Document::parse(&text) {
            let written = document.root.write();
            let again = Document::parse(&written).unwrap();
            prop_assert_eq!(again.root.write(), written);
            prop_assert_eq!(again.namespaces, document.namespaces);
        }
    }
}
