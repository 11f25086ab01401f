//! Styled layer descriptors (OGC 02-070, 05-078r4) sent along as `SLD_BODY`: whose layers they style.
//!
//! A descriptor is made of known elements or it is refused. So it brings no layers of its own (`UserLayer`), fetches
//! nothing (`ExternalGraphic`, `OnlineResource`), transforms nothing and calls no function.

use super::document::{Attribute, Child, Document, Node, is_name};
use super::exception::{OgcCode, OgcError};
use super::fes::{self, Scope};
use super::request::names;
use super::xml::XmlError;

mod readers;

/// More than any descriptor.
const MAX_DESCRIPTOR: usize = 512 * 1024;

const NAMESPACES: &[&str] = &[
    "http://www.opengis.net/sld",
    "http://www.opengis.net/se",
    "http://www.opengis.net/ogc",
];

/// What an element holds.
enum Holds {
    /// These elements, in the schema's order: `a|b` either, `*` more than once, all of them optional.
    Parts(&'static str),
    /// Text, or an expression.
    Value,
    /// Text.
    Text,
    /// A word. Of a `WellKnownName`, one that begins like an address would be fetched.
    Word,
    /// An expression for a geometry.
    Geometry,
}
use Holds::{Geometry, Parts, Text, Value, Word};

/// The elements there are, their attributes and what they hold (SLD 1.0.0 and SE 1.1.0 as one). Programs look for a
/// part by its name alone, in what is deeper as well (QGIS Server) or in the attributes as well, in any letter case
/// (`MapServer`): so each stands only where the schema has it, and no attribute is called as a part.
#[rustfmt::skip]
const ELEMENTS: &[(&str, &str, Holds)] = &[
    ("StyledLayerDescriptor", "version", Parts("Name Title Abstract Description NamedLayer|UserStyle*")),
    ("NamedLayer", "", Parts("Name Description NamedStyle|UserStyle*")),
    ("NamedStyle", "", Parts("Name Description")),
    ("UserStyle", "", Parts("Name Title Abstract Description IsDefault FeatureTypeStyle|CoverageStyle*")),
    ("Description", "", Parts("Title Abstract")),
    ("FeatureTypeStyle", "version", Parts("Name Title Abstract Description FeatureTypeName SemanticTypeIdentifier* Rule*")),
    ("CoverageStyle", "version", Parts("Name Description SemanticTypeIdentifier* Rule*")),
    ("Rule", "", Parts("Name Title Abstract Description Filter|ElseFilter MinScaleDenominator MaxScaleDenominator \
        PointSymbolizer|LineSymbolizer|PolygonSymbolizer|TextSymbolizer|RasterSymbolizer*")),
    ("ElseFilter", "", Parts("")),
    ("PointSymbolizer", "version uom", Parts("Name Description Geometry Graphic")),
    ("LineSymbolizer", "version uom", Parts("Name Description Geometry Stroke PerpendicularOffset")),
    ("PolygonSymbolizer", "version uom", Parts("Name Description Geometry Fill Stroke Displacement PerpendicularOffset")),
    ("TextSymbolizer", "version uom", Parts("Name Description Geometry Label Font LabelPlacement Halo Fill Graphic Priority")),
    ("RasterSymbolizer", "version uom", Parts("Name Description Geometry Opacity ChannelSelection OverlapBehavior \
        ColorMap ContrastEnhancement ShadedRelief")),
    ("Geometry", "", Geometry),
    ("Graphic", "", Parts("Mark* Opacity Size Rotation AnchorPoint Displacement")),
    ("Mark", "", Parts("WellKnownName Fill Stroke")),
    ("Fill", "", Parts("GraphicFill CssParameter|SvgParameter*")),
    ("Stroke", "", Parts("GraphicFill|GraphicStroke CssParameter|SvgParameter*")),
    ("GraphicFill", "", Parts("Graphic")),
    ("GraphicStroke", "", Parts("Graphic InitialGap Gap")),
    ("Displacement", "", Parts("DisplacementX DisplacementY")),
    ("AnchorPoint", "", Parts("AnchorPointX AnchorPointY")),
    ("Font", "", Parts("CssParameter|SvgParameter*")),
    ("LabelPlacement", "", Parts("PointPlacement|LinePlacement")),
    ("PointPlacement", "", Parts("AnchorPoint Displacement Rotation")),
    ("LinePlacement", "", Parts("PerpendicularOffset IsRepeated InitialGap Gap IsAligned GeneralizeLine")),
    ("Halo", "", Parts("Radius Fill")),
    ("ChannelSelection", "", Parts("RedChannel GreenChannel BlueChannel GrayChannel")),
    ("RedChannel", "", Parts("SourceChannelName ContrastEnhancement")),
    ("GreenChannel", "", Parts("SourceChannelName ContrastEnhancement")),
    ("BlueChannel", "", Parts("SourceChannelName ContrastEnhancement")),
    ("GrayChannel", "", Parts("SourceChannelName ContrastEnhancement")),
    ("ColorMap", "type", Parts("ColorMapEntry*")),
    ("ColorMapEntry", "color quantity opacity label", Parts("")),
    ("ContrastEnhancement", "", Parts("Normalize|Histogram GammaValue")),
    ("Normalize", "", Parts("")),
    ("Histogram", "", Parts("")),
    ("ShadedRelief", "", Parts("BrightnessOnly ReliefFactor")),
    ("WellKnownName", "", Word),
    ("Name", "", Text), ("Title", "", Text), ("Abstract", "", Text), ("IsDefault", "", Text),
    ("SemanticTypeIdentifier", "", Text), ("FeatureTypeName", "", Text),
    ("MinScaleDenominator", "", Text), ("MaxScaleDenominator", "", Text),
    ("Opacity", "", Value), ("Size", "", Value), ("Rotation", "", Value),
    ("CssParameter", "name", Value), ("SvgParameter", "name", Value),
    ("PerpendicularOffset", "", Value), ("DisplacementX", "", Value), ("DisplacementY", "", Value),
    ("AnchorPointX", "", Value), ("AnchorPointY", "", Value), ("Gap", "", Value), ("InitialGap", "", Value),
    ("Label", "", Value), ("Radius", "", Value), ("SourceChannelName", "", Value), ("GammaValue", "", Value),
    ("BrightnessOnly", "", Value), ("ReliefFactor", "", Value), ("OverlapBehavior", "", Value),
    ("IsRepeated", "", Value), ("IsAligned", "", Value), ("GeneralizeLine", "", Value), ("Priority", "", Value),
];

/// The value of `SLD_BODY`, written anew, and the layers that it names.
pub(super) fn descriptor(body: &str) -> Result<(Vec<String>, String), OgcError> {
    let refused = |_| refusal("SLD_BODY");
    let document = read(body, "UserStyle").map_err(refused)?;
    let layers = document.root.elements().map_err(refused)?;
    let layers = layers.into_iter().filter(|child| child.local() == "NamedLayer");
    let found: Vec<String> = layers.map(layer).collect::<Result<_, _>>().map_err(refused)?;
    if !readers::agree(&document.root, &found) {
        return Err(refusal("SLD_BODY"));
    }
    let found = names("SLD_BODY", &found.join(","))?;
    Ok((found, document.root.write()))
}

/// The value of QGIS Server's `HIGHLIGHT_SYMBOL`: descriptors without layers, `;` between them.
pub(super) fn symbols(parameter: &str, value: &str) -> Result<String, OgcError> {
    let one = |symbol: &str| {
        let document = read(symbol, "NamedLayer").map_err(|_| refusal(parameter))?;
        Ok(document.root.write())
    };
    let symbols: Result<Vec<String>, OgcError> = value
        .split_inclusive(">;")
        .map(|part| one(part.trim_end_matches(';')))
        .collect();
    Ok(symbols?.join(";"))
}

fn refusal(parameter: &str) -> OgcError {
    let text = "Of styles, only symbols for layers of this server are offered.";
    OgcError::at(OgcCode::OperationNotSupported, parameter, text)
}

/// Reads a descriptor; below its root, this element is none of it.
fn read(body: &str, not_offered: &str) -> Result<Document, XmlError> {
    if body.len() > MAX_DESCRIPTOR {
        return Err(XmlError::TooLarge);
    }
    let document = Document::parse(body)?;
    if document.root.local() != "StyledLayerDescriptor" {
        return Err(XmlError::Unexpected);
    }
    part(&document.root)?;
    let foreign = |child: &&Node| child.local() == not_offered;
    if document.root.elements()?.iter().any(foreign) {
        return Err(XmlError::Unexpected);
    }
    Ok(document)
}

/// The name of a `NamedLayer`: its first part, and its only one of this name.
fn layer(node: &Node) -> Result<String, XmlError> {
    match node.elements()?.first() {
        Some(first) if first.local() == "Name" => {
            let name = first.text()?.trim();
            // It is one name, whatever is in it.
            if name.contains(',') {
                return Err(XmlError::Unexpected);
            }
            Ok(name.to_owned())
        }
        _ => Err(XmlError::Unexpected),
    }
}

/// Checks an element and what is in it.
fn part(node: &Node) -> Result<(), XmlError> {
    if !fes::is_of(node, NAMESPACES) {
        return Err(XmlError::Unexpected);
    }
    if node.local() == "Filter" {
        return fes::check(node, &Scope::default());
    }
    let known = ELEMENTS.iter().find(|(name, _, _)| *name == node.local());
    let (_, names, holds) = known.ok_or(XmlError::Unexpected)?;
    attributes(node, names)?;
    match holds {
        Parts(order) => parts(node, order),
        Text => node.text().map(drop),
        Word if is_name(node.text()?.trim()) => Ok(()),
        Word => Err(XmlError::Unexpected),
        Geometry => node.elements()?.into_iter().try_for_each(expression),
        Value => node.children.iter().try_for_each(|child| match child {
            // GeoServer evaluates `${…}`.
            Child::Text(text) if text.contains("${") => Err(XmlError::Unexpected),
            Child::Text(_) => Ok(()),
            Child::Element(inner) => expression(inner),
        }),
    }
}

fn parts(node: &Node, order: &str) -> Result<(), XmlError> {
    let mut passed = 0;
    for child in node.elements()? {
        let is_child = |group: &&str| {
            group
                .trim_end_matches('*')
                .split('|')
                .any(|name| name == child.local())
        };
        let mut groups = order.split(' ').enumerate().skip(passed);
        let found = groups.find(|(_, group)| is_child(group));
        let (at, group) = found.ok_or(XmlError::Unexpected)?;
        passed = if group.ends_with('*') { at } else { at + 1 };
        part(child)?;
    }
    Ok(())
}

fn expression(node: &Node) -> Result<(), XmlError> {
    fes::expression(node, &Scope::default())
}

fn attributes(node: &Node, names: &str) -> Result<(), XmlError> {
    let known = |attribute: &Attribute| {
        attribute.namespace.is_none()
            && names.split(' ').any(|name| name == attribute.name)
            && !attribute.value.contains("${")
    };
    if node.attributes.iter().all(known) {
        Ok(())
    } else {
        Err(XmlError::Unexpected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn styled(inner: &str) -> String {
        format!(
            "<StyledLayerDescriptor xmlns=\"http://www.opengis.net/sld\" xmlns:ogc=\"http://www.opengis.net/ogc\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" version=\"1.0.0\">{inner}</StyledLayerDescriptor>"
        )
    }

    #[test]
    fn a_descriptor_names_its_layers() {
        let body = styled(
            "<NamedLayer><Name>roads</Name><UserStyle><FeatureTypeStyle><Rule><ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>class</ogc:PropertyName><ogc:Literal>a</ogc:Literal></ogc:PropertyIsEqualTo></ogc:Filter><LineSymbolizer><Stroke><CssParameter name=\"stroke\">#ff0000</CssParameter></Stroke></LineSymbolizer><TextSymbolizer><Label>No <ogc:PropertyName>name</ogc:PropertyName></Label></TextSymbolizer></Rule></FeatureTypeStyle></UserStyle></NamedLayer><NamedLayer><Name> parcels </Name><NamedStyle><Name>x</Name></NamedStyle></NamedLayer>",
        );
        let (names, written) = descriptor(&body).unwrap();
        assert_eq!(names, ["roads", "parcels"]);
        assert_eq!(written, body);
        let symbol =
            "<StyledLayerDescriptor><UserStyle><FeatureTypeStyle/></UserStyle></StyledLayerDescriptor>";
        assert_eq!(
            symbols("HIGHLIGHT_SYMBOL", &format!("{symbol};{symbol}")),
            Ok(format!("{symbol};{symbol}"))
        );
    }

    #[test]
    fn what_brings_or_fetches_something_is_refused() {
        for inner in [
            "",
            "<UserLayer><Name>x</Name></UserLayer>",
            "<NamedLayer><Name>roads</Name></NamedLayer><UserLayer><RemoteOWS><Service>WFS</Service><OnlineResource xlink:href=\"http://x\"/></RemoteOWS></UserLayer>",
            "<UserLayer><InlineFeature/></UserLayer>",
            "<userlayer><Name>x</Name></userlayer>",
            "<NamedLayer/>",
            "<NamedLayer><Name/></NamedLayer>",
            "<NamedLayer><Name>roads</Name><Name>parcels</Name></NamedLayer>",
            "<NamedLayer><Name>roads,parcels</Name></NamedLayer>",
            "<NamedLayer><Name>roads<x/></Name></NamedLayer>",
            "<NamedLayer><Name>roads</Name><UserStyle><FeatureTypeStyle><Rule><PointSymbolizer><Graphic><ExternalGraphic><OnlineResource xlink:href=\"http://169.254.169.254/\"/><Format>image/png</Format></ExternalGraphic></Graphic></PointSymbolizer></Rule></FeatureTypeStyle></UserStyle></NamedLayer>",
            "<NamedLayer><Name>roads</Name><UserStyle><FeatureTypeStyle><Rule><PointSymbolizer><Graphic><Mark><WellKnownName>http://x/y.svg</WellKnownName></Mark></Graphic></PointSymbolizer></Rule></FeatureTypeStyle></UserStyle></NamedLayer>",
            "<NamedLayer><Name>roads</Name><UserStyle><FeatureTypeStyle><Transformation><ogc:Function name=\"querySingle\"/></Transformation></FeatureTypeStyle></UserStyle></NamedLayer>",
            "<NamedLayer><Name>roads</Name><UserStyle><FeatureTypeStyle><Rule><TextSymbolizer><Label><ogc:Function name=\"querySingle\"/></Label></TextSymbolizer></Rule></FeatureTypeStyle></UserStyle></NamedLayer>",
            "<NamedLayer><Name>roads</Name><UserStyle><FeatureTypeStyle><Rule><TextSymbolizer><Label>${querySingle('parcels','owner','1=1')}</Label></TextSymbolizer></Rule></FeatureTypeStyle></UserStyle></NamedLayer>",
            "<NamedLayer><Name>roads</Name><LayerFeatureConstraints><FeatureTypeConstraint><FeatureTypeName>parcels</FeatureTypeName></FeatureTypeConstraint></LayerFeatureConstraints></NamedLayer>",
            "<NamedLayer name=\"parcels\"><Name>roads</Name><NamedStyle><Name>x</Name></NamedStyle></NamedLayer>",
            "<NamedLayer NAME=\"parcels\"><Name>roads</Name></NamedLayer>",
            "<NamedLayer xmlns:Name=\"parcels\"><Name>roads</Name></NamedLayer>",
            "<NamedLayer><UserStyle><Name>parcels</Name><FeatureTypeStyle/></UserStyle><Name>roads</Name></NamedLayer>",
            "<NamedLayer><Description><Title>x</Title></Description><Name>roads</Name></NamedLayer>",
            "<NamedLayer><Name>roads</Name><NamedLayer><Name>parcels</Name></NamedLayer></NamedLayer>",
            "<NamedLayer><Name>roads</Name><UserStyle><NamedLayer><Name>parcels</Name></NamedLayer></UserStyle></NamedLayer>",
            "<NamedLayer><Name>roads</Name><UserStyle><FeatureTypeStyle><Rule><NamedLayer><Name>parcels</Name></NamedLayer></Rule></FeatureTypeStyle></UserStyle></NamedLayer>",
            "<NamedLayer><Name>roads</Name><UserStyle/><Name>parcels</Name></NamedLayer>",
            "<NamedLayer><Name>roads</Name><name>parcels</name></NamedLayer>",
            "<NamedLayer><NAME>parcels</NAME><Name>roads</Name></NamedLayer>",
            "<Rule><NamedLayer><Name>parcels</Name></NamedLayer></Rule><NamedLayer><Name>roads</Name></NamedLayer>",
            "<NamedLayer><Name>roads</Name></NamedLayer><UserStyle><FeatureTypeStyle/></UserStyle>",
            "<NamedLayer><Name>roads</Name><UserStyle><FeatureTypeStyle><Rule><TextSymbolizer label=\"x\"/></Rule></FeatureTypeStyle></UserStyle></NamedLayer>",
            "<NamedLayer><Name>roads</Name><UserStyle><FeatureTypeStyle name=\"x\"/></UserStyle></NamedLayer>",
            "<UseSLDLibrary><OnlineResource xlink:href=\"http://x\"/></UseSLDLibrary><NamedLayer><Name>roads</Name></NamedLayer>",
        ] {
            assert!(descriptor(&styled(inner)).is_err(), "{inner}");
        }
        for body in [
            "",
            "x",
            "<NamedLayer><Name>roads</Name></NamedLayer>",
            "<!DOCTYPE StyledLayerDescriptor><StyledLayerDescriptor/>",
        ] {
            assert!(descriptor(body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_symbol_names_no_layer() {
        let symbol = styled("<NamedLayer><Name>parcels</Name></NamedLayer>");
        assert!(symbols("HIGHLIGHT_SYMBOL", &symbol).is_err());
    }

    #[test]
    fn the_table_knows_each_part_and_no_attribute_is_called_as_one() {
        for (element, attributes, holds) in ELEMENTS {
            let Parts(order) = holds else { continue };
            let words = order.split([' ', '|']).map(|word| word.trim_end_matches('*'));
            for part in words.filter(|word| !word.is_empty()) {
                let known = ELEMENTS.iter().any(|(name, _, _)| *name == part);
                assert!(known || part == "Filter", "{part} in {element}");
                let attribute = attributes
                    .split(' ')
                    .find(|attribute| attribute.eq_ignore_ascii_case(part));
                assert_eq!(attribute, None, "{part} of {element}");
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_but_known_elements_is_written(
            inner in "<NamedLayer><Name>[a-z]{1,3}</Name>(<(Rule|Mark|UserLayer|ExternalGraphic|UserStyle)/?>|</(Rule|Mark|UserStyle)>){0,5}</NamedLayer>"
        ) {
            if let Ok((_, written)) = descriptor(&styled(&inner)) {
                prop_assert!(!written.contains("UserLayer") && !written.contains("External"));
            }
        }
    }
}
