//! Requests of the Web Map Service: 1.0.0 (OGC 00-028), 1.1.0 (01-047r2), 1.1.1 (01-068r3), 1.3.0 (06-042); with
//! styled layer descriptors and their operations (02-070, 05-078r4), and with what QGIS Server adds.
//!
//! What 1.0.0 and 1.1.0 ask of a map is the same as in 1.1.1, in other words, so a server is asked in those of 1.1.1,
//! which all understand. Only capabilities are asked for as they are, of `MapServer`, which has them.

use super::exception::{OgcCode, OgcError};
use super::params::Params;
use super::request::{Asked, Carrier, LayerList, ListForm, keep, names, operation};
use super::{Access, Operation, ServerType, Service, qgis, sld};

const OFFERED: &[Operation] = &[
    Operation::GetCapabilities,
    Operation::GetMap,
    Operation::GetFeatureInfo,
    Operation::GetLegendGraphic,
    Operation::DescribeLayer,
    Operation::GetStyles,
];
/// How 1.0.0 spells them.
const OLD: &[(&str, Operation)] = &[
    ("capabilities", Operation::GetCapabilities),
    ("map", Operation::GetMap),
    ("feature_info", Operation::GetFeatureInfo),
];
/// How 1.0.0 spells image formats.
const OLD_FORMATS: &[(&str, &str)] = &[
    ("GIF", "image/gif"),
    ("JPEG", "image/jpeg"),
    ("PNG", "image/png"),
    ("TIFF", "image/tiff"),
    ("GeoTIFF", "image/tiff"),
];

/// The standards' parameters of a map, and those that desktop and web clients add.
const MAP: &[&str] = &[
    "CRS",
    "SRS",
    "BBOX",
    "WIDTH",
    "HEIGHT",
    "FORMAT",
    "TRANSPARENT",
    "BGCOLOR",
    "TIME",
    "ELEVATION",
    "DPI",
    "MAP_RESOLUTION",
    "FORMAT_OPTIONS",
    "ANGLE",
    "TILED",
    "RATIO",
    "LANGUAGE",
];
const FEATURE_INFO: &[&str] = &[
    "INFO_FORMAT",
    "FEATURE_COUNT",
    "I",
    "J",
    "X",
    "Y",
    "RADIUS",
    "BUFFER",
    "FI_POINT_TOLERANCE",
    "FI_LINE_TOLERANCE",
    "FI_POLYGON_TOLERANCE",
    "WITH_GEOMETRY",
    "WITH_MAPTIP",
];
const LEGEND: &[&str] = &[
    "STYLE",
    "FORMAT",
    "WIDTH",
    "HEIGHT",
    "SCALE",
    "RULE",
    "SLD_VERSION",
    "TRANSPARENT",
    "LANGUAGE",
    "DPI",
    "MAP_RESOLUTION",
    "FORMAT_OPTIONS",
    "LEGEND_OPTIONS",
    "BBOX",
    "CRS",
    "SRS",
    "SRCWIDTH",
    "SRCHEIGHT",
    "LAYERTITLE",
    "RULELABEL",
    "SHOWRULEDETAILS",
    "SYMBOLWIDTH",
    "SYMBOLHEIGHT",
    "ICONLABELSPACE",
];

const DESCRIBE: &[&str] = &["SLD_VERSION", "SLDVER", "OUTPUT_FORMAT", "FORMAT", "LANGUAGE"];

/// Whether the request is one of 1.0.0, which names no service.
pub(super) fn is_old(params: &Params) -> Result<bool, OgcError> {
    let request = params.filled("REQUEST")?.unwrap_or_default();
    Ok(params.filled("WMTVER")?.is_some() || old_operation(request).is_some())
}

fn old_operation(request: &str) -> Option<Operation> {
    let spelt = |(old, _): &&(&str, Operation)| old.eq_ignore_ascii_case(request);
    OLD.iter().find(spelt).map(|(_, operation)| *operation)
}

