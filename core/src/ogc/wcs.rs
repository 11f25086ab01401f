//! Requests of the Web Coverage Service, 1.0.0 (OGC 03-065r6), 1.1 (OGC 07-067r5) and 2.0 (OGC 09-110r4 with its
//! key-value pairs, OGC 09-147r3, and the extensions for scaling, interpolation, CRS and ranges), by GET.

use super::exception::OgcError;
use super::params::Params;
use super::request::{Asked, Carrier, LayerList, ListForm, keep, names, operation, version};
use super::{Access, Operation, ServerType, Service};
use std::borrow::Cow;

const OFFERED: &[Operation] = &[
    Operation::GetCapabilities,
    Operation::DescribeCoverage,
    Operation::GetCoverage,
];
/// The newest first.
const VERSIONS: &[&str] = &["2.0.1", "2.0.0", "1.1.2", "1.1.1", "1.1.0", "1.0.0"];
/// More axes than any coverage has.
const MAX_SUBSETS: usize = 8;

const COVERAGE_1_0: &[&str] = &[
    "CRS",
    "RESPONSE_CRS",
    "BBOX",
    "TIME",
    "WIDTH",
    "HEIGHT",
    "DEPTH",
    "RESX",
    "RESY",
    "RESZ",
    "INTERPOLATION",
    "FORMAT",
    "BANDS",
    "ELEVATION",
];
const COVERAGE_1_1: &[&str] = &[
    "BOUNDINGBOX",
    "TIMESEQUENCE",
    "RANGESUBSET",
    "FORMAT",
    "GRIDBASECRS",
    "GRIDTYPE",
    "GRIDCS",
    "GRIDORIGIN",
    "GRIDOFFSETS",
];
const COVERAGE_2_0: &[&str] = &[
    "FORMAT",
    "MEDIATYPE",
    "SUBSETTINGCRS",
    "OUTPUTCRS",
    "RANGESUBSET",
    "INTERPOLATION",
    "SCALEFACTOR",
    "SCALEAXES",
    "SCALESIZE",
    "SCALEEXTENT",
    "SIZE",
    "RESOLUTION",
    // GeoServer's options of a GeoTIFF.
    "GEOTIFF:COMPRESSION",
    "GEOTIFF:JPEG_QUALITY",
    "GEOTIFF:PREDICTOR",
    "GEOTIFF:INTERLEAVE",
    "GEOTIFF:TILING",
    "GEOTIFF:TILEWIDTH",
    "GEOTIFF:TILEHEIGHT",
];

/// Understands a WCS request; see [`Asked::parse`]. `STORE`, with which a server would leave the coverage at a URL of
/// its own, is refused unless it is `false`.
pub(super) fn parse(server: ServerType, params: &Params, request: &str) -> Result<Asked, OgcError> {
    let operation = operation(request, OFFERED)?;
    if params.filled("FILTER")?.is_some() {
        return Err(OgcError::not_offered("FILTER"));
    }
    if params
        .filled("STORE")?
        .is_some_and(|store| !store.eq_ignore_ascii_case("false"))
    {
        return Err(OgcError::not_offered("STORE"));
    }
    let version = version(
        params,
        operation,
        VERSIONS,
        "Of WCS, the versions 1.0.0, 1.1 and 2.0 are offered.",
    )?;
    let (layers, rest) = match operation {
        Operation::GetCapabilities => {
            let kept = |name: &str| matches!(name, "SECTIONS" | "LANGUAGE");
            (Vec::new(), keep(params, kept)?)
        }
        Operation::DescribeCoverage => (vec![described(server, version, params)?], Params::default()),
        _ => (vec![got(server, version, params)?], options(version, params)?),
    };
    Ok(Asked {
        server,
        service: Service::Wcs,
        version,
        operation,
        access: Access::Read,
        layers,
        rest,
        carrier: Carrier::Query,
        namespaces: Vec::new(),
    })
}

