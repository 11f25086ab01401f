//! What a request asks, in one model for every service.

use super::exception::{OgcCode, OgcError};
use super::params::Params;
use super::{Access, Operation, ServerType, Service, wfs, wms};

/// Parameters that would make a server draw or read something else than the layers named, or that would change what
/// was asked if they were left out: a request with one of them is refused, an empty one counts as absent.
const REFUSED: &[&str] = &[
    "SLD",
    "SLD_BODY",
    "CQL_FILTER",
    "EXP_FILTER",
    "FEATUREID",
    "FEATURE_ID",
    "RESOURCEID",
    "STOREDQUERY_ID",
    "ALIASES",
    "REMOTE_OWS_TYPE",
    "REMOTE_OWS_URL",
    "FEATURETYPE",
];

/// A request that was understood: what is asked, of which layers, to read or to write.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The program that will answer.
    pub server: ServerType,
    /// The service.
    pub service: Service,
    /// The version, one that the service really has.
    pub version: &'static str,
    /// The operation.
    pub operation: Operation,
    /// What it does with the layers.
    pub access: Access,
    /// The layers, by the parameter that names them.
    pub layers: Vec<LayerList>,
    /// The other parameters that a server may see, names in upper case.
    pub rest: Vec<(String, String)>,
}

/// A parameter that names layers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LayerList {
    /// The parameter's name, in upper case.
    pub parameter: &'static str,
    /// The names, as they stand there.
    pub names: Vec<String>,
    /// How the parameter is written, and whether groups may stand in it.
    pub form: ListForm,
}

/// How a list of layers is written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ListForm {
    /// `LAYERS` of WMS: groups may stand in it, and `STYLES` belongs to it where it is given; empty for "all default".
    Drawn {
        /// One style a layer, or none at all.
        styles: Option<Vec<String>>,
    },
    /// `QUERY_LAYERS` of WMS: groups may stand in it.
    Queried,
    /// `LAYER` of `GetLegendGraphic`: one name, of a layer or a group.
    Legend,
    /// `TYPENAME`, `TYPENAMES` of WFS: `a,b`, or in brackets `(a)(b,c)`; the sizes of those groups, where there are.
    Types {
        /// The number of names in each pair of brackets; `None` without brackets.
        brackets: Option<Vec<usize>>,
    },
    /// No `TYPENAME` at all: every type there is.
    EveryType,
}

impl Asked {
    /// Understands a raw query string, sent by GET, or refuses it.
    ///
    /// Only what the standards' operations and harmless vendor parameters need is kept; what else a client sends
    /// (`map`, `role_ids`, `s_…`, `mode`, anything unknown) is left out. Refused with an OGC code are: broken
    /// encodings, a missing or repeated parameter that matters, other services, operations and versions, and
    /// parameters that could reach layers which nobody checked (styled layer descriptors, filters where a server's
    /// filter language can read other layers, feature ids, stored queries).
    pub fn parse(server: ServerType, raw_query: &str) -> Result<Self, OgcError> {
        let params = Params::parse(raw_query)?;
        let service = params.required("SERVICE")?;
        let request = params.required("REQUEST")?;
        for name in REFUSED {
            if params.filled(name)?.is_some() {
                let text = format!("The parameter {name} is not offered.");
                return Err(OgcError::at(OgcCode::OperationNotSupported, name, text));
            }
        }
        if service.eq_ignore_ascii_case("WMS") {
            wms::parse(server, &params, request)
        } else if service.eq_ignore_ascii_case("WFS") {
            wfs::parse(server, &params, request)
        } else {
            Err(OgcError::at(
                OgcCode::OperationNotSupported,
                "SERVICE",
                "The service is not offered.",
            ))
        }
    }

    /// Every name asked for, as the client wrote it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.layers
            .iter()
            .flat_map(|list| &list.names)
            .map(String::as_str)
    }
}

/// The operation of a `REQUEST` value, in any letter case, out of those that a service offers.
pub(super) fn operation(request: &str, offered: &[Operation]) -> Result<Operation, OgcError> {
    let found = offered
        .iter()
        .find(|operation| operation.as_str().eq_ignore_ascii_case(request));
    found.copied().ok_or_else(|| OgcError::unsupported(request))
}

/// A comma-separated list of layer names. Refuses empty names and white space around them: one server trims it,
/// another does not.
pub(super) fn names(parameter: &str, value: &str) -> Result<Vec<String>, OgcError> {
    let names: Vec<String> = value.split(',').map(str::to_owned).collect();
    let proper = |name: &String| !name.is_empty() && name.trim() == name && !name.contains(char::is_control);
    if names.iter().all(proper) {
        Ok(names)
    } else {
        Err(OgcError::invalid(parameter))
    }
}

/// The parameters of an operation that a server may see; each at most once, empty ones left out.
pub(super) fn keep(params: &Params, kept: impl Fn(&str) -> bool) -> Result<Vec<(String, String)>, OgcError> {
    let mut rest = Vec::new();
    for (name, value) in params.iter().filter(|(name, _)| kept(name)) {
        params.one(name)?;
        let harmful = match name {
            // An expression in here could read another layer (QGIS Server).
            "SORTBY" => value.contains(['(', ')', '\'', '"', '$', '@']),
            // A script would run in the page of whoever includes it.
            "FORMAT" | "INFO_FORMAT" | "OUTPUTFORMAT" => {
                let value = value.to_ascii_lowercase();
                value.contains("javascript") || value.contains("jsonp")
            }
            _ => false,
        };
        if harmful || value.contains(char::is_control) && name != "FILTER" {
            return Err(OgcError::invalid(name));
        }
        if !value.is_empty() {
            rest.push((name.to_owned(), value.to_owned()));
        }
    }
    Ok(rest)
}