/// Understands a WMS request; see [`Asked::parse`].
pub(super) fn parse(server: ServerType, params: &Params, request: &str) -> Result<Asked, OgcError> {
    let old = old_operation(request);
    let operation = match (old, server) {
        (Some(operation), _) => operation,
        (None, ServerType::QgisServer) => operation(request, &[OFFERED, qgis::OFFERED].concat())?,
        (None, _) => operation(request, OFFERED)?,
    };
    refuse(server, params)?;
    let version = version(server, params, operation, old.is_some())?;
    let (mut layers, mut rest) = match operation {
        Operation::GetMap => (drawn(params)?, map(params, &[])?),
        Operation::GetFeatureInfo => {
            let mut layers = drawn(params)?;
            layers.push(queried(params, "QUERY_LAYERS")?);
            (layers, map(params, FEATURE_INFO)?)
        }
        Operation::GetLegendGraphic => {
            let kept = |name: &str| LEGEND.contains(&name) || name.starts_with("DIM_");
            (vec![legend(params)?], keep(params, kept)?)
        }
        Operation::DescribeLayer => (
            vec![queried(params, "LAYERS")?],
            keep(params, |name| DESCRIBE.contains(&name))?,
        ),
        Operation::GetStyles | Operation::GetStyle => {
            let parameter = match (server, params.filled("LAYERS")?) {
                (ServerType::QgisServer, None) => "LAYER",
                _ => "LAYERS",
            };
            let kept = |name: &str| DESCRIBE.contains(&name) || name == "STYLE";
            (vec![queried(params, parameter)?], keep(params, kept)?)
        }
        Operation::GetPrint => (qgis::printed(params)?, qgis::print_options(params)?),
        _ => (Vec::new(), keep(params, |name| name == "LANGUAGE")?),
    };
    if let Some(body) = params.filled("SLD_BODY")? {
        layers.push(descriptor(operation, body)?);
    }
    if matches!(operation, Operation::GetMap | Operation::GetFeatureInfo) && layers.is_empty() {
        params.required("LAYERS")?;
    }
    if server == ServerType::QgisServer {
        qgis::add(operation, params, &mut layers, &mut rest)?;
    }
    if old.is_some() {
        rest = in_new_words(&rest)?;
    }
    // Exceptions drawn into an image would carry the backend's text past the reduction to a code.
    let blank = params
        .one("EXCEPTIONS")?
        .filter(|form| form.to_ascii_uppercase().ends_with("BLANK"));
    rest.extend(blank.map(|form| ("EXCEPTIONS", form)));
    Ok(Asked {
        server,
        service: Service::Wms,
        version,
        operation,
        access: Access::Read,
        layers,
        rest,
        carrier: Carrier::Query,
        namespaces: Vec::new(),
    })
}

/// Refuses what programs add to WMS that reaches other layers, or that only another program reads.
fn refuse(server: ServerType, params: &Params) -> Result<(), OgcError> {
    let filter = (server != ServerType::QgisServer).then_some("FILTER");
    let others = ["FEATUREID", "RESOURCEID", "STOREDQUERY_ID", "ALIASES"];
    for name in filter.into_iter().chain(others) {
        if params.filled(name)?.is_some() {
            return Err(OgcError::not_offered(name));
        }
    }
    Ok(())
}

fn map(params: &Params, more: &[&str]) -> Result<Params, OgcError> {
    keep(params, |name| {
        MAP.contains(&name) || more.contains(&name) || name.starts_with("DIM_")
    })
}

/// Formats as 1.1.1 spells them.
fn in_new_words(rest: &Params) -> Result<Params, OgcError> {
    let mut new = Params::default();
    for (name, value) in rest.iter() {
        let value = match name {
            "FORMAT" if !value.contains('/') => {
                let known = OLD_FORMATS
                    .iter()
                    .find(|(old, _)| old.eq_ignore_ascii_case(value));
                let (_, spelt) = known.ok_or_else(|| {
                    OgcError::at(OgcCode::InvalidFormat, "FORMAT", "The format is not offered.")
                })?;
                spelt
            }
            "INFO_FORMAT" if value == "MIME" => "text/plain",
            "INFO_FORMAT" if value.starts_with("GML") => "application/vnd.ogc.gml",
            _ => value,
        };
        new.push(name, value);
    }
    Ok(new)
}

/// `SLD_BODY`, and the layers in it.
fn descriptor(operation: Operation, body: &str) -> Result<LayerList, OgcError> {
    let styled = [
        Operation::GetMap,
        Operation::GetFeatureInfo,
        Operation::GetLegendGraphic,
    ];
    if !styled.contains(&operation) {
        return Err(OgcError::not_offered("SLD_BODY"));
    }
    let (names, value) = sld::descriptor(body)?;
    Ok(LayerList {
        parameter: "SLD_BODY",
        names,
        form: ListForm::Within { value },
    })
}