/// The coverages of `DescribeCoverage`, each version by its own parameter; none is every coverage.
fn described(server: ServerType, version: &str, params: &Params) -> Result<LayerList, OgcError> {
    let parameter = match version {
        "1.0.0" => "COVERAGE",
        "1.1.0" | "1.1.1" | "1.1.2" => "IDENTIFIERS",
        _ => "COVERAGEID",
    };
    Ok(match params.filled(parameter)? {
        Some(value) => LayerList {
            parameter,
            names: coverages(server, version, parameter, value)?,
            form: ListForm::Coverages,
        },
        None => LayerList {
            parameter,
            names: Vec::new(),
            form: ListForm::EveryType,
        },
    })
}

/// The coverage of `GetCoverage`: exactly one.
fn got(server: ServerType, version: &str, params: &Params) -> Result<LayerList, OgcError> {
    let parameter = match version {
        "1.0.0" => "COVERAGE",
        "1.1.0" | "1.1.1" | "1.1.2" => "IDENTIFIER",
        _ => "COVERAGEID",
    };
    let names = coverages(server, version, parameter, params.required(parameter)?)?;
    if names.len() != 1 {
        return Err(OgcError::invalid(parameter));
    }
    Ok(LayerList {
        parameter,
        names,
        form: ListForm::Coverages,
    })
}

/// The other parameters of `GetCoverage`. In 2.0 each axis may have its own `SUBSET`.
fn options(version: &str, params: &Params) -> Result<Params, OgcError> {
    let kept = match version {
        "1.0.0" => COVERAGE_1_0,
        "1.1.0" | "1.1.1" | "1.1.2" => COVERAGE_1_1,
        _ => COVERAGE_2_0,
    };
    let mut rest = keep(params, |name| kept.contains(&name))?;
    if version.starts_with("2.0") {
        let subsets: Vec<&str> = params
            .iter()
            .filter(|(name, value)| *name == "SUBSET" && !value.is_empty())
            .map(|(_, value)| value)
            .collect();
        let axis = |subset: &&str| subset.split(['(', ',']).next().map(str::to_owned);
        let distinct: std::collections::BTreeSet<_> = subsets.iter().map(axis).collect();
        let proper = |subset: &&str| subset.ends_with(')') && !subset.contains(char::is_control);
        if subsets.len() > MAX_SUBSETS || distinct.len() != subsets.len() || !subsets.iter().all(proper) {
            return Err(OgcError::invalid("SUBSET"));
        }
        rest.extend(subsets.into_iter().map(|subset| ("SUBSET", subset)));
    }
    Ok(rest)
}

/// A list of coverages, as the rules know them.
fn coverages(
    server: ServerType,
    version: &str,
    parameter: &str,
    value: &str,
) -> Result<Vec<String>, OgcError> {
    names(parameter, value)?
        .into_iter()
        .map(|name| match version {
            "2.0.0" | "2.0.1" => known(server, &name).map(Cow::into_owned),
            _ => Some(name),
        })
        .map(|name| name.ok_or_else(|| OgcError::invalid(parameter)))
        .collect()
}

/// The name that a `CoverageId` of WCS 2.0 stands for: an XML name has no colon, so `GeoServer` writes `topp:heights`
/// as `topp__heights`. `None` where it could stand for several.
pub(super) fn known(server: ServerType, id: &str) -> Option<Cow<'_, str>> {
    if server != ServerType::GeoServer {
        return Some(Cow::Borrowed(id));
    }
    match id.split_once("__") {
        None => Some(Cow::Borrowed(id)),
        Some((_, local)) if local.contains("__") || local.starts_with('_') => None,
        Some((prefix, local)) => Some(Cow::Owned(format!("{prefix}:{local}"))),
    }
}

/// The reverse of [`known`], for a version.
pub(super) fn written<'n>(server: ServerType, version: &str, name: &'n str) -> Cow<'n, str> {
    if server == ServerType::GeoServer && version.starts_with("2.0") && name.contains(':') {
        Cow::Owned(name.replacen(':', "__", 1))
    } else {
        Cow::Borrowed(name)
    }
}
