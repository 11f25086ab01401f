//! Styled layer descriptors (OGC 02-070, 05-078r4) sent along as `SLD_BODY`: whose layers they style.
//!
//! A descriptor is made of known elements or it is refused. So it brings no layers of its own (`UserLayer`), fetches
//! nothing (`ExternalGraphic`, `OnlineResource`), transforms nothing and calls no function.

use super::document::{Attribute, Child, Document, Node, is_name};
use super::exception::{OgcCode, OgcError};
use super::fes::{self, Scope};
use super::request::names;
use super::xml::XmlError;

/// More than any descriptor.
const MAX_DESCRIPTOR: usize = 512 * 1024;

const NAMESPACES: &[&str] = &[
    "http://www.opengis.net/sld",
    "http://www.opengis.net/se",
    "http://www.opengis.net/ogc",
];

/// Elements that hold others.
#[rustfmt::skip]
const PARTS: &[&str] = &[
    "NamedLayer", "NamedStyle", "UserStyle", "Description", "FeatureTypeStyle", "CoverageStyle", "Rule", "ElseFilter",
    "PointSymbolizer", "LineSymbolizer", "PolygonSymbolizer", "TextSymbolizer", "RasterSymbolizer",
    "Geometry", "Graphic", "Mark", "Fill", "Stroke", "GraphicFill", "GraphicStroke", "Displacement", "AnchorPoint",
    "Font", "LabelPlacement", "PointPlacement", "LinePlacement", "Halo",
    "ChannelSelection", "RedChannel", "GreenChannel", "BlueChannel", "GrayChannel", "ColorMap", "ContrastEnhancement",
    "Normalize", "Histogram", "ShadedRelief",
];
/// Elements that hold a text, or an expression.
#[rustfmt::skip]
const VALUES: &[&str] = &[
    "Name", "Title", "Abstract", "IsDefault", "SemanticTypeIdentifier", "FeatureTypeName",
    "MinScaleDenominator", "MaxScaleDenominator", "WellKnownName", "Opacity", "Size", "Rotation",
    "CssParameter", "SvgParameter", "PerpendicularOffset", "DisplacementX", "DisplacementY", "AnchorPointX",
    "AnchorPointY", "Gap", "InitialGap", "Label", "Radius", "SourceChannelName", "ColorMapEntry", "GammaValue",
    "BrightnessOnly", "ReliefFactor", "OverlapBehavior", "IsRepeated", "IsAligned", "GeneralizeLine", "Priority",
];
const ATTRIBUTES: &[&str] = &[
    "version", "name", "uom", "color", "quantity", "opacity", "label", "type",
];

/// The value of `SLD_BODY`, written anew, and the layers that it names.
pub(super) fn descriptor(body: &str) -> Result<(Vec<String>, String), OgcError> {
    let refused = |_| refusal("SLD_BODY");
    let document = read(body).map_err(refused)?;
    let mut found = Vec::new();
    for child in document.root.elements().map_err(refused)? {
        if child.local() == "NamedLayer" {
            found.push(layer(child).map_err(refused)?);
        }
    }
    let found = names("SLD_BODY", &found.join(","))?;
    Ok((found, document.root.write()))
}

/// The value of QGIS Server's `HIGHLIGHT_SYMBOL`: descriptors without layers, `;` between them.
pub(super) fn symbols(parameter: &str, value: &str) -> Result<String, OgcError> {
    let one = |symbol: &str| {
        let document = read(symbol).map_err(|_| refusal(parameter))?;
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

fn read(body: &str) -> Result<Document, XmlError> {
    if body.len() > MAX_DESCRIPTOR {
        return Err(XmlError::TooLarge);
    }
    let document = Document::parse(body)?;
    if document.root.local() != "StyledLayerDescriptor" {
        return Err(XmlError::Unexpected);
    }
    attributes(&document.root)?;
    document.root.elements()?.into_iter().try_for_each(part)?;
    Ok(document)
}

/// The name of a `NamedLayer`: one.
fn layer(node: &Node) -> Result<String, XmlError> {
    let mut named = node
        .elements()?
        .into_iter()
        .filter(|child| child.local() == "Name");
    match (named.next(), named.next()) {
        (Some(name), None) => {
            let name = name.text()?.trim();
            // It is one name, whatever is in it.
            if name.contains(',') {
                return Err(XmlError::Unexpected);
            }
            Ok(name.to_owned())
        }
        _ => Err(XmlError::Unexpected),
    }
}

fn part(node: &Node) -> Result<(), XmlError> {
    if !fes::is_of(node, NAMESPACES) {
        return Err(XmlError::Unexpected);
    }
    let scope = Scope {
        types: &[],
        aliases: &[],
    };
    match node.local() {
        "Filter" => fes::check(node, scope),
        // A name that begins like an address would be fetched.
        "WellKnownName" => {
            attributes(node)?;
            if is_name(node.text()?.trim()) {
                Ok(())
            } else {
                Err(XmlError::Unexpected)
            }
        }
        value if VALUES.contains(&value) => {
            attributes(node)?;
            for child in &node.children {
                match child {
                    // GeoServer evaluates `${…}`.
                    Child::Text(text) if text.contains("${") => return Err(XmlError::Unexpected),
                    Child::Text(_) => {}
                    Child::Element(inner) => fes::expression(inner, scope)?,
                }
            }
            Ok(())
        }
        holder if PARTS.contains(&holder) => {
            attributes(node)?;
            if holder == "Geometry" {
                return node
                    .elements()?
                    .into_iter()
                    .try_for_each(|inner| fes::expression(inner, scope));
            }
            node.elements()?.into_iter().try_for_each(part)
        }
        _ => Err(XmlError::Unexpected),
    }
}

fn attributes(node: &Node) -> Result<(), XmlError> {
    let known = |attribute: &Attribute| {
        attribute.namespace.is_none() && ATTRIBUTES.contains(&attribute.name.as_str())
    };
    if node.attributes.iter().all(known)
        && !node
            .attributes
            .iter()
            .any(|attribute| attribute.value.contains("${"))
    {
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
