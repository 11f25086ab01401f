//! Where in a capabilities document we are, and which elements stay.

use super::super::Service;
use super::super::tree::is_name;
use super::super::xml::Element;

/// What becomes of an element.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Part {
    /// It stays.
    Kept,
    /// It goes, with all that is in it.
    Dropped,
    /// A WMS layer: it is decided by its name and what is in it.
    Layer,
    /// A WFS feature type, a WMTS layer, a WCS coverage: it is decided by its name.
    FeatureType,
    /// `Themes`, or a `Theme` of WMTS: it stays where a layer in it does.
    Theme,
    /// `LayerRef` of a theme: it is decided by the name that it holds.
    LayerRef,
    /// What a WCS conforms to: a binding that the proxy refuses is left out.
    Profile,
    /// `DCPType`, `DCP`: it stays where a binding is in it.
    Binding,
    /// A binding to GET or POST.
    Get,
    /// A `Format` of `GetMap`: an image stays.
    MapFormat,
    /// A `Format` of exceptions: text in an image would pass by the reduction to a code.
    ExceptionFormat,
    /// An `Operation` on feature types: `Query` stays, and what changes those that the user may write.
    TypeOperation,
    /// The same in WFS 1.0.0, where each is an element.
    WriteOperation,
}

impl Part {
    /// What stays because this does.
    pub fn holder(self) -> Option<Self> {
        match self {
            Self::Get => Some(Self::Binding),
            Self::LayerRef | Self::Theme => Some(Self::Theme),
            _ => None,
        }
    }

    /// Whether this text makes the element stay.
    pub fn keeps_by_text(self, text: &str) -> bool {
        let upper = text.to_ascii_uppercase();
        match self {
            Self::MapFormat => upper.starts_with("IMAGE/"),
            Self::ExceptionFormat => upper == "XML" || upper.ends_with("SE_XML") || upper.ends_with("BLANK"),
            Self::TypeOperation => text == "Query" || WRITE_OPERATIONS.contains(&text),
            Self::Profile => !upper.contains("POST") && !upper.contains("SOAP"),
            _ => false,
        }
    }
}

/// The operations that the proxy offers.
const WMS_OPERATIONS: &[&str] = &[
    "GetCapabilities",
    "GetMap",
    "GetFeatureInfo",
    "GetLegendGraphic",
    "DescribeLayer",
    "GetStyles",
    "GetPrint",
    "GetProjectSettings",
    // Those of 1.0.0.
    "Capabilities",
    "Map",
    "FeatureInfo",
];
const WFS_OPERATIONS: &[&str] = &[
    "GetCapabilities",
    "DescribeFeatureType",
    "GetFeature",
    "GetPropertyValue",
    "ListStoredQueries",
    "DescribeStoredQueries",
];
/// Those for whoever may write something.
const WRITING: &[&str] = &["Transaction", "LockFeature", "GetFeatureWithLock"];
/// What can be done with a feature type, beside asking for its features.
const WRITE_OPERATIONS: &[&str] = &["Insert", "Update", "Delete", "Lock"];
/// How WMS 1.0.0 spells images.
const OLD_IMAGES: &[&str] = &["GIF", "JPEG", "PNG", "TIFF", "GeoTIFF"];
const WMTS_OPERATIONS: &[&str] = &["GetCapabilities", "GetTile", "GetFeatureInfo"];
const WCS_OPERATIONS: &[&str] = &["GetCapabilities", "DescribeCoverage", "GetCoverage"];
/// Parameters whose values cannot be layer names.
const PARAMETERS: &[&str] = &[
    "service",
    "version",
    "AcceptVersions",
    "AcceptFormats",
    "Sections",
    "outputFormat",
    "resultType",
    "resolve",
    "srsName",
];
/// What INSPIRE adds (Commission Regulation 976/2009), less its list of data sets.
const INSPIRE: &[&str] = &[
    "MetadataUrl",
    "MetadataURL",
    "SupportedLanguages",
    "ResponseLanguage",
    "ResourceLocator",
    "ResourceType",
    "TemporalReference",
    "Conformity",
    "MetadataPointOfContact",
    "MetadataDate",
    "SpatialDataServiceType",
    "MandatoryKeyword",
    "Keyword",
];

