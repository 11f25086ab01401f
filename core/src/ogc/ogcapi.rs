//! Requests of OGC API - Features (OGC 17-069r4, 18-058r1; changes by the draft 20-002), as `MapServer` serves them
//! below `ogcapi` and QGIS Server below `wfs3`.
//!
//! The path and the query are understood or refused, and written anew for the server. Answers are JSON alone: an HTML
//! page would list names that nobody can filter out of it.

mod definition;
mod filter;
mod json;
mod list;
mod resource;

pub use definition::definition;
pub use filter::{ApiFilter, Kind, filter_api};
pub use json::JsonError;
pub use list::{properties_of, read_collections};
pub use resource::{Api, Resource};

use super::exception::{OgcCode, OgcError};
use super::params::{Params, decode_path};
use super::request::{Asked, Carrier, LayerList, ListForm};
use super::{Access, Operation, ServerType, Service};
use http::Method;
use resource::no_html;
use std::collections::BTreeSet;

/// The standards' parameters of a collection's items, and QGIS Server's own.
pub(super) const ITEMS: &[&str] = &[
    "limit",
    "offset",
    "bbox",
    "bbox-crs",
    "crs",
    "datetime",
    "resultType",
    "sortby",
    "sortdesc",
    "properties",
];
/// Parameters that are refused by name: what they hold is a language that nobody here reads.
const FILTERS: &[&str] = &["filter", "filter-lang", "filter-crs"];

/// A request that was understood.
#[derive(Clone, Debug)]
pub struct ApiCall {
    /// What is asked of which collection, to read or to write, for [`super::decide`].
    pub asked: Asked,
    /// The resource.
    pub resource: Resource,
    /// The method, one that the resource has; `HEAD` is `GET`.
    pub method: Method,
    /// Parameters that must each be a property of the collection, by which its items are filtered.
    pub properties: Params,
}

impl ApiCall {
    /// Understands a request: its method, its path below the API and its query, both as they were sent.
    ///
    /// Refuses with `NotFound` what is no resource, with `MethodNotAllowed` a method that it lacks, with
    /// `InvalidParameterValue` a parameter that is not understood, and every other form than JSON, with
    /// `OperationNotSupported` a filter in a language of its own.
    pub fn parse(
        api: Api,
        server: ServerType,
        method: &Method,
        path: &str,
        raw_query: &str,
    ) -> Result<Self, OgcError> {
        let resource = Resource::parse(api, path)?;
        if !resource.methods(api).contains(method) {
            let text = "The resource does not have this method.";
            return Err(OgcError::new(OgcCode::MethodNotAllowed, text));
        }
        let method = if method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let (rest, properties) = parameters(&resource, method, &Params::parse_exact(raw_query)?)?;
        let operation = match &resource {
            Resource::Landing | Resource::Definition | Resource::Collections => Operation::GetCapabilities,
            Resource::Conformance | Resource::Collection(_) | Resource::Queryables(_) => {
                Operation::DescribeFeatureType
            }
            Resource::Items(_) | Resource::Item(..) => Operation::GetFeature,
        };
        let layers = resource.collection().map(|id| LayerList {
            parameter: "collectionId",
            names: vec![id.to_owned()],
            form: ListForm::Collection,
        });
        let access = if method == Method::GET {
            Access::Read
        } else {
            Access::Write
        };
        Ok(Self {
            asked: Asked {
                server,
                service: Service::Features,
                version: "1.0",
                operation,
                access,
                layers: layers.into_iter().collect(),
                rest,
                carrier: Carrier::Query,
                namespaces: Vec::new(),
            },
            resource,
            method: method.clone(),
            properties,
        })
    }

    /// The item that was made, by the `Location` of the server's answer: its id stands at the end. (QGIS Server 3.22 writes
    /// the request's body before it.)
    #[must_use]
    pub fn made(&self, api: Api, location: &str) -> Option<Resource> {
        let id = decode_path(location.rsplit('/').next()?)?;
        let made = Resource::Item(self.resource.collection()?.to_owned(), id);
        (Resource::parse(api, &made.path()).as_ref() == Ok(&made)).then_some(made)
    }

    /// The parameters that filter by these properties, which the collection has. Refuses any other.
    pub fn filter_by(&self, known: &BTreeSet<String>) -> Result<&Params, OgcError> {
        match self.properties.iter().find(|(name, _)| !known.contains(*name)) {
            Some((name, _)) => Err(unknown_parameter(name)),
            None => Ok(&self.properties),
        }
    }
}

fn unknown_parameter(name: &str) -> OgcError {
    let shown: String = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(40)
        .collect();
    let text = format!("The parameter {shown} is not offered.");
    OgcError::at(OgcCode::InvalidParameterValue, &shown, text)
}

/// The parameters that a server may see, and those that may be properties of a collection.
fn parameters(resource: &Resource, method: &Method, params: &Params) -> Result<(Params, Params), OgcError> {
    let (mut rest, mut properties) = (Params::default(), Params::default());
    for (name, value) in params.iter() {
        params.one(name)?;
        if value.contains(char::is_control) {
            return Err(OgcError::invalid(name));
        }
        let items = matches!(resource, Resource::Items(_)) && method == Method::GET;
        match name {
            "f" if matches!(value, "" | "json" | "geojson") => {}
            "f" => return Err(no_html("f")),
            "crs" if matches!(resource, Resource::Item(..)) => rest.push(name, value),
            _ if items && ITEMS.contains(&name) => {
                if !is_proper(name, value) {
                    return Err(OgcError::invalid(name));
                }
                rest.push(name, value);
            }
            _ if FILTERS.contains(&name.to_ascii_lowercase().as_str()) => {
                let text = format!("The parameter {name} is not offered.");
                return Err(OgcError::at(OgcCode::OperationNotSupported, name, text));
            }
            // How a desktop GIS asks to be asked; no server's parameter.
            _ if name.eq_ignore_ascii_case("authentication_required") => {}
            _ if items => properties.push(name, value),
            _ => return Err(unknown_parameter(name)),
        }
    }
    Ok((rest, properties))
}

/// Whether a parameter of items has a value as it should have.
fn is_proper(name: &str, value: &str) -> bool {
    let all = |allowed: &str| {
        value
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || allowed.contains(c))
    };
    match name {
        "limit" | "offset" => {
            !value.is_empty() && value.len() < 10 && value.bytes().all(|byte| byte.is_ascii_digit())
        }
        "bbox" => {
            let numbers = value
                .split(',')
                .filter(|part| part.trim().parse::<f64>().is_ok_and(f64::is_finite));
            matches!(numbers.count(), 4 | 6) && all("+-.,")
        }
        "datetime" => all("+-.:/"),
        "crs" | "bbox-crs" => all("+-.:/#_[]"),
        "resultType" => matches!(value, "hits" | "results"),
        // An expression in here could read another layer.
        "sortby" | "properties" => !value.contains(['(', ')', '\'', '"', '$', '@', '\\']),
        _ => all(""),
    }
}

/// A JSON object as it goes on to a server, without `&` and `=`, which stand in strings alone and have another spelling
/// there: QGIS Server also reads a body as key-value pairs, a project or another service among them. `None` where it is
/// no JSON object.
#[must_use]
pub fn body(sent: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(sent).ok()?;
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).ok()?;
    Some(text.replace('&', "\\u0026").replace('=', "\\u003d"))
}

#[cfg(test)]
mod document_tests;
#[cfg(test)]
mod tests;
