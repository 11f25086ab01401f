use super::*;

#[derive(Default)]
struct Texts(Vec<String>);

impl Handler for Texts {
    fn open(&mut self, _: &Element<'_>) -> Result<(), XmlError> {
        Ok(())
    }
    fn text(&mut self, text: &str) -> Result<(), XmlError> {
        self.0.push(text.to_owned());
        Ok(())
    }
}

#[test]
fn text_is_one_however_it_is_written() {
    let mut texts = Texts::default();
    walk_slice(b"<a>p<!-- x -->a&#114;<![CDATA[ce]]>&#x6c;s&amp;</a>", &mut texts).unwrap();
    assert_eq!(texts.0, ["parcels&"]);
}

#[test]
fn entities_other_encodings_and_broken_documents_are_refused() {
    for document in [
        "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
        "<!DOCTYPE a [<!entity x \"y\">]><a/>",
        "<!DOCTYPE a [%x;]><a/>",
        "<a>&x;</a>",
        "<a b='&x;'/>",
        "<a>&#0;</a>",
        "<a>&#11;</a>",
        "<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
        "<?xml version='1.0' encoding='UTF-7'?><a/>",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>b",
        "",
        "a",
        "<a b='1' b='2'/>",
    ] {
        assert!(
            walk_slice(document.as_bytes(), &mut Texts::default()).is_err(),
            "{document}"
        );
    }
    assert!(walk_slice(b"<a>\xff</a>", &mut Texts::default()).is_err());
    assert!(walk_slice("<a>".repeat(200).as_bytes(), &mut Texts::default()).is_err());
    assert!(
        walk_slice(
            b"<!DOCTYPE a SYSTEM 'x' [<!ELEMENT a EMPTY>]><a/>",
            &mut Texts::default()
        )
        .is_ok()
    );
}

#[tokio::test]
async fn an_endless_piece_is_refused() {
    let piece = Bytes::from(vec![b'x'; 64 * 1024]);
    let first = std::iter::once(Bytes::from_static(b"<a>"));
    let chunks = first
        .chain(std::iter::repeat_n(piece, 100))
        .map(Ok::<_, std::io::Error>);
    let mut incoming = Incoming::new(futures_util::stream::iter(chunks));
    let mut texts = Texts::default();
    let error = loop {
        match incoming.step(&mut texts).await {
            Ok(false) => {}
            Ok(true) => panic!("must not end"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, XmlError::TooLarge), "{error}");
}
