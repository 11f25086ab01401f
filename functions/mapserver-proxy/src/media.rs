//! What an answer is made of: pictures, texts, pages.

use mapgate_core::ogc::{Carrier, Forward};

/// Whether a media type is that of a text, in which URLs can stand. What tells nothing counts as one.
pub fn is_text(kind: &str) -> bool {
    let raster = kind.starts_with("image/") && !kind.contains("xml");
    let texts = ["text/", "xml", "json", "gml", "kml", "csv", "javascript"];
    !raster && (kind.is_empty() || texts.iter().any(|text| kind.contains(text)))
}

/// Whether a text is a page.
pub fn is_html(kind: &str, beginning: &[u8]) -> bool {
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
    let text = text.trim_ascii_start();
    let begins = |with: &str| {
        text.get(..with.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(with.as_bytes()))
    };
    kind.contains("html") || begins("<!doctype html") || begins("<html")
}

/// Whether a page was asked for. One that was not is a program's, a front's or a login's word on a fault.
pub fn asks_html(forward: &Forward) -> bool {
    let html = |value: &str| value.to_ascii_lowercase().contains("html");
    let format = |name: &str| {
        matches!(
            name,
            "INFO_FORMAT" | "INFOFORMAT" | "FORMAT" | "OUTPUTFORMAT" | "OUTPUT_FORMAT"
        )
    };
    match &forward.carrier {
        Carrier::Xml(document) => document
            .split_once("outputFormat=\"")
            .and_then(|(_, value)| value.split('"').next())
            .is_some_and(html),
        _ => forward
            .query
            .iter()
            .any(|(name, value)| format(name) && html(value)),
    }
}
