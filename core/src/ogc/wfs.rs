//! Requests of the Web Feature Service, 1.0.0 (OGC 02-058), 1.1.0 (OGC 04-094) and 2.0.0 (OGC 09-025r2).

use super::exception::{OgcCode, OgcError};
use super::params::Params;
use super::request::{Asked, LayerList, ListForm, keep, names, operation};
use super::{Access, Operation, ServerType, Service, fes};

const OFFERED: &[Operation] = &[
    Operation::GetCapabilities,
    Operation::DescribeFeatureType,
    Operation::GetFeature,
];
const VERSIONS: &[&str] = &["2.0.0", "1.1.0", "1.0.0"];

/// `NAMESPACE` and `NAMESPACES` are accepted and not handed on: they could give a checked prefix another meaning, and
/// the prefixes of the capabilities are the server's own.
const GET_FEATURE: &[&str] = &[
    "SRSNAME",
    "BBOX",
    "COUNT",
    "MAXFEATURES",
    "STARTINDEX",
    "RESULTTYPE",
    "OUTPUTFORMAT",
    "PROPERTYNAME",
    "SORTBY",
    "LANGUAGE",
    "TIME",
];

/// Understands a WFS request; see [`Asked::parse`].
pub(super) fn parse(server: ServerType, params: &Params, request: &str) -> Result<Asked, OgcError> {
    let operation = operation(request, OFFERED)?;
    let version = version(params, operation)?;
    let types = types(params)?;
    let (layers, mut rest) = match operation {
        Operation::GetCapabilities => (
            Vec::new(),
            keep(params, |name| matches!(name, "SECTIONS" | "LANGUAGE"))?,
        ),
        Operation::DescribeFeatureType => {
            let every = LayerList {
                parameter: "TYPENAME",
                names: Vec::new(),
                form: ListForm::EveryType,
            };
            let layers = if types.is_empty() { vec![every] } else { types };
            (
                layers,
                keep(params, |name| matches!(name, "OUTPUTFORMAT" | "LANGUAGE"))?,
            )
        }
        _ => {
            if types.is_empty() {
                let name = if version == "2.0.0" {
                    "TYPENAMES"
                } else {
                    "TYPENAME"
                };
                params.required(name)?;
            }
            (types, keep(params, |name| GET_FEATURE.contains(&name))?)
        }
    };
    if let Some(filter) = params.filled("FILTER")? {
        if server != ServerType::MapServer || operation != Operation::GetFeature {
            let text = "The parameter FILTER is not offered for this server.";
            return Err(OgcError::at(OgcCode::OperationNotSupported, "FILTER", text));
        }
        fes::check(
            filter,
            layers
                .first()
                .map(|list| list.names.as_slice())
                .unwrap_or_default(),
        )?;
        rest.push(("FILTER".to_owned(), filter.to_owned()));
    }
    Ok(Asked {
        server,
        service: Service::Wfs,
        version,
        operation,
        access: Access::Read,
        layers,
        rest,
    })
}

/// The version; for `GetCapabilities` the first that is known of `ACCEPTVERSIONS` (OGC 06-121r9, 7.3.2), else
/// `VERSION`, else 2.0.0.
fn version(params: &Params, operation: Operation) -> Result<&'static str, OgcError> {
    let known = |asked: &str| VERSIONS.iter().copied().find(|version| *version == asked);
    let failed = |parameter: &str| {
        let text = "Of WFS, the versions 1.0.0, 1.1.0 and 2.0.0 are offered.";
        OgcError::at(OgcCode::VersionNegotiationFailed, parameter, text)
    };
    let version = params.filled("VERSION")?;
    match (operation, params.filled("ACCEPTVERSIONS")?, version) {
        (Operation::GetCapabilities, Some(list), _) => list
            .split(',')
            .find_map(|asked| known(asked.trim()))
            .ok_or_else(|| failed("ACCEPTVERSIONS")),
        (Operation::GetCapabilities, None, None) => Ok("2.0.0"),
        (_, _, Some(version)) => known(version).ok_or_else(|| failed("VERSION")),
        (_, _, None) => params.required("VERSION").map(|_| "2.0.0"),
    }
}

/// `TYPENAME` (WFS 1.x) and `TYPENAMES` (2.0.0); clients send either or both, and both must tell the same.
fn types(params: &Params) -> Result<Vec<LayerList>, OgcError> {
    let mut lists = Vec::new();
    for parameter in ["TYPENAME", "TYPENAMES"] {
        if let Some(value) = params.filled(parameter)? {
            lists.push(type_list(parameter, value)?);
        }
    }
    match lists.as_slice() {
        [one, other] if one.names != other.names || one.form != other.form => {
            Err(OgcError::invalid("TYPENAMES"))
        }
        _ => Ok(lists),
    }
}

/// One list of type names: `a,b`, or each query's in brackets, `(a)(b,c)` (OGC 09-025r2, 6.2.5.3).
fn type_list(parameter: &'static str, value: &str) -> Result<LayerList, OgcError> {
    let invalid = || OgcError::invalid(parameter);
    let inner = value
        .strip_prefix('(')
        .map(|rest| rest.strip_suffix(')').ok_or_else(invalid))
        .transpose()?;
    let groups: Vec<Vec<String>> = match inner {
        Some(inner) => inner
            .split(")(")
            .map(|group| names(parameter, group))
            .collect::<Result<_, _>>()?,
        None => vec![names(parameter, value)?],
    };
    let brackets = inner.map(|_| groups.iter().map(Vec::len).collect());
    let names: Vec<String> = groups.into_iter().flatten().collect();
    // With a second colon, programs differ in which one ends the prefix.
    if names
        .iter()
        .any(|name| name.contains(['(', ')']) || name.matches(':').count() > 1)
    {
        return Err(invalid());
    }
    Ok(LayerList {
        parameter,
        names,
        form: ListForm::Types { brackets },
    })
}
