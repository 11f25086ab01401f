//! Filters (OGC 02-059, 04-095, 09-026r2): they must stay within the types asked for.
//!
//! A filter is a list of known elements or it is refused. So it holds no function (of which some read other types),
//! no path into another type, no reference to elsewhere, and no id of a feature of another type.

use super::document::{Attribute, Document, Node, is_qualified};
use super::exception::OgcError;
use super::rules::fold;
use super::xml::{XmlError, local_name};
use std::collections::HashSet;

/// More than any filter.
const MAX_FILTER: usize = 256 * 1024;

/// Filter and sorting, by version of the service.
const FES: &[&str] = &["http://www.opengis.net/ogc", "http://www.opengis.net/fes/2.0"];
const WFS: &[&str] = &["http://www.opengis.net/wfs", "http://www.opengis.net/wfs/2.0"];
const GML: &[&str] = &["http://www.opengis.net/gml", "http://www.opengis.net/gml/3.2"];

/// Operators, and what they are made of.
#[rustfmt::skip]
const OPERATORS: &[&str] = &[
    "And", "Or", "Not",
    "PropertyIsEqualTo", "PropertyIsNotEqualTo", "PropertyIsLessThan", "PropertyIsGreaterThan",
    "PropertyIsLessThanOrEqualTo", "PropertyIsGreaterThanOrEqualTo", "PropertyIsLike", "PropertyIsNull",
    "PropertyIsNil", "PropertyIsBetween", "LowerBoundary", "UpperBoundary",
    "Equals", "Disjoint", "Touches", "Within", "Overlaps", "Crosses", "Intersects", "Contains", "DWithin", "Beyond",
    "BBOX", "Distance",
    "After", "Before", "Begins", "BegunBy", "TContains", "During", "EndedBy", "Ends", "TEquals", "Meets", "MetBy",
    "TOverlaps", "OverlappedBy", "AnyInteracts",
    "Add", "Sub", "Mul", "Div", "Literal",
    "SortBy", "SortProperty", "SortOrder",
];
/// Geometries and moments.
#[rustfmt::skip]
const GEOMETRIES: &[&str] = &[
    "Point", "LineString", "LinearRing", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "MultiGeometry",
    "MultiCurve", "MultiSurface", "Curve", "Surface", "CompositeCurve", "Ring", "LineStringSegment", "Arc", "ArcString",
    "Circle", "PolygonPatch", "Box", "Envelope", "segments", "patches", "exterior", "interior", "outerBoundaryIs",
    "innerBoundaryIs", "pointMember", "pointMembers", "lineStringMember", "polygonMember", "geometryMember",
    "geometryMembers", "curveMember", "curveMembers", "surfaceMember", "surfaceMembers",
    "coordinates", "coord", "X", "Y", "Z", "pos", "posList", "lowerCorner", "upperCorner",
    "TimeInstant", "TimePeriod", "timePosition", "beginPosition", "endPosition", "begin", "end",
];
/// Attributes of those, without a prefix.
#[rustfmt::skip]
const ATTRIBUTES: &[&str] = &[
    "matchCase", "matchAction", "wildCard", "singleChar", "escape", "escapeChar", "units", "uom", "nilReason",
    "srsName", "srsDimension", "dimension", "axisLabels", "uomLabels", "count", "decimal", "cs", "ts", "interpolation",
    "type", "gid", "frame", "indeterminatePosition",
];

/// What a filter may speak of: the types asked for, and other names for them. However many they are, and however
/// often one is looked for, the work grows with their sum.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// As they stand there, letter case aside.
    names: HashSet<String>,
    /// Of those with a prefix, what follows it.
    locals: HashSet<String>,
}

impl Scope {
    /// Of these types and aliases.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a String>) -> Self {
        let names: HashSet<String> = names.into_iter().map(|name| fold(name)).collect();
        let locals = names.iter().filter_map(|name| name.rsplit_once(':'));
        Self {
            locals: locals.map(|(_, local)| local.to_owned()).collect(),
            names,
        }
    }

    /// Whether a server may take a name for one of them, by the rule of [`super::rules::like`].
    fn has(&self, name: &str) -> bool {
        let name = fold(name);
        self.names.contains(&name)
            || match name.rsplit_once(':') {
                Some((_, local)) => self.names.contains(local),
                None => self.locals.contains(&name),
            }
    }
}

