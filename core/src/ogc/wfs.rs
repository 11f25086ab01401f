//! Requests of the Web Feature Service, 1.0.0 (OGC 02-058), 1.1.0 (OGC 04-094) and 2.0.0 (OGC 09-025r2), as key-value
//! pairs.

use super::exception::OgcError;
use super::fes::{self, Scope};
use super::params::Params;
use super::request::{Asked, Carrier, LayerList, ListForm, keep, names, operation, version};
use super::{Access, Operation, ServerType, Service};

const OFFERED: &[Operation] = &[
    Operation::GetCapabilities,
    Operation::DescribeFeatureType,
    Operation::GetFeature,
    Operation::GetFeatureWithLock,
    Operation::LockFeature,
    Operation::GetPropertyValue,
    Operation::ListStoredQueries,
    Operation::DescribeStoredQueries,
];
/// The newest first.
const VERSIONS: &[&str] = &["2.0.0", "1.1.0", "1.0.0"];

/// The names of the one stored query that each server of 2.0.0 has (OGC 09-025r2, 7.9.3.6).
pub(super) const GET_FEATURE_BY_ID: &[&str] = &[
    "urn:ogc:def:query:OGC-WFS::GetFeatureById",
    "http://www.opengis.net/def/query/OGC-WFS/0/GetFeatureById",
];

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
    "VALUEREFERENCE",
    "SORTBY",
    "LANGUAGE",
    "TIME",
    "ALIASES",
];
const LOCK: &[&str] = &["EXPIRY", "LOCKACTION", "LOCKID"];

/// Understands a WFS request; see [`Asked::parse`].
pub(super) fn parse(server: ServerType, params: &Params, request: &str) -> Result<Asked, OgcError> {
    let operation = operation(request, OFFERED)?;
    let version = version(
        params,
        operation,
        VERSIONS,
        "Of WFS, the versions 1.0.0, 1.1.0 and 2.0.0 are offered.",
    )?;
    of_version(operation, version)?;
    if params.filled("SLD_BODY")?.is_some() {
        return Err(OgcError::not_offered("SLD_BODY"));
    }
    let (layers, rest) = match operation {
        Operation::GetCapabilities => (
            Vec::new(),
            keep(params, |name| matches!(name, "SECTIONS" | "LANGUAGE"))?,
        ),
        Operation::DescribeFeatureType => {
            let types = types(params)?;
            let layers = if types.is_empty() {
                vec![every_type()]
            } else {
                types
            };
            let kept = |name: &str| matches!(name, "OUTPUTFORMAT" | "LANGUAGE");
            (layers, keep(params, kept)?)
        }
        Operation::ListStoredQueries => (vec![every_type()], Params::default()),
        Operation::DescribeStoredQueries => {
            let asked = params.filled("STOREDQUERY_ID")?.unwrap_or_default();
            if !asked.is_empty() && !asked.split(',').all(|id| GET_FEATURE_BY_ID.contains(&id)) {
                return Err(OgcError::invalid("STOREDQUERY_ID"));
            }
            (vec![every_type()], Params::default())
        }
        _ => features(params, version, operation)?,
    };
    Ok(Asked {
        server,
        service: Service::Wfs,
        version,
        operation,
        access: access(operation),
        layers,
        rest,
        carrier: Carrier::Query,
        namespaces: Vec::new(),
    })
}

/// What an operation does with the types. A lock keeps others from changing them, so it is for who may.
pub(super) fn access(operation: Operation) -> Access {
    match operation {
        Operation::Transaction | Operation::LockFeature | Operation::GetFeatureWithLock => Access::Write,
        _ => Access::Read,
    }
}

/// Refuses an operation that a version does not have.
pub(super) fn of_version(operation: Operation, version: &str) -> Result<(), OgcError> {
    let new = matches!(
        operation,
        Operation::GetPropertyValue | Operation::ListStoredQueries | Operation::DescribeStoredQueries
    );
    if new && version != "2.0.0" {
        return Err(OgcError::unsupported(operation.as_str()));
    }
    Ok(())
}

fn every_type() -> LayerList {
    LayerList {
        parameter: "TYPENAME",
        names: Vec::new(),
        form: ListForm::EveryType,
    }
}

type Understood = (Vec<LayerList>, Params);

