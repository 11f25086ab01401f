//! What a request asks, in one model for every service.

use super::exception::{OgcCode, OgcError};
use super::params::Params;
use super::{Access, Operation, ServerType, Service, wcs, wfs, wfs_xml, wms, wmts};

/// Parameters that would make a server draw or read something else than the layers named, or that would change what
/// was asked if they were left out: a request with one of them is refused, an empty one counts as absent.
pub(super) const REFUSED: &[&str] = &[
    "SLD",
    "CQL_FILTER",
    "EXP_FILTER",
    "FEATURE_ID",
    "REMOTE_OWS_TYPE",
    "REMOTE_OWS_URL",
    "FEATURETYPE",
    "VIEWPARAMS",
];

/// What may stand in the URL of a request whose parameters are in its body, beside what the proxy itself reads.
pub(super) const BESIDE_A_BODY: &[&str] = &["SERVICE", "REQUEST", "VERSION"];
/// What makes a parameter of a URL part of what is asked.
pub(super) const OF_A_REQUEST: &[&str] = &[
    "WMTVER",
    "ACCEPTVERSIONS",
    "LAYER",
    "LAYERS",
    "QUERY_LAYERS",
    "STYLES",
    "SLD",
    "SLD_BODY",
    "TYPENAME",
    "TYPENAMES",
    "FEATUREID",
    "RESOURCEID",
    "STOREDQUERY_ID",
    "FILTER",
    "CQL_FILTER",
    "EXP_FILTER",
    "SELECTION",
    "BBOX",
    "COVERAGE",
    "COVERAGEID",
    "IDENTIFIER",
    "IDENTIFIERS",
    "OPERATION",
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
    pub rest: Params,
    /// How it goes on.
    pub carrier: Carrier,
    /// What prefixes of the layers' names stand for, where a document declares them.
    pub namespaces: Vec<(String, String)>,
}

/// How a request is carried to its server.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Carrier {
    /// By GET, in the query string.
    #[default]
    Query,
    /// By POST, as a form.
    Form,
    /// By POST, as this XML document.
    Xml(String),
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
    /// `mapN:LAYERS` of QGIS Server's `GetPrint`: like [`ListForm::Drawn`], with that prefix.
    Printed {
        /// `MAP0:`, say.
        prefix: String,
        /// One style a layer, or none at all.
        styles: Option<Vec<String>>,
    },
    /// The names stand within a value that goes on as it is: an expression, a document, ids of features.
    Within {
        /// That value.
        value: String,
    },
    /// No name: an answer may show each layer there is.
    Whole,
    /// `LAYER` of WMTS: one name, of a layer or a group, of which a tile shows all.
    Tiled,
    /// A segment of the path: one name, of a collection.
    Collection,
    /// `COVERAGE`, `IDENTIFIER`, `IDENTIFIERS`, `COVERAGEID` of WCS.
    Coverages,
}

impl Asked {
    /// Understands the parameters of a query string, sent by GET, or refuses them.
    ///
    /// Only what the standards' operations and harmless vendor parameters need is kept; what else a client sends
    /// (`map`, `role_ids`, `s_…`, `mode`, anything unknown) is left out. Refused with an OGC code are: a missing or
    /// repeated parameter that matters, other services, operations and versions, and parameters that could reach
    /// layers which nobody checked (styles by URL, filters in languages that can read other layers, stored queries
    /// but the standard's own).
    pub fn parse(server: ServerType, params: &Params) -> Result<Self, OgcError> {
        let request = params.required("REQUEST");
        // WMS 1.0.0 has no SERVICE (OGC 00-028, 6.2.8).
        let service = match params.filled("SERVICE")? {
            None if wms::is_old(params)? => Service::Wms.as_str(),
            _ => params.required("SERVICE")?,
        };
        let request = request?;
        for name in REFUSED {
            if params.filled(name)?.is_some() {
                return Err(OgcError::not_offered(name));
            }
        }
        if service.eq_ignore_ascii_case("WMS") {
            wms::parse(server, params, request)
        } else if service.eq_ignore_ascii_case("WFS") {
            wfs::parse(server, params, request)
        } else if service.eq_ignore_ascii_case("WMTS") {
            wmts::parse(server, params, request)
        } else if service.eq_ignore_ascii_case("WCS") {
            wcs::parse(server, params, request)
        } else {
            Err(OgcError::at(
                OgcCode::OperationNotSupported,
                "SERVICE",
                "The service is not offered.",
            ))
        }
    }

    /// Understands a posted form (`application/x-www-form-urlencoded`) like a query string, or refuses it; also where
    /// the URL's own query asks something as well.
    pub fn parse_form(server: ServerType, query: &Params, body: &str) -> Result<Self, OgcError> {
        let params = Params::parse_form(body)?;
        beside(query, |name| params.one(name))?;
        let mut asked = Self::parse(server, &params)?;
        asked.carrier = Carrier::Form;
        Ok(asked)
    }

