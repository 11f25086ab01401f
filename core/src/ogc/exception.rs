//! OGC exceptions: the ones we raise, in the form that was asked for, and a backend's, reduced to their code.

mod code;

pub use code::OgcCode;

use super::params::Params;
use super::xml::{Element, Handler, XmlError, local_name, walk_slice};
use super::{Operation, Service};
use http::StatusCode;
use quick_xml::escape::escape;
use thiserror::Error;

/// A fault of a request, as OGC services tell it.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{}: {text}", code.as_str())]
pub struct OgcError {
    /// What is wrong.
    pub code: OgcCode,
    /// The parameter that is.
    pub locator: Option<String>,
    /// One plain line for a person; never text of a backend.
    pub text: String,
}

impl OgcError {
    /// A fault of the request as a whole.
    pub fn new(code: OgcCode, text: impl Into<String>) -> Self {
        Self {
            code,
            locator: None,
            text: text.into(),
        }
    }

    /// A fault of one parameter.
    pub fn at(code: OgcCode, locator: &str, text: impl Into<String>) -> Self {
        Self {
            code,
            locator: Some(locator.to_owned()),
            text: text.into(),
        }
    }

    /// That an operation is not offered.
    pub(super) fn unsupported(operation: &str) -> Self {
        let shown: String = operation
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(40)
            .collect();
        Self::at(
            OgcCode::OperationNotSupported,
            "REQUEST",
            format!("The operation {shown} is not offered."),
        )
    }

    /// The same, of this parameter or element where it tells of none.
    pub(super) fn about(mut self, locator: &str) -> Self {
        self.locator.get_or_insert_with(|| locator.to_owned());
        self
    }

    /// That a parameter is not offered, at all or for this server.
    pub(super) fn not_offered(parameter: &str) -> Self {
        let text = format!("The parameter {parameter} is not offered.");
        Self::at(OgcCode::OperationNotSupported, parameter, text)
    }

    /// That a parameter has a value which is not understood.
    pub(super) fn invalid(parameter: &str) -> Self {
        let text = format!("The value of {parameter} is not understood.");
        Self::at(OgcCode::InvalidParameterValue, parameter, text)
    }
}

/// The form in which exceptions are told, by service and version.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExceptionForm {
    /// `WMTException` of WMS 1.0.0 (OGC 00-028, annex A.3).
    Wms100,
    /// `ServiceExceptionReport` of WMS 1.1.0 (OGC 01-047r2, annex A.3).
    Wms110,
    /// `ServiceExceptionReport` of WMS 1.1.1 (OGC 01-068r3, annex A.3).
    Wms111,
    /// `ServiceExceptionReport` of WMS 1.3.0 (OGC 06-042, annex E.2).
    Wms130,
    /// `ServiceExceptionReport` of WFS 1.0.0 (OGC 02-058, annex A.4).
    Wfs100,
    /// `ExceptionReport` of OWS Common 1.0, for WFS 1.1.0.
    Ows100,
    /// `ExceptionReport` of OWS Common 1.1, for WFS 2.0.0.
    Ows110,
    /// `ExceptionReport` of OWS Common 1.1, for WMTS 1.0.0 (OGC 07-057r7, 8.5).
    Wmts100,
    /// `ServiceExceptionReport` of WCS 1.0.0 (OGC 03-065r6, annex A.6).
    Wcs100,
    /// `ExceptionReport` of OWS Common 1.1, for WCS 1.1.
    Wcs110,
    /// `ExceptionReport` of OWS Common 2.0, for WCS 2.0.
    Ows200,
    /// The JSON of OGC API - Features (OGC 17-069r4, 7.5.1).
    Json,
}

/// An exception, ready to be sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rendered {
    /// The media type.
    pub content_type: &'static str,
    /// The document.
    pub body: String,
}

/// Operations that tell their service, where nothing else does.
const OF_WFS: &[Operation] = &[
    Operation::GetFeature,
    Operation::DescribeFeatureType,
    Operation::GetPropertyValue,
    Operation::GetFeatureWithLock,
    Operation::LockFeature,
    Operation::ListStoredQueries,
    Operation::DescribeStoredQueries,
    Operation::Transaction,
];
const OF_WCS: &[Operation] = &[Operation::GetCoverage, Operation::DescribeCoverage];

