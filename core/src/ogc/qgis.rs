//! What QGIS Server adds to WMS (QGIS Server guide, "Services"): operations, and parameters that name layers.

use super::exception::OgcError;
use super::params::Params;
use super::request::{LayerList, ListForm, keep, names};
use super::{Operation, sld, wms};

/// Operations that it has beside the standards'.
pub(super) const OFFERED: &[Operation] = &[
    Operation::GetPrint,
    Operation::GetProjectSettings,
    Operation::GetStyle,
];
const PRINT: &[&str] = &[
    "TEMPLATE",
    "FORMAT",
    "DPI",
    "CRS",
    "SRS",
    "WIDTH",
    "HEIGHT",
    "TRANSPARENT",
    "ATLAS_PK",
    "LANGUAGE",
];
/// Those of one map of a layout, behind its prefix.
const PRINTED_MAP: &[&str] = &[
    "EXTENT",
    "SCALE",
    "ROTATION",
    "GRID_INTERVAL_X",
    "GRID_INTERVAL_Y",
];
/// Shapes of the client's own, drawn over the map; they read no layer.
const HIGHLIGHT: &[&str] = &[
    "HIGHLIGHT_LABELSTRING",
    "HIGHLIGHT_LABELSIZE",
    "HIGHLIGHT_LABELCOLOR",
    "HIGHLIGHT_LABELBUFFERCOLOR",
    "HIGHLIGHT_LABELBUFFERSIZE",
    "HIGHLIGHT_LABELFONT",
    "HIGHLIGHT_LABELWEIGHT",
];
const KEYWORDS: &[&str] = &["AND", "OR", "NOT", "IN", "IS", "NULL", "LIKE", "ILIKE"];
const OPERATORS: &[&str] = &["<=", ">=", "!=", "<>", "=", "<", ">", ","];

/// The layers of a `GetPrint`: those of each map of the layout, and all there are, since a layout shows what it likes
/// (other maps, legends, tables of attributes) whatever the request names.
pub(super) fn printed(params: &Params) -> Result<Vec<LayerList>, OgcError> {
    let mut lists = vec![LayerList {
        parameter: "TEMPLATE",
        names: Vec::new(),
        form: ListForm::Whole,
    }];
    let prefixes = std::iter::once("").chain(params.iter().filter_map(|(name, _)| map_prefix(name)));
    let mut prefixes: Vec<&str> = prefixes.collect();
    prefixes.sort_unstable();
    prefixes.dedup();
    for prefix in prefixes {
        let Some(layers) = params.filled(&format!("{prefix}LAYERS"))? else {
            continue;
        };
        let names = names("LAYERS", layers)?;
        let given = format!("{prefix}STYLES");
        lists.push(LayerList {
            parameter: "LAYERS",
            form: ListForm::Printed {
                prefix: prefix.to_owned(),
                styles: wms::styles(&given, params.one(&given)?, names.len())?,
            },
            names,
        });
    }
    Ok(lists)
}

/// The other parameters of a `GetPrint`.
pub(super) fn print_options(params: &Params) -> Result<Params, OgcError> {
    keep(params, |name| {
        let of_map = map_prefix(name).and_then(|prefix| name.strip_prefix(prefix));
        PRINT.contains(&name) || of_map.is_some_and(|name| PRINTED_MAP.contains(&name))
    })
}

/// `MAP0:` of `MAP0:LAYERS`.
fn map_prefix(name: &str) -> Option<&str> {
    let (before, _) = name.strip_prefix("MAP")?.split_once(':')?;
    let number = !before.is_empty() && before.len() < 4 && before.bytes().all(|byte| byte.is_ascii_digit());
    name.get(..before.len() + 4).filter(|_| number)
}

/// Adds what else can be asked of a map: filters, selections and shapes.
pub(super) fn add(
    operation: Operation,
    params: &Params,
    layers: &mut Vec<LayerList>,
    rest: &mut Params,
) -> Result<(), OgcError> {
    let drawing = [
        Operation::GetMap,
        Operation::GetFeatureInfo,
        Operation::GetPrint,
        Operation::GetLegendGraphic,
    ];
    if !drawing.contains(&operation) {
        return match params.filled("FILTER")? {
            Some(_) => Err(OgcError::not_offered("FILTER")),
            None => Ok(()),
        };
    }
    if let Some(value) = params.filled("FILTER")? {
        layers.push(each("FILTER", value, is_expression)?);
    }
    if let Some(value) = params.filled("SELECTION")? {
        layers.push(each("SELECTION", value, is_selection)?);
    }
    for (name, value) in params.iter() {
        let prefix = map_prefix(name).filter(|_| operation == Operation::GetPrint);
        let bare = prefix
            .and_then(|prefix| name.strip_prefix(prefix))
            .unwrap_or(name);
        let kept = match bare {
            _ if value.is_empty() => continue,
            "FILTER_GEOM" | "HIGHLIGHT_GEOM" if is_shape(value) => value.to_owned(),
            "FILTER_GEOM" | "HIGHLIGHT_GEOM" => return Err(OgcError::invalid(name)),
            "HIGHLIGHT_SYMBOL" => sld::symbols(name, value)?,
            other if HIGHLIGHT.contains(&other) && !value.contains(char::is_control) => value.to_owned(),
            _ => continue,
        };
        params.one(name)?;
        rest.push(name, &kept);
    }
    Ok(())
}

