//! Files as QGIS Desktop exports and imports them. Its names, and what it refuses, are those of QGIS's
//! `QgsAuthManager::importAuthenticationConfigsFromXml` and `QgsManageConnectionsDialog`.

use std::io;

use aws_lc_rs::digest::{SHA256, digest};
use axum::response::{IntoResponse as _, Response};
use http::header;
use mapgate_core::http::private;
use mapgate_core::oauth::MAP;
use mapgate_core::settings::{BaseUrl, Secret};
use mapgate_core::table::Client;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quick_xml::Writer;
use quick_xml::events::{BytesText, Event};
use serde_json::json;

use super::client::REDIRECT_PORT;

/// What a value in a query keeps (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A service that has connections of its own in QGIS.
#[derive(Debug, Clone, Copy)]
pub(super) enum Service {
    Wms,
    Wfs,
}

/// A connection: what the user sees of it, and the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Connection {
    pub(super) name: String,
    pub(super) url: String,
}

impl Connection {
    /// To an OGC server, through the proxy. The name says of which portal it is.
    pub(super) fn of(base_url: &BaseUrl, server: &str) -> Self {
        // QGIS keeps it as a part of a path; no control character fits into XML.
        let plain = server.replace(['/', '\\'], "-").replace(char::is_control, "");
        let encoded = utf8_percent_encode(server, RESERVED);
        Self {
            name: format!("{plain} ({})", base_url.host_with_port()),
            url: base_url.join(&format!("/mapserv_proxy?ogcserver={encoded}")),
        }
    }
}

/// The connections of one service.
pub(super) fn connections(service: Service, connections: &[Connection]) -> io::Result<Vec<u8>> {
    let (root, element, version) = match service {
        Service::Wms => ("qgsWMSConnections", "wms", "1.0"),
        Service::Wfs => ("qgsWFSConnections", "wfs", "1.1"),
    };
    document("connections", |writer| {
        writer
            .create_element(root)
            .with_attribute(("version", version))
            .write_inner_content(|writer| {
                for Connection { name, url } in connections {
                    let own: &[(&str, &str)] = match service {
                        Service::Wms => &[
                            ("dpiMode", "7"),
                            ("ignoreGetMapURI", "false"),
                            ("ignoreGetFeatureInfoURI", "false"),
                            ("smoothPixmapTransform", "false"),
                        ],
                        Service::Wfs => &[
                            ("version", "auto"),
                            ("pagingenabled", "true"),
                            ("maxnumfeatures", ""),
                            ("pagesize", ""),
                        ],
                    };
                    let shared = [
                        ("ignoreAxisOrientation", "false"),
                        ("invertAxisOrientation", "false"),
                        ("username", ""),
                        ("password", ""),
                    ];
                    writer
                        .create_element(element)
                        .with_attributes([("name", name.as_str()), ("url", url.as_str())])
                        .with_attributes(own.iter().copied())
                        .with_attributes(shared)
                        .write_empty()?;
                }
                Ok(())
            })
            .map(drop)
    })
}

/// An authentication configuration for `client`, with the secret that the user typed.
pub(super) fn authentication(base_url: &BaseUrl, client: &Client, secret: &Secret) -> io::Result<Vec<u8>> {
    let id = authentication_id(base_url, &client.client_id);
    let name = format!("{} ({})", client.client_id, base_url.host_with_port());
    // QGIS 3.22 refuses the whole object when it holds a key that it does not know.
    let config = json!({
        "accessMethod": 0,
        "apiKey": "",
        "clientId": client.client_id,
        "clientSecret": if client.is_public() { "" } else { secret.expose() },
        "configType": 1,
        "description": "",
        // With a secret the plain authorization code, without one PKCE, which QGIS knows since 3.34.
        "grantFlow": if client.is_public() { 3 } else { 0 },
        "id": "",
        "name": "",
        "password": "",
        "persistToken": false,
        "queryPairs": {},
        "redirectPort": REDIRECT_PORT,
        "redirectUrl": "",
        "refreshTokenUrl": "",
        "requestTimeout": 30,
        "requestUrl": base_url.join("/oauth/login"),
        "scope": MAP,
        "tokenUrl": base_url.join("/oauth/token"),
        "username": "",
        "version": 1,
    });
    document("qgis_authentication", |writer| {
        let configured = |writer: &mut Writer<Vec<u8>>| {
            let attributes = [("method", "OAuth2"), ("version", "1"), ("uri", "")];
            writer
                .create_element("AuthMethodConfig")
                .with_attributes([("id", id.as_str()), ("name", name.as_str())])
                .with_attributes(attributes)
                .write_inner_content(|writer| {
                    let config = ("oauth2config", &*config.to_string());
                    writer
                        .create_element("Config")
                        .with_attribute(config)
                        .write_empty()
                        .map(drop)
                })
                .map(drop)
        };
        writer
            .create_element("qgis_authentication")
            .write_inner_content(|writer| {
                writer
                    .create_element("configurations")
                    .write_inner_content(configured)
                    .map(drop)
            })
            .map(drop)
    })
}

/// The configuration's id in QGIS, of seven letters and digits: the same each time, so that a newer file takes the place
/// of an older one, and another for each portal and client.
fn authentication_id(base_url: &BaseUrl, client_id: &str) -> String {
    let whose = format!("{} {client_id}", base_url.as_str());
    let mut id = hex::encode(digest(&SHA256, whose.as_bytes()));
    id.truncate(7);
    id
}

fn document(
    doctype: &str,
    content: impl FnOnce(&mut Writer<Vec<u8>>) -> io::Result<()>,
) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::DocType(BytesText::new(doctype)))?;
    content(&mut writer)?;
    let mut document = writer.into_inner();
    document.push(b'\n');
    Ok(document)
}

/// A file that the browser saves under that name.
pub(super) fn attachment(name: &str, document: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/xml; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    private((headers, document).into_response())
}