/// The path of open elements, by local name.
pub(super) struct Shape {
    service: Service,
    /// Whether the user may write something.
    writes: bool,
    path: Vec<String>,
    /// The operation that is described, or was last.
    operation: String,
}

impl Shape {
    pub fn new(service: Service, writes: bool) -> Self {
        Self {
            service,
            writes,
            path: Vec::new(),
            operation: String::new(),
        }
    }

    pub fn enter(&mut self, element: &Element<'_>) {
        let described = match self.below_root() {
            [operations] if operations == "OperationsMetadata" => element.attribute("name"),
            [capability, request] if capability == "Capability" && request == "Request" => {
                Some(element.local)
            }
            _ => None,
        };
        if let Some(operation) = described {
            operation.clone_into(&mut self.operation);
        }
        self.path.push(element.local.to_owned());
    }

    pub fn leave(&mut self) {
        self.path.pop();
    }

    pub fn depth(&self) -> usize {
        self.path.len()
    }

    /// Whether the open element is a layer's name.
    pub fn is_name(&self) -> bool {
        self.path.last().is_some_and(|local| is_name(self.service, local))
    }

    /// Whether the open element is a `CoverageId`.
    pub fn is_coverage_id(&self) -> bool {
        self.path.last().is_some_and(|local| local == "CoverageId")
    }

    /// Whether the open element is `Service/OnlineResource`.
    pub fn is_service_url(&self) -> bool {
        self.below_root() == ["Service", "OnlineResource"]
    }

    /// Whether the open element describes operations, or the service's own address: every URL in there is the
    /// service's.
    pub fn in_operations(&self) -> bool {
        match self.below_root() {
            [capability, request, ..] if capability == "Capability" && request == "Request" => true,
            [service, resource] if service == "Service" && resource == "OnlineResource" => true,
            [operations, ..] => operations == "OperationsMetadata",
            [] => false,
        }
    }

    fn below_root(&self) -> &[String] {
        self.path.get(1..).unwrap_or_default()
    }

    /// What becomes of an element that begins inside of the open one.
    pub fn part(&self, element: &Element<'_>) -> Part {
        let local = element.local;
        let parent = self.path.last().map(String::as_str).unwrap_or_default();
        let path: Vec<&str> = self.below_root().iter().map(String::as_str).collect();
        let keep = |kept: bool| if kept { Part::Kept } else { Part::Dropped };
        if self.path.is_empty() {
            return Part::Kept;
        }
        match path.as_slice() {
            [] if local == "Themes" && self.service == Service::Wmts => Part::Theme,
            [] => keep(self.top_level(local)),
            ["Capability"] if local == "Layer" && self.service == Service::Wms => Part::Layer,
            ["Capability"] => keep(matches!(local, "Request" | "Exception" | "ExtendedCapabilities")),
            ["Capability", "Request"] => keep(self.offers(local)),
            ["Capability", "Request", "GetMap"] if local == "Format" => Part::MapFormat,
            ["Capability", "Request", "Map", "Format"] => keep(OLD_IMAGES.contains(&local)),
            ["Capability", "Exception"] if local == "Format" => Part::ExceptionFormat,
            ["Capability", "Exception", "Format"] => keep(matches!(local, "BLANK" | "WMS_XML")),
            ["Capability", "Layer", ..] => Self::in_layer(parent, local),
            [.., "ExtendedCapabilities"] => keep(INSPIRE.contains(&local)),
            ["OperationsMetadata"] if local == "Operation" => {
                keep(element.attribute("name").is_some_and(|name| self.offers(name)))
            }
            ["OperationsMetadata"] | ["OperationsMetadata", "Operation"] if local == "Parameter" => {
                let name = element.attribute("name");
                keep(name.is_some_and(|name| PARAMETERS.iter().any(|kept| kept.eq_ignore_ascii_case(name))))
            }
            ["OperationsMetadata"] => keep(matches!(local, "Constraint" | "ExtendedCapabilities")),
            ["FeatureTypeList" | "ServesGMLObjectTypeList" | "SupportsGMLObjectTypeList"] => match local {
                "FeatureType" | "GMLObjectType" => Part::FeatureType,
                "Operations" => Part::Kept,
                _ => Part::Dropped,
            },
            ["FeatureTypeList", .., "Operations"] => match local {
                "Query" => Part::Kept,
                "Operation" => Part::TypeOperation,
                other if WRITE_OPERATIONS.contains(&other) => Part::WriteOperation,
                _ => Part::Dropped,
            },
            ["Contents" | "ContentMetadata" | "Themes", ..] => self.in_contents(&path, local),
            ["ServiceIdentification"] if local == "Profile" => Part::Profile,
            ["ServiceMetadata", "Extension"] => keep(matches!(
                local,
                "InterpolationMetadata" | "InterpolationSupported" | "CrsMetadata" | "crsSupported"
            )),
            _ => self.binding(parent, local),
        }
    }