/// The types and parameters of an operation on features.
fn features(params: &Params, version: &str, operation: Operation) -> Result<Understood, OgcError> {
    if let Some(query) = params.filled("STOREDQUERY_ID")? {
        return by_stored_query(params, query, version, operation);
    }
    let types = types(params)?;
    let ids = ids(params)?;
    if types.is_empty() && ids.is_empty() {
        let name = if version == "2.0.0" {
            "TYPENAMES"
        } else {
            "TYPENAME"
        };
        params.required(name)?;
    }
    if operation == Operation::GetPropertyValue {
        params.required("VALUEREFERENCE")?;
    }
    let locks = matches!(operation, Operation::LockFeature | Operation::GetFeatureWithLock);
    let kept = |name: &str| GET_FEATURE.contains(&name) || locks && LOCK.contains(&name);
    let mut rest = keep(params, kept)?;
    let asked: Vec<String> = types
        .iter()
        .chain(&ids)
        .flat_map(|list| list.names.iter().cloned())
        .collect();
    let aliases: Vec<String> = params
        .filled("ALIASES")?
        .map(|value| value.split(['(', ')', ',']).map(str::to_owned).collect())
        .unwrap_or_default();
    let scope = Scope::of(asked.iter().chain(&aliases));
    check_paths(params, &scope)?;
    if let Some(filter) = params.filled("FILTER")? {
        rest.push("FILTER", &fes::parameter(filter, &scope)?);
    }
    Ok((types.into_iter().chain(ids).collect(), rest))
}

/// Properties asked for must be those of the types asked for: `a,b`, or in brackets `(a,b)(c)`; a value's is one path.
fn check_paths(params: &Params, scope: &Scope) -> Result<(), OgcError> {
    let check = |parameter, path: &str| fes::path(path, scope).map_err(|_| OgcError::invalid(parameter));
    let properties = params.filled("PROPERTYNAME")?.unwrap_or_default();
    let lists = properties
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    let lists = lists.unwrap_or(properties).split(")(");
    for path in lists.flat_map(|list| list.split(',')).map(str::trim) {
        if !matches!(path, "" | "*") {
            check("PROPERTYNAME", path)?;
        }
    }
    match params.filled("VALUEREFERENCE")? {
        Some(path) => check("VALUEREFERENCE", path),
        None => Ok(()),
    }
}

/// `GetFeatureById`: the type is in the id.
fn by_stored_query(
    params: &Params,
    query: &str,
    version: &str,
    operation: Operation,
) -> Result<Understood, OgcError> {
    if operation != Operation::GetFeature || version != "2.0.0" || !GET_FEATURE_BY_ID.contains(&query) {
        return Err(OgcError::not_offered("STOREDQUERY_ID"));
    }
    for name in [
        "TYPENAME",
        "TYPENAMES",
        "FEATUREID",
        "RESOURCEID",
        "FILTER",
        "BBOX",
    ] {
        if params.filled(name)?.is_some() {
            return Err(OgcError::invalid(name));
        }
    }
    let id = feature_ids("ID", params.required("ID")?)?;
    if id.names.len() != 1 {
        return Err(OgcError::invalid("ID"));
    }
    let mut rest = Params::default();
    rest.push("STOREDQUERY_ID", query);
    rest.extend(keep(params, |name| matches!(name, "OUTPUTFORMAT" | "SRSNAME"))?.iter());
    Ok((vec![id], rest))
}

/// `FEATUREID` (WFS 1.x) and `RESOURCEID` (2.0.0), whose types the ids tell.
fn ids(params: &Params) -> Result<Vec<LayerList>, OgcError> {
    let mut lists = Vec::new();
    for parameter in ["FEATUREID", "RESOURCEID"] {
        if let Some(value) = params.filled(parameter)? {
            lists.push(feature_ids(parameter, value)?);
        }
    }
    Ok(lists)
}

/// Ids of features, `type.number`. With another dot in it programs differ in where the type ends, so that is refused.
pub(super) fn feature_ids(parameter: &'static str, value: &str) -> Result<LayerList, OgcError> {
    let ids = names(parameter, value)?;
    let type_of = |id: &String| match id.split('.').collect::<Vec<_>>().as_slice() {
        [name, number] if !name.is_empty() && !number.is_empty() => Ok((*name).to_owned()),
        _ => Err(OgcError::invalid(parameter)),
    };
    let names: Vec<String> = ids.iter().map(type_of).collect::<Result<_, _>>()?;
    proper(parameter, &names)?;
    Ok(LayerList {
        parameter,
        names,
        form: ListForm::Within { value: ids.join(",") },
    })
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
    proper(parameter, &names)?;
    Ok(LayerList {
        parameter,
        names,
        form: ListForm::Types { brackets },
    })
}

/// Refuses names in which programs differ: with a second colon, in which one ends the prefix.
pub(super) fn proper(parameter: &str, names: &[String]) -> Result<(), OgcError> {
    let odd = |name: &String| name.contains(['(', ')', '*', '=']) || name.matches(':').count() > 1;
    if names.iter().any(odd) {
        return Err(OgcError::invalid(parameter));
    }
    Ok(())
}