impl ExceptionForm {
    /// The form for a service and version, the service's newest where the version is another.
    #[must_use]
    pub fn of(service: Service, version: &str) -> Self {
        match service {
            Service::Wms if version.starts_with("1.0.") => Self::Wms100,
            Service::Wms if version == "1.1.0" => Self::Wms110,
            Service::Wms if version.starts_with("1.1.") => Self::Wms111,
            Service::Wms => Self::Wms130,
            Service::Wfs if version.starts_with("1.0.") => Self::Wfs100,
            Service::Wfs if version.starts_with("1.1.") => Self::Ows100,
            Service::Wfs => Self::Ows110,
            Service::Wmts => Self::Wmts100,
            Service::Wcs if version.starts_with("1.0.") => Self::Wcs100,
            Service::Wcs if version.starts_with("1.1.") => Self::Wcs110,
            Service::Wcs => Self::Ows200,
            Service::Features => Self::Json,
        }
    }

    /// The form that parameters most likely ask for; WMS 1.3.0's where they tell nothing.
    #[must_use]
    pub fn asked(params: &Params) -> Self {
        let request = params.last("REQUEST").unwrap_or_default();
        let is = |operation: &Operation| operation.as_str().eq_ignore_ascii_case(request);
        let service = match params.last("SERVICE") {
            Some(name) => [Service::Wfs, Service::Wmts, Service::Wcs]
                .into_iter()
                .find(|service| service.as_str().eq_ignore_ascii_case(name)),
            None if OF_WFS.iter().any(is) => Some(Service::Wfs),
            None if is(&Operation::GetTile) => Some(Service::Wmts),
            None if OF_WCS.iter().any(is) => Some(Service::Wcs),
            None => None,
        };
        let service = service.unwrap_or(Service::Wms);
        let accepted = params
            .last("ACCEPTVERSIONS")
            .and_then(|list| list.split(',').next());
        let old =
            (service == Service::Wms && super::wms::is_old(params).unwrap_or_default()).then_some("1.0.0");
        let told = params.last("WMTVER").or_else(|| params.last("VERSION"));
        Self::of(service, told.or(accepted).or(old).unwrap_or_default())
    }

    /// The form that a posted document most likely asks for, however broken it is; WFS 2.0.0's where it tells nothing.
    #[must_use]
    pub fn asked_by_document(body: &str) -> Self {
        let mut root = Root::default();
        // It stops at the root, or where it breaks off.
        let _ = walk_slice(body.as_bytes(), &mut root);
        Self::of(Service::Wfs, root.version.as_deref().unwrap_or("2.0.0"))
    }

    /// Writes an exception in this form.
    #[must_use]
    pub fn render(self, error: &OgcError) -> Rendered {
        let code = error.code.as_str();
        if self == Self::Json {
            return Rendered {
                content_type: "application/json",
                body: serde_json::json!({ "code": code, "description": error.text }).to_string(),
            };
        }
        let text = escape(error.text.as_str());
        let locator = error
            .locator
            .as_deref()
            .map(|name| format!(" locator=\"{}\"", escape(name)));
        let locator = locator.as_deref().unwrap_or_default();
        let service = |head: &str, locator: &str| {
            format!(
                "{head}\n  <ServiceException code=\"{code}\"{locator}>{text}</ServiceException>\n</ServiceExceptionReport>\n"
            )
        };
        let ows = |head: &str| {
            format!(
                "{head}\n  <ows:Exception exceptionCode=\"{code}\"{locator}>\n    <ows:ExceptionText>{text}</ows:ExceptionText>\n  </ows:Exception>\n</ows:ExceptionReport>\n"
            )
        };
        let body = match self {
            Self::Wms100 => format!(
                concat!(
                    "<!DOCTYPE WMTException SYSTEM ",
                    "\"http://schemas.opengis.net/wms/1.0.0/exception_1_0_0.dtd\">\n",
                    "<WMTException version=\"1.0.0\">{}: {}</WMTException>\n"
                ),
                code, text
            ),
            // The DTDs of 1.1.0 and 1.1.1 have no locator.
            Self::Wms110 => service(
                concat!(
                    "<!DOCTYPE ServiceExceptionReport SYSTEM ",
                    "\"http://schemas.opengis.net/wms/1.1.0/exception_1_1_0.dtd\">\n",
                    "<ServiceExceptionReport version=\"1.1.0\">"
                ),
                "",
            ),
            Self::Wms111 => service(
                concat!(
                    "<!DOCTYPE ServiceExceptionReport SYSTEM ",
                    "\"http://schemas.opengis.net/wms/1.1.1/exception_1_1_1.dtd\">\n",
                    "<ServiceExceptionReport version=\"1.1.1\">"
                ),
                "",
            ),
            Self::Wms130 => service(
                "<ServiceExceptionReport version=\"1.3.0\" xmlns=\"http://www.opengis.net/ogc\">",
                locator,
            ),
            Self::Wfs100 | Self::Wcs100 => service(
                "<ServiceExceptionReport version=\"1.2.0\" xmlns=\"http://www.opengis.net/ogc\">",
                locator,
            ),
            Self::Ows100 => ows(
                "<ows:ExceptionReport xmlns:ows=\"http://www.opengis.net/ows\" version=\"1.1.0\" language=\"en\">",
            ),
            Self::Ows110 => ows(
                "<ows:ExceptionReport xmlns:ows=\"http://www.opengis.net/ows/1.1\" version=\"2.0.0\" xml:lang=\"en\">",
            ),
            Self::Wmts100 => ows(
                "<ows:ExceptionReport xmlns:ows=\"http://www.opengis.net/ows/1.1\" version=\"1.0.0\" xml:lang=\"en\">",
            ),
            Self::Wcs110 => ows(
                "<ows:ExceptionReport xmlns:ows=\"http://www.opengis.net/ows/1.1\" version=\"1.1.0\" xml:lang=\"en\">",
            ),
            Self::Ows200 | Self::Json => ows(
                "<ows:ExceptionReport xmlns:ows=\"http://www.opengis.net/ows/2.0\" version=\"2.0.0\" xml:lang=\"en\">",
            ),
        };
        let content_type = match self {
            Self::Wms110 | Self::Wms111 | Self::Wcs100 => "application/vnd.ogc.se_xml",
            _ => "text/xml; charset=UTF-8",
        };
        Rendered {
            content_type,
            body: format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}"),
        }
    }
}