    /// Layers and themes of WMTS, coverages of WCS.
    fn in_contents(&self, path: &[&str], local: &str) -> Part {
        match (path, local) {
            (["Contents"], "Layer") if self.service == Service::Wmts => Part::FeatureType,
            (["Contents"], "TileMatrixSet") if self.service == Service::Wmts => Part::Kept,
            (["Contents"], "SupportedCRS" | "SupportedFormat") => Part::Kept,
            (["Contents", .., "CoverageSummary"] | ["Contents"], "CoverageSummary")
            | (["ContentMetadata"], "CoverageOfferingBrief") => Part::FeatureType,
            (["Themes", ..], "Theme") => Part::Theme,
            (["Themes", .., "Theme"], "LayerRef") => Part::LayerRef,
            // A template leads past the proxy, which offers key-value pairs.
            (_, "ResourceURL" | "Layer" | "LayerRef" | "CoverageSummary" | "CoverageOfferingBrief")
            | (["Contents" | "ContentMetadata" | "Themes"], _) => Part::Dropped,
            _ => Part::Kept,
        }
    }

    /// Ways to reach an operation: those by GET and POST stay.
    fn binding(&self, parent: &str, local: &str) -> Part {
        match (parent, local) {
            (_, "DCPType" | "DCP") if self.in_operations() => Part::Binding,
            // What changes or locks something is refused by GET.
            ("HTTP", "Get") if WRITING.contains(&self.operation.as_str()) => Part::Dropped,
            ("HTTP", "Get") => Part::Get,
            // A form, or WFS as XML; of the others XML is not understood.
            ("HTTP", "Post") if matches!(self.service, Service::Wms | Service::Wfs) => Part::Get,
            // Another method; or a layer where the standards have none.
            ("HTTP", _)
            | (_, "Layer" | "FeatureType" | "GMLObjectType" | "CoverageSummary" | "CoverageOfferingBrief") => {
                Part::Dropped
            }
            _ => Part::Kept,
        }
    }

    fn in_layer(parent: &str, local: &str) -> Part {
        match (parent, local) {
            ("Layer", "Layer") => Part::Layer,
            (_, "Layer") => Part::Dropped,
            _ => Part::Kept,
        }
    }

    fn top_level(&self, local: &str) -> bool {
        match self.service {
            Service::Wms => matches!(local, "Service" | "Capability"),
            Service::Wfs => matches!(
                local,
                "Service"
                    | "Capability"
                    | "FeatureTypeList"
                    | "ServesGMLObjectTypeList"
                    | "SupportsGMLObjectTypeList"
                    | "Filter_Capabilities"
                    | "ServiceIdentification"
                    | "ServiceProvider"
                    | "OperationsMetadata"
            ),
            Service::Features => false,
            Service::Wmts => matches!(
                local,
                "ServiceIdentification" | "ServiceProvider" | "OperationsMetadata" | "Contents"
            ),
            Service::Wcs => matches!(
                local,
                "Service"
                    | "Capability"
                    | "ContentMetadata"
                    | "ServiceIdentification"
                    | "ServiceProvider"
                    | "OperationsMetadata"
                    | "ServiceMetadata"
                    | "Contents"
            ),
        }
    }

    fn offers(&self, operation: &str) -> bool {
        match self.service {
            Service::Wms => WMS_OPERATIONS.contains(&operation),
            Service::Wfs => {
                WFS_OPERATIONS.contains(&operation) || self.writes && WRITING.contains(&operation)
            }
            Service::Wmts => WMTS_OPERATIONS.contains(&operation),
            Service::Wcs => WCS_OPERATIONS.contains(&operation),
            Service::Features => false,
        }
    }
}
