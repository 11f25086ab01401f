//! `/mapserv_proxy` and `/mapserv_proxy/{ogcserver}`.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use futures_util::future::join;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request};
use mapgate_core::gate::Gate;
use mapgate_core::http::{Failure, Reach};
use mapgate_core::identity::{Identity, Scheme};
use mapgate_core::map_server::{Server, in_time, send};
use mapgate_core::oauth::{MAP, has_scope};
use mapgate_core::ogc::{
    Asked, CapabilitiesFilter, ExceptionForm, OgcCode, OgcError, Operation, Params, Refusal, Rules, Service,
    Tree, UrlRewriter, decide, stored_queries,
};
use mapgate_core::table::ServerType;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::answer::{answer, capabilities, conditions, document};
use crate::fault::{Fault, refusal};
use crate::sent::Sent;
use crate::told::{own_headers, own_parameters};
use crate::{HEADERS, Proxy};

/// `GET`: a request by key-value pairs.
pub async fn get(
    State(proxy): State<Arc<Proxy>>,
    name: Result<Option<Path<String>>, PathRejection>,
    request: Request,
) -> Response {
    let (parts, _) = request.into_parts();
    let (sent, name) = (Sent::query(&parts), in_path(name));
    match identified(&proxy.gate, name.as_deref(), &parts, &sent).await {
        Ok(identity) => answered(&proxy, name.as_deref(), &parts, &identity, &sent).await,
        Err(failure) => Fault::from(failure).into_response(sent.form()),
    }
}

/// `POST`: the same as a form, or WFS as XML. A ticket counts only where it comes from a page of ours ([`Reach::Own`]),
/// since a transaction changes data.
pub async fn post(
    State(proxy): State<Arc<Proxy>>,
    name: Result<Option<Path<String>>, PathRejection>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let (sent, name) = (Sent::query(&parts), in_path(name));
    // A bad token is 401 whatever is asked, so that QGIS refreshes it.
    let identity = match identified(&proxy.gate, name.as_deref(), &parts, &sent).await {
        Ok(identity) => identity,
        Err(failure) => return Fault::from(failure).into_response(sent.form()),
    };
    match sent.with_body(&parts, body).await {
        Ok(sent) => answered(&proxy, name.as_deref(), &parts, &identity, &sent).await,
        Err(refused) => refused,
    }
}

async fn answered(
    proxy: &Proxy,
    name: Option<&str>,
    parts: &request::Parts,
    identity: &Identity,
    sent: &Sent<'_>,
) -> Response {
    let answered = proxied(proxy, name, parts, identity, sent).await;
    let mut response = answered.unwrap_or_else(|fault| fault.into_response(sent.form()));
    // For whoever gathers the answer and finds that it cannot be given.
    response.extensions_mut().insert(sent.form());
    proxy.gate.reissue(identity, response).await
}

/// Answers a request for this identity.
pub async fn proxied(
    proxy: &Proxy,
    name: Option<&str>,
    parts: &request::Parts,
    identity: &Identity,
    sent: &Sent<'_>,
) -> Result<Response, Fault> {
    let gate = &proxy.gate;
    if let Scheme::Bearer { scope, .. } = &identity.scheme
        && !has_scope(scope, MAP)
    {
        return Err(Failure::InsufficientScope(MAP).into());
    }
    let params = sent.params().map_err(Fault::bad_request)?;
    let mut names = params.iter().map(|(name, _)| name);
    if identity.user.is_none() && names.any(|name| name == "AUTHENTICATION_REQUIRED") {
        return Ok(authentication_required(gate.settings.basicauth, sent.form()));
    }
    let server = server(proxy, name, params).await?;
    let asked = sent.understand(server.program()).map_err(Fault::bad_request)?;
    if asked.operation.is_capabilities() && gate.settings.hide_capabilities {
        let error = OgcError::new(OgcCode::OperationNotSupported, "The capabilities are hidden.");
        return Err(Fault::Ogc(StatusCode::NOT_FOUND, error));
    }
    // Reading what the decision needs is waiting for the server as well.
    let limit = gate.settings.http_options.timeout;
    let answering = Box::pin(forwarded(proxy, &server, parts, identity, sent, asked));
    in_time(limit, &server.record.url, answering).await
}