    /// Understands a posted XML document, one of WFS, or refuses it; also where the URL's own query asks something as
    /// well.
    pub fn parse_xml(server: ServerType, query: &Params, body: &str) -> Result<Self, OgcError> {
        let asked = wfs_xml::parse(server, body)?;
        beside(query, |name| {
            Ok(Some(match name {
                "SERVICE" => asked.service.as_str(),
                "VERSION" => asked.version,
                _ => asked.operation.as_str(),
            }))
        })?;
        Ok(asked)
    }

    /// Every name asked for, as the client wrote it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.layers
            .iter()
            .flat_map(|list| &list.names)
            .map(String::as_str)
    }
}

/// The version of a WFS or WCS request, one of `offered`, the newest first; for `GetCapabilities` the first of those of
/// `ACCEPTVERSIONS` that is offered (OGC 06-121r9, 7.3.2), else `VERSION`, else the newest. `told` says what is offered.
pub(super) fn version(
    params: &Params,
    operation: Operation,
    offered: &[&'static str],
    told: &str,
) -> Result<&'static str, OgcError> {
    let known = |asked: &str| offered.iter().copied().find(|version| *version == asked);
    let failed = |parameter: &str| OgcError::at(OgcCode::VersionNegotiationFailed, parameter, told);
    let is_capabilities = operation == Operation::GetCapabilities;
    if let Some(list) = params.filled("ACCEPTVERSIONS")?.filter(|_| is_capabilities) {
        let mut asked = list.split(',').map(str::trim);
        return asked.find_map(known).ok_or_else(|| failed("ACCEPTVERSIONS"));
    }
    if let Some(newest) = offered.first()
        && is_capabilities
        && params.filled("VERSION")?.is_none()
    {
        return Ok(newest);
    }
    known(params.required("VERSION")?).ok_or_else(|| failed("VERSION"))
}

/// Refuses a URL that asks something beside a body: programs differ in which one they read.
fn beside<'a>(
    query: &Params,
    in_body: impl Fn(&str) -> Result<Option<&'a str>, OgcError>,
) -> Result<(), OgcError> {
    for (name, value) in query.iter() {
        let same = |told: &str| told.eq_ignore_ascii_case(value);
        let harmless = if BESIDE_A_BODY.contains(&name) {
            query.one(name)?;
            value.is_empty() || in_body(name)?.is_some_and(same)
        } else {
            !OF_A_REQUEST.contains(&name)
        };
        if !harmless {
            let text = "Both the URL and the body ask something.";
            return Err(OgcError::at(OgcCode::InvalidParameterValue, name, text));
        }
    }
    Ok(())
}

/// The operation of a `REQUEST` value, in any letter case, out of those that a service offers.
pub(super) fn operation(request: &str, offered: &[Operation]) -> Result<Operation, OgcError> {
    let found = offered
        .iter()
        .find(|operation| operation.as_str().eq_ignore_ascii_case(request));
    found.copied().ok_or_else(|| OgcError::unsupported(request))
}

/// More names than a client sends: groups stand for what is in them.
pub(super) const MAX_NAMES: usize = 2000;

/// Refuses more names than a client sends.
pub(super) fn few(parameter: &str, names: &[String]) -> Result<(), OgcError> {
    if names.len() > MAX_NAMES {
        let text = "Too many names.";
        return Err(OgcError::at(OgcCode::InvalidParameterValue, parameter, text));
    }
    Ok(())
}

/// A comma-separated list of layer names. Refuses too many, empty names and white space around them: one server trims it,
/// another does not.
pub(super) fn names(parameter: &str, value: &str) -> Result<Vec<String>, OgcError> {
    let names: Vec<String> = value.split(',').take(MAX_NAMES + 1).map(str::to_owned).collect();
    few(parameter, &names)?;
    let proper = |name: &String| !name.is_empty() && name.trim() == name && !name.contains(char::is_control);
    if names.iter().all(proper) {
        Ok(names)
    } else {
        Err(OgcError::invalid(parameter))
    }
}

/// Whether a format is a script's, which would run in the page of whoever includes it.
pub(super) fn is_script(format: &str) -> bool {
    let format = format.to_ascii_lowercase();
    format.contains("javascript") || format.contains("jsonp")
}

/// The parameters of an operation that a server may see; each at most once, empty ones left out.
pub(super) fn keep(params: &Params, kept: impl Fn(&str) -> bool) -> Result<Params, OgcError> {
    let mut rest = Params::default();
    for (name, value) in params.iter().filter(|(name, _)| kept(name)) {
        params.one(name)?;
        let harmful = match name {
            // An expression in here could read another layer (QGIS Server).
            "SORTBY" => value.contains(['(', ')', '\'', '"', '$', '@']),
            "FORMAT" | "INFO_FORMAT" | "INFOFORMAT" | "MEDIATYPE" | "OUTPUTFORMAT" => is_script(value),
            _ => false,
        };
        if harmful || value.contains(char::is_control) && name != "FILTER" {
            return Err(OgcError::invalid(name));
        }
        if !value.is_empty() {
            rest.push(name, value);
        }
    }
    Ok(rest)
}