impl OgcError {
    /// The HTTP status of the fault: 501 does not exist here, every one is the client's, 400.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }
}

/// The code of a backend's exception document, `NoApplicableCode` where it has none or an unknown one; `None` where
/// the document is not an exception. Nothing else of it is kept, since its text can hold SQL and table names.
#[must_use]
pub fn backend_exception_code(document: &[u8]) -> Option<OgcCode> {
    let mut found = Found::default();
    // A document that breaks off has shown its root all the same.
    let _ = walk_slice(document, &mut found);
    (found.exception || root_of(document).is_some_and(is_exception_root))
        .then(|| found.code.unwrap_or(OgcCode::NoApplicableCode))
}

/// The local name of the root of what may be a document, also of one that nobody here reads on (another encoding,
/// entities).
fn root_of(document: &[u8]) -> Option<&str> {
    let after = |text: &'_ [u8], end: &[u8]| text.windows(end.len()).position(|part| part == end);
    let mut rest = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    loop {
        rest = rest.trim_ascii_start().strip_prefix(b"<")?;
        let end: &[u8] = match rest {
            [b'?', ..] => b"?>",
            [b'!', b'-', b'-', ..] => b"-->",
            [b'!', declaration @ ..] => {
                let subset = declaration.iter().position(|byte| matches!(byte, b'[' | b'>'))?;
                if declaration.get(subset) == Some(&b'[') {
                    b"]>"
                } else {
                    b">"
                }
            }
            _ => break,
        };
        rest = rest.get(after(rest, end)? + end.len()..)?;
    }
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
    let name = rest.get(..rest.iter().position(ends)?)?;
    std::str::from_utf8(name).ok().map(local_name)
}

/// Whether a root element is an exception's.
pub(super) fn is_exception_root(local: &str) -> bool {
    matches!(
        local,
        "ServiceExceptionReport" | "ExceptionReport" | "WFS_Exception" | "WMTException"
    )
}

/// The code that an element of an exception carries.
pub(super) fn code_of(element: &Element<'_>) -> Option<OgcCode> {
    let attribute = match element.local {
        "ServiceException" => "code",
        "Exception" => "exceptionCode",
        _ => return None,
    };
    element.attribute(attribute).and_then(OgcCode::known)
}

/// The version that a root element tells, or means.
#[derive(Default)]
struct Root {
    version: Option<String>,
}

impl Handler for Root {
    fn open(&mut self, element: &Element<'_>) -> Result<(), XmlError> {
        self.version = element.attribute("version").map(str::to_owned);
        Err(XmlError::Unexpected)
    }
}

/// Whether the root is an exception's, and its first code.
#[derive(Default)]
struct Found {
    exception: bool,
    code: Option<OgcCode>,
}

impl Handler for Found {
    fn open(&mut self, element: &Element<'_>) -> Result<(), XmlError> {
        if self.exception {
            self.code = self.code.or_else(|| code_of(element));
        } else if is_exception_root(element.local) {
            self.exception = true;
        } else {
            return Err(XmlError::Unexpected);
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "exception_tests.rs"]
mod tests;
