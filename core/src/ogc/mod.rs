//! What an OGC request asks, of which layers, to read or to write; who may; and what of an answer may be seen.
//!
//! The way of a request: [`Asked::parse`] understands it or refuses it, [`decide`] is the only place where it is
//! allowed or forbidden, and the [`Forward`] it gives is written anew from what was understood, so that a map server
//! reads exactly what was checked. Capabilities come back through [`CapabilitiesFilter`], other texts through
//! [`AnswerRewriter`]. The room is pure: no network, no table.
//!
//! Understood so far, by GET or as a posted form (key-value pairs): WMS 1.0.0 to 1.3.0 with styled layer descriptors
//! in the request and QGIS Server's own (`wms`, `sld`, `qgis`); WFS 1.0.0, 1.1.0 and 2.0.0 (`wfs`), also as posted XML
//! with transactions (`wfs_xml`); WMTS 1.0.0 (`wmts`); WCS 1.0.0, 1.1 and 2.0 (`wcs`). By paths: OGC API - Features
//! ([`ogcapi`]). All else is refused.

mod access;
mod answer;
mod answers;
mod capabilities;
mod decide;
mod document;
mod exception;
mod fes;
mod forward;
mod hidden;
pub mod ogcapi;
mod own_url;
mod params;
mod qgis;
mod request;
mod rules;
mod sld;
mod transaction;
mod tree;
mod urls;
mod wcs;
mod wfs;
mod wfs_xml;
mod wms;
mod wmts;
mod xml;

#[cfg(test)]
mod bypass_tests;
#[cfg(test)]
mod dialect_tests;

pub use access::{AccessList, Because, LayerAccess, Permission, access};
pub use answer::{AnswerRewriter, rewrite_answer};
pub use answers::{stored_queries, transaction_answer};
pub use capabilities::{CapabilitiesFilter, filter_capabilities};
pub use decide::{Refusal, decide, readable};
pub use exception::{ExceptionForm, OgcCode, OgcError, Rendered, backend_exception_code};
pub use forward::Forward;
pub use hidden::{Names, names};
pub use own_url::{asks_of_its_own, without_operation};
pub use params::Params;
pub use request::{Asked, Carrier, LayerList, ListForm};
pub use rules::{DefaultAccess, LayerRule, Rules};
pub use tree::{Tree, read_tree};
pub use urls::UrlRewriter;
pub use xml::XmlError;

/// The program behind an OGC server; some of them understand parameters that others ignore.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ServerType {
    /// `MapServer`.
    MapServer,
    /// QGIS Server.
    QgisServer,
    /// `GeoServer`.
    GeoServer,
    /// `ArcGIS` Server.
    ArcGis,
    /// Any other program.
    Other,
}

/// The OGC service of a request, its `SERVICE` parameter.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Service {
    /// Web Map Service.
    Wms,
    /// Web Feature Service.
    Wfs,
    /// Web Map Tile Service.
    Wmts,
    /// Web Coverage Service.
    Wcs,
    /// OGC API - Features, by paths and not by key-value pairs.
    Features,
}

impl Service {
    /// The value of the `SERVICE` parameter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wms => "WMS",
            Self::Wfs => "WFS",
            Self::Wmts => "WMTS",
            Self::Wcs => "WCS",
            Self::Features => "OGCAPI",
        }
    }
}

/// The operation of a request, its `REQUEST` parameter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Operation {
    /// What the service offers.
    GetCapabilities,
    /// A map image.
    GetMap,
    /// What is at a point of a map.
    GetFeatureInfo,
    /// The legend of a layer.
    GetLegendGraphic,
    /// The schema of feature types.
    DescribeFeatureType,
    /// Features.
    GetFeature,
    /// Where the features of a layer are served, and of which type they are.
    DescribeLayer,
    /// The styles of layers.
    GetStyles,
    /// The same, as QGIS Server spells it.
    GetStyle,
    /// A layout of QGIS Server, printed.
    GetPrint,
    /// The capabilities and more, of QGIS Server.
    GetProjectSettings,
    /// Features, kept from being changed by others.
    GetFeatureWithLock,
    /// Features are kept from being changed by others.
    LockFeature,
    /// Values of one property.
    GetPropertyValue,
    /// The stored queries there are.
    ListStoredQueries,
    /// What stored queries do.
    DescribeStoredQueries,
    /// Features are changed.
    Transaction,
    /// A tile of a map.
    GetTile,
    /// What coverages are.
    DescribeCoverage,
    /// A coverage.
    GetCoverage,
}

impl Operation {
    /// The value of the `REQUEST` parameter, as the standards spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GetCapabilities => "GetCapabilities",
            Self::GetMap => "GetMap",
            Self::GetFeatureInfo => "GetFeatureInfo",
            Self::GetLegendGraphic => "GetLegendGraphic",
            Self::DescribeFeatureType => "DescribeFeatureType",
            Self::GetFeature => "GetFeature",
            Self::DescribeLayer => "DescribeLayer",
            Self::GetStyles => "GetStyles",
            Self::GetStyle => "GetStyle",
            Self::GetPrint => "GetPrint",
            Self::GetProjectSettings => "GetProjectSettings",
            Self::GetFeatureWithLock => "GetFeatureWithLock",
            Self::LockFeature => "LockFeature",
            Self::GetPropertyValue => "GetPropertyValue",
            Self::ListStoredQueries => "ListStoredQueries",
            Self::DescribeStoredQueries => "DescribeStoredQueries",
            Self::Transaction => "Transaction",
            Self::GetTile => "GetTile",
            Self::DescribeCoverage => "DescribeCoverage",
            Self::GetCoverage => "GetCoverage",
        }
    }

    /// Whether it is answered with a capabilities document.
    #[must_use]
    pub fn is_capabilities(self) -> bool {
        matches!(self, Self::GetCapabilities | Self::GetProjectSettings)
    }
}

/// What an operation does with the layers it names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Access {
    /// It reads them.
    Read,
    /// It changes them.
    Write,
}

/// The name by which [`Rules`] know a layer: without the namespace prefix where the server makes that prefix up
/// itself and ignores the one it is given (`MapServer` and QGIS Server in WFS: `ms:parcels` is `parcels`).
#[must_use]
pub fn rule_name(server: ServerType, service: Service, name: &str) -> &str {
    match (server, service) {
        (ServerType::MapServer | ServerType::QgisServer, Service::Wfs) => {
            name.split_once(':').map_or(name, |(_, local)| local)
        }
        _ => name,
    }
}
