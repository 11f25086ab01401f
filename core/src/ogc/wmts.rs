//! Requests of the Web Map Tile Service, 1.0.0 (OGC 07-057r7), by key-value pairs.

use super::exception::{OgcCode, OgcError};
use super::params::Params;
use super::request::{Asked, Carrier, LayerList, ListForm, keep, names, operation};
use super::{Access, Operation, ServerType, Service};

const OFFERED: &[Operation] = &[
    Operation::GetCapabilities,
    Operation::GetTile,
    Operation::GetFeatureInfo,
];
const VERSION: &str = "1.0.0";

/// The standard's parameters of a tile (tables 22 and 25), and the dimensions that have a name of their own.
const TILE: &[&str] = &[
    "STYLE",
    "FORMAT",
    "TILEMATRIXSET",
    "TILEMATRIX",
    "TILEROW",
    "TILECOL",
    "TIME",
    "ELEVATION",
];
const FEATURE_INFO: &[&str] = &["INFOFORMAT", "I", "J"];
/// What a tile cannot be told without.
const REQUIRED: &[&str] = &["TILEMATRIXSET", "TILEMATRIX", "TILEROW", "TILECOL"];

/// Understands a WMTS request; see [`Asked::parse`]. Of other dimensions than time and elevation, those are known
/// whose name begins with `DIM_`, as in WMS.
pub(super) fn parse(server: ServerType, params: &Params, request: &str) -> Result<Asked, OgcError> {
    let operation = operation(request, OFFERED)?;
    for name in ["FILTER", "SLD_BODY", "SELECTION"] {
        if params.filled(name)?.is_some() {
            return Err(OgcError::not_offered(name));
        }
    }
    version(params, operation)?;
    let (layers, rest) = if operation == Operation::GetCapabilities {
        let kept = |name: &str| matches!(name, "SECTIONS" | "LANGUAGE");
        (Vec::new(), keep(params, kept)?)
    } else {
        for name in REQUIRED {
            params.required(name)?;
        }
        for name in ["TILEROW", "TILECOL", "I", "J"] {
            let digits = |value: &str| value.len() < 12 && value.bytes().all(|byte| byte.is_ascii_digit());
            if params.filled(name)?.is_some_and(|value| !digits(value)) {
                return Err(OgcError::invalid(name));
            }
        }
        let of_point = operation == Operation::GetFeatureInfo;
        let kept = |name: &str| {
            TILE.contains(&name) || name.starts_with("DIM_") || of_point && FEATURE_INFO.contains(&name)
        };
        (vec![layer(params)?], keep(params, kept)?)
    };
    Ok(Asked {
        server,
        service: Service::Wmts,
        version: VERSION,
        operation,
        access: Access::Read,
        layers,
        rest,
        carrier: Carrier::Query,
        namespaces: Vec::new(),
    })
}

/// There is one version; `GetCapabilities` may name it, or others beside it.
fn version(params: &Params, operation: Operation) -> Result<(), OgcError> {
    let version = params.filled("VERSION")?;
    let accepted = params.filled("ACCEPTVERSIONS")?;
    let offered = match (operation, accepted) {
        (Operation::GetCapabilities, Some(list)) => list.split(',').any(|asked| asked.trim() == VERSION),
        _ => version.is_none_or(|asked| asked == VERSION),
    };
    if !offered {
        let text = "Of WMTS, the version 1.0.0 is offered.";
        return Err(OgcError::at(OgcCode::VersionNegotiationFailed, "VERSION", text));
    }
    if operation != Operation::GetCapabilities {
        params.required("VERSION")?;
    }
    Ok(())
}

/// `LAYER`: exactly one.
fn layer(params: &Params) -> Result<LayerList, OgcError> {
    let names = names("LAYER", params.required("LAYER")?)?;
    if names.len() != 1 {
        return Err(OgcError::invalid("LAYER"));
    }
    Ok(LayerList {
        parameter: "LAYER",
        names,
        form: ListForm::Tiled,
    })
}
