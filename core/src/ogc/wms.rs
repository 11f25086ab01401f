//! Requests of the Web Map Service, 1.1.1 (OGC 01-068r3) and 1.3.0 (OGC 06-042), with `GetLegendGraphic` (OGC
//! 05-078r4, 12).

use super::exception::{OgcCode, OgcError};
use super::params::Params;
use super::request::{Asked, LayerList, ListForm, keep, names, operation};
use super::{Access, Operation, ServerType, Service};

const OFFERED: &[Operation] = &[
    Operation::GetCapabilities,
    Operation::GetMap,
    Operation::GetFeatureInfo,
    Operation::GetLegendGraphic,
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

/// Understands a WMS request; see [`Asked::parse`].
pub(super) fn parse(server: ServerType, params: &Params, request: &str) -> Result<Asked, OgcError> {
    let operation = operation(request, OFFERED)?;
    if params.filled("FILTER")?.is_some() {
        let text = "The parameter FILTER is not offered.";
        return Err(OgcError::at(OgcCode::OperationNotSupported, "FILTER", text));
    }
    let version = version(params, operation)?;
    let dimension = |name: &str| name.starts_with("DIM_");
    let (layers, mut rest) = match operation {
        Operation::GetMap => (
            vec![drawn(params)?],
            keep(params, |name| MAP.contains(&name) || dimension(name))?,
        ),
        Operation::GetFeatureInfo => {
            let mut layers = Vec::new();
            if params.filled("LAYERS")?.is_some() {
                layers.push(drawn(params)?);
            }
            let queried = names("QUERY_LAYERS", params.required("QUERY_LAYERS")?)?;
            layers.push(LayerList {
                parameter: "QUERY_LAYERS",
                names: queried,
                form: ListForm::Queried,
            });
            let kept = |name: &str| MAP.contains(&name) || FEATURE_INFO.contains(&name) || dimension(name);
            (layers, keep(params, kept)?)
        }
        Operation::GetLegendGraphic => (
            vec![legend(params)?],
            keep(params, |name| LEGEND.contains(&name) || dimension(name))?,
        ),
        _ => (Vec::new(), keep(params, |name| name == "LANGUAGE")?),
    };
    // Exceptions drawn into an image would carry the backend's text past the reduction to a code.
    let blank = params
        .one("EXCEPTIONS")?
        .filter(|form| form.to_ascii_uppercase().ends_with("BLANK"));
    rest.extend(blank.map(|form| ("EXCEPTIONS".to_owned(), form.to_owned())));
    Ok(Asked {
        server,
        service: Service::Wms,
        version,
        operation,
        access: Access::Read,
        layers,
        rest,
    })
}

/// The version, as negotiated for `GetCapabilities` (OGC 06-042, 6.2.4): the nearest that we have, 1.3.0 where none is
/// asked for. Other operations need one that we have, but for a legend's link, which may lack it.
fn version(params: &Params, operation: Operation) -> Result<&'static str, OgcError> {
    let asked = params.filled("VERSION")?;
    match (operation, asked) {
        (_, Some("1.3.0")) | (Operation::GetCapabilities, None) => Ok("1.3.0"),
        (_, Some("1.1.1")) | (Operation::GetLegendGraphic, None) => Ok("1.1.1"),
        (Operation::GetCapabilities, Some(version)) => {
            let numbers: Option<Vec<u8>> = version.split('.').map(|part| part.parse().ok()).collect();
            match numbers {
                Some(numbers) if numbers.len() == 3 && numbers > vec![1, 3, 0] => Ok("1.3.0"),
                Some(numbers) if numbers.len() == 3 => Ok("1.1.1"),
                _ => Err(OgcError::invalid("VERSION")),
            }
        }
        (_, Some(_)) => Err(OgcError::at(
            OgcCode::VersionNegotiationFailed,
            "VERSION",
            "Of WMS, the versions 1.1.1 and 1.3.0 are offered.",
        )),
        (_, None) => params.required("VERSION").map(|_| "1.3.0"),
    }
}

/// `LAYERS` and `STYLES` (OGC 06-042, 7.3.3.3 and 7.3.3.4).
fn drawn(params: &Params) -> Result<LayerList, OgcError> {
    let layers = names("LAYERS", params.required("LAYERS")?)?;
    let styles = match params.one("STYLES")? {
        None => None,
        Some(value) if value.chars().all(|c| c == ',') => Some(Vec::new()),
        Some(value) => {
            let styles: Vec<String> = value.split(',').map(str::to_owned).collect();
            if styles.len() != layers.len() || value.contains(char::is_control) {
                let text = "STYLES has not as many values as LAYERS.";
                return Err(OgcError::at(OgcCode::InvalidParameterValue, "STYLES", text));
            }
            Some(styles)
        }
    };
    Ok(LayerList {
        parameter: "LAYERS",
        names: layers,
        form: ListForm::Drawn { styles },
    })
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