/// The value of `FILTER`, written anew. In brackets there are several, one a query: `(<Filter/>)(<Filter/>)`.
pub(super) fn parameter(filter: &str, scope: &Scope) -> Result<String, OgcError> {
    let invalid = || OgcError::invalid("FILTER");
    if filter.len() > MAX_FILTER {
        return Err(invalid());
    }
    let one = |filter: &str| -> Result<String, OgcError> {
        if filter.trim().is_empty() {
            return Ok(String::new());
        }
        let document = Document::parse(filter).map_err(|_| invalid())?;
        check(&document.root, scope).map_err(|_| invalid())?;
        Ok(document.root.write())
    };
    let Some(inner) = filter.trim().strip_prefix('(') else {
        return one(filter);
    };
    let inner = inner.strip_suffix(')').ok_or_else(invalid)?;
    let filters = inner.split(")(").map(|filter| Ok(format!("({})", one(filter)?)));
    filters.collect()
}

/// Checks a `Filter` element.
pub(super) fn check(filter: &Node, scope: &Scope) -> Result<(), XmlError> {
    if filter.local() != "Filter" || !is_of(filter, FES) || !filter.attributes.is_empty() {
        return Err(XmlError::Unexpected);
    }
    each(filter, scope)
}

/// Checks a `SortBy` element.
pub(super) fn check_sorting(sort: &Node, scope: &Scope) -> Result<(), XmlError> {
    if sort.local() == "SortBy" {
        expression(sort, scope)
    } else {
        Err(XmlError::Unexpected)
    }
}

/// Checks an element that holds the name of a property.
pub(super) fn check_property(node: &Node, scope: &Scope) -> Result<(), XmlError> {
    if is_of(node, FES) && node.attributes.is_empty() {
        path(node.text()?, scope)
    } else {
        Err(XmlError::Unexpected)
    }
}

fn each(node: &Node, scope: &Scope) -> Result<(), XmlError> {
    node.elements()?
        .into_iter()
        .try_for_each(|node| expression(node, scope))
}

/// Checks what stands in a filter.
pub(super) fn expression(node: &Node, scope: &Scope) -> Result<(), XmlError> {
    match node.local() {
        "PropertyName" | "ValueReference" => check_property(node, scope),
        "FeatureId" | "GmlObjectId" | "ResourceId" if is_of(node, FES) => identifier(node, scope),
        "Literal" if is_of(node, FES) => {
            attributes(node)?;
            value(node)
        }
        "Distance" | "SortOrder" if is_of(node, FES) => {
            attributes(node)?;
            node.text().map(drop)
        }
        operator if OPERATORS.contains(&operator) && is_of(node, FES) => {
            attributes(node)?;
            each(node, scope)
        }
        _ => geometry(node),
    }
}

/// A value is a text or a geometry.
pub(super) fn value(node: &Node) -> Result<(), XmlError> {
    match node.elements() {
        Ok(elements) => elements.into_iter().try_for_each(geometry),
        Err(_) => node.text().map(drop),
    }
}

/// Checks a geometry or moment of GML.
pub(super) fn geometry(node: &Node) -> Result<(), XmlError> {
    if !GEOMETRIES.contains(&node.local()) || !is_of(node, GML) {
        return Err(XmlError::Unexpected);
    }
    attributes(node)?;
    value(node)
}

fn attributes(node: &Node) -> Result<(), XmlError> {
    let known = |attribute: &Attribute| match &attribute.namespace {
        None => ATTRIBUTES.contains(&attribute.name.as_str()),
        Some(namespace) => GML.contains(&namespace.as_str()) && local_name(&attribute.name) == "id",
    };
    if node.attributes.iter().all(known) {
        Ok(())
    } else {
        Err(XmlError::Unexpected)
    }
}

/// The id of a feature, which must be one of the types asked for.
fn identifier(node: &Node, scope: &Scope) -> Result<(), XmlError> {
    let [attribute] = node.attributes.as_slice() else {
        return Err(XmlError::Unexpected);
    };
    let id = match (node.local(), local_name(&attribute.name)) {
        ("FeatureId", "fid") | ("GmlObjectId", "id") | ("ResourceId", "rid") => attribute.value.as_str(),
        _ => return Err(XmlError::Unexpected),
    };
    let of_type = id.rsplit_once('.').is_some_and(|(name, _)| scope.has(name));
    if of_type && node.elements()?.is_empty() {
        Ok(())
    } else {
        Err(XmlError::Unexpected)
    }
}

/// The name of a property: one step, or a type asked for and one step. Refuses other paths, which could lead into
/// another type.
pub(super) fn path(text: &str, scope: &Scope) -> Result<(), XmlError> {
    let name = |step: &str| is_qualified(step.strip_prefix('@').unwrap_or(step));
    let good = match text.trim().split('/').collect::<Vec<_>>().as_slice() {
        // The geometry, whatever its name.
        [""] => true,
        [step] => name(step),
        [first, step] => name(first) && name(step) && scope.has(first),
        _ => false,
    };
    if good { Ok(()) } else { Err(XmlError::Unexpected) }
}

