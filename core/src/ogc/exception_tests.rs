use super::*;

#[test]
fn each_version_has_its_form() {
    let error = OgcError::at(OgcCode::LayerNotDefined, "LAYERS", "a < b");
    for (query, kind, part) in [
        (
            "service=wms&VERSION=1.1.1",
            "application/vnd.ogc.se_xml",
            "version=\"1.1.1\"",
        ),
        (
            "service=wms&VERSION=1.3.0",
            "text/xml; charset=UTF-8",
            "version=\"1.3.0\"",
        ),
        ("SERVICE=WMS", "text/xml; charset=UTF-8", "version=\"1.3.0\""),
        (
            "SERVICE=WFS&version=1.0.0",
            "text/xml; charset=UTF-8",
            "version=\"1.2.0\"",
        ),
        (
            "SERVICE=WFS&version=1.1.0",
            "text/xml; charset=UTF-8",
            "http://www.opengis.net/ows\"",
        ),
        (
            "SERVICE=WFS&version=2.0.0",
            "text/xml; charset=UTF-8",
            "http://www.opengis.net/ows/1.1\"",
        ),
        (
            "SERVICE=WFS&AcceptVersions=1.1.0,2.0.0",
            "text/xml; charset=UTF-8",
            "http://www.opengis.net/ows\"",
        ),
        (
            "request=GetFeature",
            "text/xml; charset=UTF-8",
            "http://www.opengis.net/ows/1.1\"",
        ),
        ("%%%", "text/xml; charset=UTF-8", "version=\"1.3.0\""),
    ] {
        let rendered = ExceptionForm::asked(&Params::parse_lossy(query)).render(&error);
        assert_eq!(rendered.content_type, kind, "{query}");
        assert!(rendered.body.contains(part), "{query}: {}", rendered.body);
        assert!(rendered.body.contains("a &lt; b"), "{}", rendered.body);
        assert_eq!(
            backend_exception_code(rendered.body.as_bytes()),
            Some(OgcCode::LayerNotDefined)
        );
    }
}

#[test]
fn a_backend_exception_is_only_its_code() {
    let own = include_bytes!("testdata/exception_1_3_0.xml");
    assert_eq!(backend_exception_code(own), Some(OgcCode::LayerNotDefined));
    let odd = b"<ExceptionReport><Exception exceptionCode='SELECT * FROM x'/></ExceptionReport>";
    assert_eq!(backend_exception_code(odd), Some(OgcCode::NoApplicableCode));
    assert_eq!(
        backend_exception_code(b"<ServiceExceptionReport><ServiceExc"),
        Some(OgcCode::NoApplicableCode)
    );
    for odd in [
        &b"<?xml version='1.0' encoding='ISO-8859-1'?>\n<ServiceExceptionReport><ServiceException>\xe9"[..],
        b"<!DOCTYPE a [<!ENTITY x \"y\">]><!-- > --><ogc:ServiceExceptionReport a='b'>",
        b"\xef\xbb\xbf<!DOCTYPE a SYSTEM 'b'>\n<ExceptionReport>&x;",
    ] {
        let code = backend_exception_code(odd);
        assert_eq!(code, Some(OgcCode::NoApplicableCode), "{}", odd.escape_ascii());
    }
    assert_eq!(backend_exception_code(b"<html><ExceptionReport>"), None);
    assert_eq!(backend_exception_code(b"<?xml"), None);
    assert_eq!(backend_exception_code(b"<html/>"), None);
    assert_eq!(backend_exception_code(b"\x89PNG"), None);
}