/// Decides, asks the server, and makes the answer of what it says.
async fn forwarded(
    proxy: &Proxy,
    server: &Server,
    parts: &request::Parts,
    identity: &Identity,
    sent: &Sent<'_>,
    asked: Asked,
) -> Result<Response, Fault> {
    let gate = &proxy.gate;
    let known = Known::read(proxy, server, &asked).await?;
    let role_ids = identity.role_ids().into_iter().map(|role| role.0).collect();
    let forward = match decide(&asked, &known.rules, &known.tree, &role_ids) {
        Ok(forward) => forward,
        Err(forbidden) => {
            if matches!(forbidden, Refusal::Forbidden(_)) {
                let user = identity
                    .user
                    .as_ref()
                    .map_or("anonymous", |user| user.username.as_str());
                tracing::info!(user, server = server.record.name, "a layer is forbidden");
            }
            return Ok(refusal(forbidden, identity.user.is_some(), sent.form()));
        }
    };
    if matches!(
        forward.operation,
        Operation::ListStoredQueries | Operation::DescribeStoredQueries
    ) {
        return Ok(document(stored_queries(&forward)));
    }
    // What everybody may keep is asked for as what everybody gets.
    let told = if forward.is_for_everybody() {
        &Identity::stranger(&identity.roles)
    } else {
        identity
    };
    let url = server.url(asked.service);
    let own = own_parameters(server, told);
    let (query, body) = forward.written(url, own.iter());
    let mut headers = headers(gate, parts, server);
    if forward.is_for_everybody() {
        // Nor in one reader's language.
        headers.remove(header::ACCEPT);
        headers.remove(header::ACCEPT_LANGUAGE);
    }
    headers.extend(own_headers(server, told)?);
    // A condition of a GET is another one of a POST (RFC 9110 §13.1.2).
    let may_be_conditional = matches!(parts.method, Method::GET | Method::HEAD);
    if body.is_none() && may_be_conditional {
        headers.extend(conditions(&parts.headers, &forward));
    }
    let response = send(&gate.outbound, url, query, body, headers).await?;
    let urls = || {
        UrlRewriter::new(
            [server.record.url.as_str(), server.url(Service::Wfs)],
            &proxy_url(gate, server),
        )
        .with_advertised(&known.tree)
        .with_advertised(&known.own)
    };
    // No copy is kept of an answer that sets a ticket.
    let sets_ticket = matches!(
        identity.scheme,
        Scheme::UrlLogin | Scheme::Ticket { reissue: true, .. }
    );
    let keeps = Some(&parts.headers).filter(|_| may_be_conditional && !sets_ticket);
    if asked.operation.is_capabilities() {
        let (program, rules) = (server.program(), known.rules.clone());
        let filter =
            CapabilitiesFilter::new(asked.service, program, rules, role_ids, urls()).over(known.tree.clone());
        return capabilities(response, filter, &forward, keeps).await;
    }
    answer(response, urls, &forward, keeps).await
}

/// `authentication_required` is how a desktop GIS asks to be asked.
pub fn authentication_required(basicauth: bool, form: ExceptionForm) -> Response {
    let error = OgcError::new(OgcCode::NoApplicableCode, "Authentication is required.");
    let response = Fault::Ogc(StatusCode::FORBIDDEN, error).into_response(form);
    if basicauth {
        Failure::WrongBasic.onto(response)
    } else {
        response
    }
}

/// The server's name in the path.
fn in_path(name: Result<Option<Path<String>>, PathRejection>) -> Option<String> {
    // One that is not UTF-8 is no server's.
    name.map_or_else(|_| Some(String::new()), |name| name.map(|Path(name)| name))
}

/// Who the request acts for. A token can be for one server's routes alone, so the server is named by the rule that finds it
/// after this; where the query leaves doubt, which is refused then, no such token counts.
async fn identified(
    gate: &Gate,
    name: Option<&str>,
    parts: &request::Parts,
    sent: &Sent<'_>,
) -> Result<Identity, Failure> {
    let asked = sent.params().ok();
    let server = asked.and_then(|params| asked_name(gate, name, params).ok().flatten());
    gate.identify_at(parts, Reach::Own, server).await
}

