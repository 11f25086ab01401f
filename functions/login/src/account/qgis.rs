//! `GET /account/qgis` and the files for QGIS Desktop under it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::future::try_join_all;
use http::request;
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach};
use mapgate_core::identity::Identity;
use mapgate_core::pages::{Language, QgisPage, Reader, qgis_page};
use mapgate_core::settings::Secret;
use mapgate_core::table::{DefaultAccess, OgcServer, RoleId, Table, TableError};

use super::client::{clients, is_suited};
use super::files::{self, Connection, Service, attachment, connections};
use super::{Denied, QGIS, in_language, posted, visitor};

/// The page: which client QGIS is to be, and where maps are.
pub(crate) async fn get(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let shown = show(&gate, &parts).await;
    shown.unwrap_or_else(|denied| denied.into_response(&gate, Language::of(&parts)))
}

async fn show(gate: &Gate, parts: &request::Parts) -> Result<Response, Denied> {
    let visitor = visitor(gate, parts, Reach::Page, QGIS).await?;
    let secrets = gate.secrets().await?;
    let found = clients(gate).await?;
    let suited = found.suited.iter();
    let suited: Vec<(&str, bool)> = suited
        .map(|client| (client.client_id.as_str(), client.is_public()))
        .collect();
    let reachable = reachable(gate, &visitor.identity).await?;
    let servers: Vec<(&str, &str)> = reachable
        .iter()
        .map(|connection| (connection.name.as_str(), connection.url.as_str()))
        .collect();
    let page = QgisPage {
        prefix: gate.settings.base_url.path_prefix(),
        csrf: &gate.csrf(parts, &secrets)?,
        clients: &suited,
        has_more_clients: found.has_more,
        servers: &servers,
        lists_layers: !gate.settings.hide_capabilities,
    };
    let page = qgis_page(Reader::of(parts), &page);
    Ok(gate.reissue(&visitor.identity, page).await)
}

/// `POST /account/qgis/authentication.xml`: the authentication configuration for the client `client_id`, with the
/// `client_secret` that the user typed. Nothing of it is looked at or kept: whoever asks learns nothing of the secret.
pub(crate) async fn authentication(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    let (language, request) = in_language(request);
    let made = authentication_file(&gate, request).await;
    made.unwrap_or_else(|denied| denied.into_response(&gate, language))
}

async fn authentication_file(gate: &Gate, request: Request) -> Result<Response, Denied> {
    let (posted, visitor) = posted(gate, request, QGIS).await?;
    let id = posted.form.get("client_id").unwrap_or_default();
    let client = gate.table().await.client(id).await.map_err(Failure::from)?;
    let client = client.filter(is_suited).ok_or_else(|| {
        let text = "client_id: there is no such client, or QGIS cannot be it";
        Failure::BadRequest(text.to_owned())
    })?;
    let none = Secret::new("");
    let secret = posted.form.secret("client_secret").unwrap_or(&none);
    let file = files::authentication(&gate.settings.base_url, &client, secret);
    let file = file.map_err(|_| Failure::Unavailable)?;
    let response = attachment("qgis-authentication.xml", file);
    Ok(gate.reissue(&visitor.identity, response).await)
}

/// `GET /account/qgis/wms.xml`: the WMS connections.
pub(crate) async fn wms(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    connection_file(&gate, request, Service::Wms, "qgis-wms.xml").await
}

/// `GET /account/qgis/wfs.xml`: the WFS connections.
pub(crate) async fn wfs(State(gate): State<Arc<Gate>>, request: Request) -> Response {
    connection_file(&gate, request, Service::Wfs, "qgis-wfs.xml").await
}

async fn connection_file(gate: &Gate, request: Request, service: Service, name: &str) -> Response {
    let (parts, _) = request.into_parts();
    let made = async {
        let visitor = visitor(gate, &parts, Reach::Page, QGIS).await?;
        let reachable = reachable(gate, &visitor.identity).await?;
        let file = connections(service, &reachable).map_err(|_| Failure::Unavailable)?;
        Ok(gate.reissue(&visitor.identity, attachment(name, file)).await)
    };
    made.await
        .unwrap_or_else(|denied: Denied| denied.into_response(gate, Language::of(&parts)))
}

/// The connections to the servers of which the user may read something.
async fn reachable(gate: &Gate, identity: &Identity) -> Result<Vec<Connection>, Failure> {
    let table = gate.table().await;
    let roles = identity.role_ids();
    let servers = table.ogc_servers().await?;
    let looked_at = servers
        .iter()
        .map(|server| shows_something(table, server, &roles));
    let shown = try_join_all(looked_at).await?;
    let shown = servers.iter().zip(shown).filter(|(_, shown)| *shown);
    let base_url = &gate.settings.base_url;
    Ok(shown
        .map(|(server, _)| Connection::of(base_url, &server.name))
        .collect())
}

async fn shows_something(
    table: &Table,
    server: &OgcServer,
    roles: &BTreeSet<RoleId>,
) -> Result<bool, TableError> {
    if server.default_access == DefaultAccess::Public {
        return Ok(true);
    }
    let layers = table.layers(&server.name).await?;
    Ok(layers
        .iter()
        .any(|layer| layer.public || !layer.roles.is_disjoint(roles)))
}