/// `layer:value;layer,layer:value`.
fn each(parameter: &'static str, value: &str, good: fn(&str) -> bool) -> Result<LayerList, OgcError> {
    let mut found = Vec::new();
    for part in value.split(';').filter(|part| !part.trim().is_empty()) {
        match part.split(':').collect::<Vec<_>>().as_slice() {
            // QGIS Server takes names apart where we would see one literal: with another `:` or `;` in it, refused.
            [layers, value] if good(value) => found.extend(names(parameter, layers.trim())?),
            _ => return Err(OgcError::invalid(parameter)),
        }
    }
    if found.is_empty() {
        return Err(OgcError::invalid(parameter));
    }
    Ok(LayerList {
        parameter,
        names: found,
        form: ListForm::Within {
            value: value.to_owned(),
        },
    })
}

/// Ids of features.
fn is_selection(value: &str) -> bool {
    value
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, ',' | '_' | '-'))
}

/// Shapes as well-known text.
fn is_shape(value: &str) -> bool {
    value
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | ',' | ';' | '.' | '(' | ')' | '+' | '-'))
}

/// Whether a text compares attributes with literals, and calls nothing.
fn is_expression(text: &str) -> bool {
    let mut rest = text.trim();
    let mut depth = 0_usize;
    // Whether a bracket may open here: behind a name it would make it a function.
    let mut opens = true;
    while let Some(first) = rest.chars().next() {
        let (length, then_opens) = match first {
            ' ' => (1, opens),
            '(' if opens => {
                depth += 1;
                (1, true)
            }
            ')' if depth > 0 => {
                depth -= 1;
                (1, false)
            }
            '"' | '\'' => match quoted(rest, first) {
                Some(length) => (length, false),
                None => return false,
            },
            '0'..='9' | '-' => {
                let number = |c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-'));
                (rest.find(number).unwrap_or(rest.len()), false)
            }
            'A'..='Z' | 'a'..='z' => {
                let end = |c: char| !c.is_ascii_alphabetic();
                let (word, _) = rest.split_at(rest.find(end).unwrap_or(rest.len()));
                if !KEYWORDS.iter().any(|known| known.eq_ignore_ascii_case(word)) {
                    return false;
                }
                (word.len(), !word.eq_ignore_ascii_case("NULL"))
            }
            _ => match OPERATORS.iter().find(|operator| rest.starts_with(**operator)) {
                Some(operator) => (operator.len(), true),
                None => return false,
            },
        };
        opens = then_opens;
        rest = rest.get(length..).unwrap_or_default();
    }
    depth == 0 && !text.trim().is_empty()
}

/// The length of a quoted text at the beginning of another; a doubled quote is one.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut at = 1;
    loop {
        let rest = text.get(at..)?;
        at += rest.find(quote)? + 1;
        if !text.get(at..)?.starts_with(quote) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_expression_compares_and_calls_nothing() {
        for good in [
            "\"name\" = 'x'",
            "\"a\" >= -1.5 AND NOT (\"b\" IN ('x', 'it''s') OR \"c\" IS NULL)",
            "\"a\" ilike '%x%'",
        ] {
            assert!(is_expression(good), "{good}");
        }
        for bad in [
            "",
            "name = 'x'",
            "aggregate('parcels', 'max', \"owner\") = 'x'",
            "\"pg_sleep\"(1) = 1",
            "'a'(1)",
            "1(2)",
            "\"a\" = 'x",
            "\"a\" = (SELECT 1)",
            "\"a\" = 1) OR (1 = 1",
            "\"a\" = 1 -- x\n",
            "\"a\" = @x",
            "\"a\" = $id",
            "<Filter/>",
            "\"a\" = E'\\''",
        ] {
            assert!(!is_expression(bad), "{bad}");
        }
    }

    #[test]
    fn a_filter_names_its_layers() {
        let list = each(
            "FILTER",
            "roads,parcels:\"a\" = 1;places:\"b\" = 'x'",
            is_expression,
        )
        .unwrap();
        assert_eq!(list.names, ["roads", "parcels", "places"]);
        for bad in [
            "",
            ";",
            "\"a\" = 1",
            "roads:\"a\" = 'parcels:x'",
            "roads:\"a\" = ';parcels:'",
            ":\"a\" = 1",
        ] {
            assert!(each("FILTER", bad, is_expression).is_err(), "{bad}");
        }
        assert_eq!(map_prefix("MAP12:LAYERS"), Some("MAP12:"));
        for name in [
            "MAP:LAYERS",
            "MAPS:LAYERS",
            "MAP",
            "MAP0LAYERS",
            "XMAP0:LAYERS",
            "MAP12345:X",
        ] {
            assert_eq!(map_prefix(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_word_but_a_keyword_stands_outside_of_quotes(text in "[\"'a-c()=<> ,0-9;:-]{0,20}") {
            if is_expression(&text) {
                let mut outside = String::new();
                let mut quote = None;
                for c in text.chars() {
                    match quote {
                        Some(open) if c == open => quote = None,
                        None if matches!(c, '"' | '\'') => quote = Some(c),
                        None => outside.push(c),
                        _ => {}
                    }
                }
                prop_assert!(quote.is_none() && !outside.contains(|c: char| c.is_alphabetic()), "{}", text);
            }
        }
    }
}