/// The name of the server that is asked: the path's, else `ogcserver`'s in the URL, else the main one's.
fn asked_name<'a>(
    gate: &'a Gate,
    name: Option<&'a str>,
    params: &'a Params,
) -> Result<Option<&'a str>, OgcError> {
    let asked = match name {
        Some(name) => Some(name),
        None => params.filled("OGCSERVER")?,
    };
    Ok(asked.or(gate.settings.main_ogc_server.as_deref()))
}

/// The server of the path, else of `ogcserver`, else the main one.
pub async fn server(proxy: &Proxy, name: Option<&str>, params: &Params) -> Result<Arc<Server>, Fault> {
    let name = asked_name(&proxy.gate, name, params).map_err(Fault::bad_request)?;
    proxy.server(name).await
}

/// What the decision needs of a server.
pub struct Known {
    /// The rules, those of groups spread.
    pub rules: Arc<Rules>,
    /// The tree by which is decided.
    pub tree: Arc<Tree>,
    /// The tree of the service's own capabilities.
    pub own: Arc<Tree>,
}

impl Known {
    /// Reads it, or takes what was read lately.
    pub async fn read(proxy: &Proxy, server: &Server, asked: &Asked) -> Result<Self, Fault> {
        let gate = &proxy.gate;
        let read = async |service| proxy.trees.read(gate, &server.tree_url(service), service).await;
        let over_wms = match asked.service {
            Service::Wms => true,
            Service::Wmts => server.tiles_groups(),
            _ => false,
        };
        // Capabilities need it too: the URLs that the server gives as its own can stand before its operations tell.
        let (wms, own) = if asked.service == Service::Wms {
            let tree = read(Service::Wms).await?;
            (Some(tree.clone()), tree)
        } else if server.groups_matter() || over_wms {
            // Both to their end: what is under way when the answer goes out, Lambda freezes.
            let (wms, own) = join(read(Service::Wms), read(asked.service)).await;
            (Some(wms?), own?)
        } else {
            (None, read(asked.service).await?)
        };
        Ok(Self {
            rules: server.rules(wms.as_ref()),
            tree: wms.filter(|_| over_wms).unwrap_or_else(|| own.clone()),
            own,
        })
    }
}

/// Where a client finds the server through the proxy; parameters are appended to it.
pub fn proxy_url(gate: &Gate, server: &Server) -> String {
    let name = utf8_percent_encode(&server.record.name, NON_ALPHANUMERIC).to_string();
    gate.settings.base_url.join(&format!("/mapserv_proxy/{name}?"))
}

/// What a server is told beside the query of a request and its way here: never the user's cookie or Authorization. Whom it
/// is from is told by [`crate::told`].
pub fn headers(gate: &Gate, parts: &request::Parts, server: &Server) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(HEADERS);
    let mut add = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    for name in [header::ACCEPT, header::ACCEPT_LANGUAGE] {
        if let Some(value) = parts.headers.get(&name).and_then(|value| value.to_str().ok()) {
            add(name, value);
        }
    }
    let address = gate.address(parts);
    let written = address.to_string();
    let proto = if gate.is_https(parts) { "https" } else { "http" };
    let host = gate.settings.base_url.host_with_port();
    // An IPv6 address stands quoted, in brackets (RFC 7239, 6).
    let node = match address {
        IpAddr::V4(_) => written.clone(),
        IpAddr::V6(_) => format!("\"[{written}]\""),
    };
    add(
        header::FORWARDED,
        &["for=", &node, ";host=\"", host, "\";proto=", proto].concat(),
    );
    add(HeaderName::from_static("x-forwarded-for"), &written);
    add(HeaderName::from_static("x-forwarded-host"), host);
    add(HeaderName::from_static("x-forwarded-proto"), proto);
    if server.record.r#type == ServerType::Qgisserver {
        add(
            HeaderName::from_static("x-qgis-service-url"),
            proxy_url(gate, server).trim_end_matches('?'),
        );
    }
    headers
}