/// The version in which the server is asked. It is negotiated for `GetCapabilities` (OGC 06-042, 6.2.4): the nearest
/// below, 1.3.0 where none is asked for. Other operations need one that we have, but for a legend's link, which may
/// lack it, and for those that only 1.0.0 has.
fn version(
    server: ServerType,
    params: &Params,
    operation: Operation,
    old: bool,
) -> Result<&'static str, OgcError> {
    let asked = match params.filled("WMTVER")? {
        Some(version) => Some(version),
        None => params.filled("VERSION")?,
    };
    let failed = || {
        let text = "Of WMS, the versions 1.0.0, 1.1.0, 1.1.1 and 1.3.0 are offered.";
        OgcError::at(OgcCode::VersionNegotiationFailed, "VERSION", text)
    };
    if matches!(
        operation,
        Operation::GetCapabilities | Operation::GetProjectSettings
    ) {
        let Some(asked) = asked.or(old.then_some("1.0.0")) else {
            return Ok("1.3.0");
        };
        let numbers: Option<Vec<u8>> = asked.split('.').map(|part| part.parse().ok()).collect();
        let numbers = numbers.filter(|numbers| numbers.len() == 3);
        return match numbers.ok_or_else(|| OgcError::invalid("VERSION"))?.as_slice() {
            numbers if *numbers >= [1, 3, 0][..] => Ok("1.3.0"),
            numbers if server != ServerType::MapServer || *numbers >= [1, 1, 1][..] => Ok("1.1.1"),
            numbers if *numbers >= [1, 1, 0][..] => Ok("1.1.0"),
            _ => Ok("1.0.0"),
        };
    }
    match asked {
        Some("1.0.0") => Ok("1.1.1"),
        None if old || operation == Operation::GetLegendGraphic => Ok("1.1.1"),
        Some("1.1.1" | "1.1.0") if !old => Ok("1.1.1"),
        Some("1.3.0") if !old => Ok("1.3.0"),
        Some(_) => Err(failed()),
        None => params.required("VERSION").map(|_| "1.3.0"),
    }
}

/// One list of layers, groups among them.
fn queried(params: &Params, parameter: &'static str) -> Result<LayerList, OgcError> {
    Ok(LayerList {
        parameter,
        names: names(parameter, params.required(parameter)?)?,
        form: ListForm::Queried,
    })
}

/// `LAYERS` and `STYLES`; none where a style names the layers, or only the queried ones are named.
fn drawn(params: &Params) -> Result<Vec<LayerList>, OgcError> {
    let Some(layers) = params.filled("LAYERS")? else {
        return Ok(Vec::new());
    };
    let names = names("LAYERS", layers)?;
    let form = ListForm::Drawn {
        styles: styles("STYLES", params.one("STYLES")?, names.len())?,
    };
    Ok(vec![LayerList {
        parameter: "LAYERS",
        names,
        form,
    }])
}

/// `STYLES`, one for each layer (OGC 06-042, 7.3.3.4).
pub(super) fn styles(
    parameter: &str,
    value: Option<&str>,
    layers: usize,
) -> Result<Option<Vec<String>>, OgcError> {
    match value {
        None => Ok(None),
        Some(value) if value.chars().all(|c| c == ',') => Ok(Some(Vec::new())),
        Some(value) => {
            let styles: Vec<String> = value.split(',').map(str::to_owned).collect();
            if styles.len() != layers || value.contains(char::is_control) {
                let text = "STYLES has not as many values as LAYERS.";
                return Err(OgcError::at(OgcCode::InvalidParameterValue, parameter, text));
            }
            Ok(Some(styles))
        }
    }
}

/// `LAYER`, or `LAYERS` as QGIS Server spells it; one name.
fn legend(params: &Params) -> Result<LayerList, OgcError> {
    let (parameter, value) = match (params.filled("LAYER")?, params.filled("LAYERS")?) {
        (Some(layer), None) => ("LAYER", layer),
        (None, Some(layers)) => ("LAYERS", layers),
        (Some(layer), Some(layers)) if layer == layers => ("LAYER", layer),
        (Some(_), Some(_)) => return Err(OgcError::invalid("LAYERS")),
        (None, None) => ("LAYER", params.required("LAYER")?),
    };
    let layer = names(parameter, value)?;
    if layer.len() != 1 {
        return Err(OgcError::invalid(parameter));
    }
    Ok(LayerList {
        parameter,
        names: layer,
        form: ListForm::Legend,
    })
}