/// Whether an element is of one of these namespaces, or of none, as `MapServer`'s examples write it.
pub(super) fn is_of(node: &Node, namespaces: &[&str]) -> bool {
    let namespace = node.namespace.as_deref();
    // Within a document of WFS, the default namespace is its own; servers that know no namespaces read on.
    namespace.is_none_or(|namespace| namespaces.contains(&namespace) || WFS.contains(&namespace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn scope() -> Scope {
        Scope::of(&["ms:roads".to_owned(), "r".to_owned()])
    }

    fn read(filter: &str) -> Result<String, OgcError> {
        parameter(filter, &scope())
    }

    #[test]
    fn a_filter_stays_within_its_types() {
        for good in [
            "<Filter><PropertyIsEqualTo><PropertyName>a</PropertyName><Literal>1</Literal></PropertyIsEqualTo></Filter>",
            "<Filter><Not><PropertyIsNull><PropertyName>ms:roads/ms:a</PropertyName></PropertyIsNull></Not></Filter>",
            "<Filter><PropertyIsNull><PropertyName>r/é</PropertyName></PropertyIsNull></Filter>",
            "<fes:Filter xmlns:fes=\"http://www.opengis.net/fes/2.0\"><fes:ResourceId rid=\"roads.1\"/></fes:Filter>",
            "(<Filter><FeatureId fid=\"roads.1\"/></Filter>)()",
            "<ogc:Filter xmlns:ogc=\"http://www.opengis.net/ogc\" xmlns:gml=\"http://www.opengis.net/gml\"><ogc:BBOX><ogc:PropertyName/><gml:Envelope srsName=\"EPSG:2056\"><gml:lowerCorner>1 2</gml:lowerCorner></gml:Envelope></ogc:BBOX></ogc:Filter>",
            "<ogc:Filter><ogc:PropertyIsNull><ogc:PropertyName>a</ogc:PropertyName></ogc:PropertyIsNull></ogc:Filter>",
        ] {
            assert_eq!(read(good).as_deref(), Ok(good));
        }
        for bad in [
            "<Filter><FeatureId fid='parcels.1'/></Filter>",
            "<Filter><FeatureId fid='1'/></Filter>",
            "<Filter><FeatureId fid='roads.1' rid='parcels.1'/></Filter>",
            "<Filter><ResourceId rid='&#112;arcels.1'/></Filter>",
            "<Filter><PropertyIsEqualTo><Function name='querySingle'/></PropertyIsEqualTo></Filter>",
            "<Filter><function name='querySingle'/></Filter>",
            "<Filter><PropertyIsNull><PropertyName>parcels/owner</PropertyName></PropertyIsNull></Filter>",
            "<Filter><PropertyIsNull><PropertyName>a[f()=1]</PropertyName></PropertyIsNull></Filter>",
            "<Filter><PropertyIsNull><PropertyName>../b</PropertyName></PropertyIsNull></Filter>",
            "<Filter><PropertyIsNull><PropertyName>doc('x')</PropertyName></PropertyIsNull></Filter>",
            "<Filter xmlns:xlink='http://www.w3.org/1999/xlink'><Literal xlink:href='http://x'/></Filter>",
            "<Filter xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='file:///etc/passwd'/></Filter>",
            "<Filter xmlns='urn:other'/>",
            "<Filter>text</Filter>",
            "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><Filter>&x;</Filter>",
            "<GetFeature/>",
            "parcels:a = 1",
            "(<Filter/>",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_attribute_is_called_as_an_element() {
        let elements = OPERATORS.iter().chain(GEOMETRIES);
        let more = [
            "Filter",
            "PropertyName",
            "ValueReference",
            "FeatureId",
            "ResourceId",
        ];
        for element in elements.chain(&more) {
            let same = ATTRIBUTES.iter().find(|name| name.eq_ignore_ascii_case(element));
            assert_eq!(same, None, "{element}");
        }
    }

    proptest! {
        #[test]
        fn a_scope_has_what_is_like_one_of_its_names(
            names in prop::collection::vec("([ab]:){0,2}[aB ]{0,2}", 0..4),
            name in "([ab]:){0,2}[aB ]{0,2}",
        ) {
            let expected = names.iter().any(|known| super::super::rules::like(known, &name));
            prop_assert_eq!(Scope::of(&names).has(&name), expected);
        }

        #[test]
        fn what_is_written_is_understood_again(
            text in "<Filter>(<(And|PropertyName|Literal|FeatureId fid='[rp]oads.1'|Function)/?>|[a-z/@]{0,4}|</(And|PropertyName|Literal)>){0,6}</Filter>"
        ) {
            if let Ok(written) = read(&text) {
                prop_assert!(!written.contains("Function") && !written.contains("poads"));
                prop_assert_eq!(read(&written), Ok(written));
            }
        }
    }
}
