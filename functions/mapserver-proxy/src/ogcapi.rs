//! `/mapserv_proxy/{ogcserver}/ogcapi/{path}` and `/mapserv_proxy/{ogcserver}/wfs3/{path}`: OGC API - Features.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use futures_util::{StreamExt as _, stream};
use http::{HeaderName, HeaderValue, Method, StatusCode, header, request};
use mapgate_core::http::{Failure, Reach, private};
use mapgate_core::identity::{Identity, Scheme};
use mapgate_core::map_server::{Server, ask, in_time};
use mapgate_core::oauth::{MAP, has_scope};
use mapgate_core::ogc::ogcapi::{
    Api, ApiCall, ApiFilter, Kind, Resource, definition, filter_api, properties_of,
};
use mapgate_core::ogc::{
    Access, Asked, ExceptionForm, Forward, OgcCode, OgcError, Operation, Params, Refusal, Service,
    UrlRewriter, decide, readable,
};
use mapgate_core::outbound::{Arriving, Call};
use percent_encoding::percent_decode_str;

use crate::Proxy;
use crate::body::json_object;
use crate::fault::{Fault, refusal, sandboxed};
use crate::mapserv_proxy::{Known, authentication_required, headers, proxy_url, server};
use crate::told::{own_headers, own_parameters};

const FORM: ExceptionForm = ExceptionForm::Json;
const DEFINITION_TYPE: &str = "application/vnd.oai.openapi+json;version=3.0";

/// The API of a `MapServer`: reading alone.
pub async fn ogcapi(state: State<Arc<Proxy>>, request: Request) -> Response {
    answer(Api::OgcApi, state, request).await
}

/// The API of a QGIS Server: reading and changing features.
pub async fn wfs3(state: State<Arc<Proxy>>, request: Request) -> Response {
    answer(Api::Wfs3, state, request).await
}

async fn answer(api: Api, State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let place = place(api, &parts);
    // A token can be for one server alone.
    let name = place.as_ref().map(|(name, _)| name.as_str());
    let identity = match proxy.gate.identify_at(&parts, Reach::Own, name).await {
        Ok(identity) => identity,
        Err(failure) => return Fault::from(failure).into_response(FORM),
    };
    let call = Visit {
        api,
        proxy: &proxy,
        parts: &parts,
        place: place.as_ref().map(|(name, path)| (name.as_str(), *path)),
        identity: &identity,
    };
    let response = match call.answer(body).await {
        Ok(response) => response,
        Err(fault) => fault.into_response(FORM),
    };
    proxy.gate.reissue(&identity, response).await
}

/// A request and whom it is from.
struct Visit<'a> {
    api: Api,
    proxy: &'a Proxy,
    parts: &'a request::Parts,
    /// The server's name, and the path below the API as it was sent.
    place: Option<(&'a str, &'a str)>,
    identity: &'a Identity,
}

/// The server's name, and the path below the API as it was sent.
fn place(api: Api, parts: &request::Parts) -> Option<(String, &str)> {
    let rest = parts.uri.path().strip_prefix("/mapserv_proxy/")?;
    let (name, rest) = rest.split_once('/')?;
    let path = rest.strip_prefix(api.segment())?;
    let name = percent_decode_str(name).decode_utf8().ok()?;
    (path.is_empty() || path.starts_with('/')).then(|| (name.into_owned(), path))
}

impl Visit<'_> {
    async fn answer(&self, body: Body) -> Result<Response, Fault> {
        let gate = &self.proxy.gate;
        if let Scheme::Bearer { scope, .. } = &self.identity.scheme
            && !has_scope(scope, MAP)
        {
            return Err(Failure::InsufficientScope(MAP).into());
        }
        let query = self.parts.uri.query().unwrap_or_default();
        let asks = Params::parse_lossy(query)
            .iter()
            .any(|(name, _)| name == "AUTHENTICATION_REQUIRED");
        if self.identity.user.is_none() && asks {
            return Ok(authentication_required(gate.settings.basicauth, FORM));
        }
        let (name, path) = self.place.ok_or_else(|| told(not_found()))?;
        let server = server(self.proxy, Some(name), &Params::default()).await?;
        if !self.api.is_of(server.program()) {
            return Err(told(not_found()));
        }
        let parsed = ApiCall::parse(self.api, server.program(), &self.parts.method, path, query);
        let call = match parsed {
            Ok(call) => call,
            Err(error) if error.code == OgcCode::MethodNotAllowed => return Ok(self.not_allowed(path, error)),
            Err(error) => return Err(told(error)),
        };
        if call.asked.operation == Operation::GetCapabilities && gate.settings.hide_capabilities {
            return Err(told(not_found()));
        }
        let (limit, url) = (gate.settings.http_options.timeout, &server.record.url);
        if call.asked.access == Access::Read || call.method == Method::DELETE {
            return in_time(limit, url, self.asked(&server, &call)).await;
        }
        // Who may not change anything makes nobody gather a body.
        let forward = match in_time(limit, url, self.decided(&server, &call)).await? {
            Ok((_, forward)) => forward,
            Err(refused) => return Ok(refused),
        };
        // No part of what has a time limit: a client may be slow.
        let body = json_object(&self.parts.headers, body).await?;
        in_time(limit, url, self.change(&server, &call, &forward, Some(body))).await
    }

    /// Decides, asks the server, and makes the answer of what it says; for what has no body.
    async fn asked(&self, server: &Server, call: &ApiCall) -> Result<Response, Fault> {
        let (known, forward) = match self.decided(server, call).await? {
            Ok(decided) => decided,
            Err(refused) => return Ok(refused),
        };
        if call.asked.access == Access::Write {
            return self.change(server, call, &forward, None).await;
        }
        match Kind::of(&call.resource) {
            Some(kind) => self.read(server, call, &forward, &known, kind).await,
            None => Ok(self.definition(server, &call.asked, &known)),
        }
    }

    /// Decides: gives what the server may be asked, or the answer that refuses it.
    async fn decided(
        &self,
        server: &Server,
        call: &ApiCall,
    ) -> Result<Result<(Known, Forward), Response>, Fault> {
        let known = Known::read(self.proxy, server, &call.asked).await?;
        let mut forward = match decide(&call.asked, &known.rules, &known.tree, &self.role_ids()) {
            Ok(forward) => forward,
            Err(no) => return Ok(Err(self.refused(no, server))),
        };
        if !call.properties.is_empty() {
            let properties = self.properties(server, &call.resource).await?;
            forward
                .query
                .extend(call.filter_by(&properties).map_err(told)?.iter());
        }
        Ok(Ok((known, forward)))
    }

    fn role_ids(&self) -> BTreeSet<i64> {
        self.identity.role_ids().into_iter().map(|role| role.0).collect()
    }

    /// 405, with the methods that the resource has.
    fn not_allowed(&self, path: &str, error: OgcError) -> Response {
        let mut response = Fault::Ogc(StatusCode::METHOD_NOT_ALLOWED, error).into_response(FORM);
        let methods = Resource::parse(self.api, path)
            .map(|resource| resource.methods(self.api))
            .unwrap_or_default();
        let names: Vec<&str> = methods.iter().map(Method::as_str).collect();
        if let Ok(allowed) = HeaderValue::from_str(&names.join(",")) {
            response.headers_mut().insert(header::ALLOW, allowed);
        }
        response
    }

    /// What the decision forbids.
    fn refused(&self, no: Refusal, server: &Server) -> Response {
        let user = self.identity.user.as_ref();
        if let Refusal::Fault(error) = no {
            return told(error).into_response(FORM);
        }
        let name = user.map_or("anonymous", |user| user.username.as_str());
        tracing::info!(
            user = name,
            server = server.record.name,
            "a collection is forbidden"
        );
        refusal(no, user.is_some(), FORM)
    }

    fn outgoing(
        &self,
        server: &Server,
        forward: &Forward,
        method: Method,
        resource: &Resource,
    ) -> Result<Call, Fault> {
        let own = own_parameters(server, self.identity);
        let form = [("f", "json")].into_iter().filter(|_| method == Method::GET);
        let query = forward.query_string(form.chain(own.iter()));
        let mut headers = headers(&self.proxy.gate, self.parts, server);
        headers.extend(own_headers(server, self.identity)?);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        Ok(Call {
            method,
            url: server.api_url(resource),
            query,
            headers,
            body: None,
        })
    }

    /// Reads what the server's own definition names as a collection's properties.
    async fn properties(&self, server: &Server, resource: &Resource) -> Result<BTreeSet<String>, Fault> {
        let Some(collection) = resource.collection() else {
            return Ok(BTreeSet::new());
        };
        let url = server.api_url(&Resource::Definition);
        let definition = self.proxy.definitions.read(&self.proxy.gate, &url).await?;
        Ok(properties_of(&definition, collection))
    }

    fn urls(&self, server: &Server, call: &ApiCall, known: &Known) -> UrlRewriter {
        let gate = &self.proxy.gate;
        let configured = server.api_url(&Resource::Landing);
        let bases = std::iter::once(configured.as_str()).chain(known.own.advertised());
        let kept = call.properties.iter().map(|(name, _)| name.to_owned()).collect();
        UrlRewriter::new(
            [server.record.url.as_str(), server.url(Service::Wfs)],
            &proxy_url(gate, server),
        )
        .with_api(self.api, bases, &self.proxy_base(server), kept)
    }

    /// Where a client finds the API through the proxy.
    fn proxy_base(&self, server: &Server) -> String {
        let url = proxy_url(&self.proxy.gate, server);
        format!("{}/{}", url.trim_end_matches('?'), self.api.segment())
    }

    async fn read(
        &self,
        server: &Server,
        call: &ApiCall,
        forward: &Forward,
        known: &Known,
        kind: Kind,
    ) -> Result<Response, Fault> {
        let outgoing = self.outgoing(server, forward, Method::GET, &call.resource)?;
        let response = ask(&self.proxy.gate.outbound, outgoing).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(failed(response).await);
        }
        let mut reading = call.asked.clone();
        reading.access = Access::Read;
        let seen = readable(&reading, &known.rules, &known.tree, &self.role_ids());
        let filter = ApiFilter::new(kind, seen, self.urls(server, call, known));
        let mut filtered = Box::pin(filter_api(Box::pin(response.into_body()), filter));
        let first = match filtered.next().await {
            Some(Ok(first)) => first,
            other => {
                let error = other.and_then(Result::err).map(|error| error.to_string());
                tracing::error!(error, "the answer of the API cannot be read");
                return Err(Fault::backend(
                    StatusCode::BAD_GATEWAY,
                    "The map server's answer cannot be read.",
                ));
            }
        };
        let media = match call.resource {
            Resource::Items(_) | Resource::Item(..) => "application/geo+json",
            Resource::Queryables(_) => "application/schema+json",
            _ => "application/json",
        };
        Ok(json(
            Body::from_stream(stream::iter([Ok(first)]).chain(filtered)),
            media,
        ))
    }

    /// The definition, written for the user.
    fn definition(&self, server: &Server, asked: &Asked, known: &Known) -> Response {
        let of = |access: Access| {
            let mut asked = asked.clone();
            asked.access = access;
            readable(&asked, &known.rules, &known.tree, &self.role_ids())
        };
        let writable = match self.api {
            Api::Wfs3 => of(Access::Write),
            Api::OgcApi => BTreeSet::new(),
        };
        let document = definition(
            self.api,
            &server.record.name,
            &self.proxy_base(server),
            &of(Access::Read),
            &writable,
        );
        json(Body::from(document.to_string()), DEFINITION_TYPE)
    }

    /// Hands a change on. Its body is JSON, which names no other collection than the path. Of the answer, only what was made
    /// where is told.
    async fn change(
        &self,
        server: &Server,
        call: &ApiCall,
        forward: &Forward,
        body: Option<Bytes>,
    ) -> Result<Response, Fault> {
        let mut outgoing = self.outgoing(server, forward, call.method.clone(), &call.resource)?;
        outgoing.body = body;
        if outgoing.body.is_some() {
            // The only one of JSON's types that QGIS Server knows for each of the methods.
            outgoing
                .headers
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let response = ask(&self.proxy.gate.outbound, outgoing).await?;
        let status = response.status();
        if !status.is_success() {
            return Err(failed(response).await);
        }
        let user = self.identity.user.as_ref();
        tracing::info!(
            user = user.map_or("anonymous", |user| user.username.as_str()),
            server = server.record.name,
            method = %call.method,
            path = call.resource.path(),
            "features are changed"
        );
        let created = call.method == Method::POST;
        let status = if created {
            StatusCode::CREATED
        } else {
            StatusCode::NO_CONTENT
        };
        let mut answer = sandboxed(private(status.into_response()));
        let location = response.headers().get(header::LOCATION);
        let made = location
            .and_then(|location| location.to_str().ok())
            .and_then(|location| call.made(self.api, location))
            .map(|made| format!("{}{}", self.proxy_base(server), made.path()));
        if let Some(made) = made.and_then(|made| HeaderValue::from_str(&made).ok())
            && created
        {
            answer.headers_mut().insert(header::LOCATION, made);
        }
        Ok(answer)
    }
}

fn not_found() -> OgcError {
    OgcError::new(OgcCode::NotFound, "There is no such resource.")
}

/// A fault with the status that its code has in an API.
fn told(error: OgcError) -> Fault {
    match error.code {
        OgcCode::NotFound => Fault::Ogc(StatusCode::NOT_FOUND, error),
        _ => Fault::bad_request(error),
    }
}

/// What a server refuses: 404 and 400 as it says, all else is its own fault. Its words go to the log.
async fn failed(response: http::Response<Arriving>) -> Fault {
    let status = response.status();
    let mut body = response.into_body();
    let said = body.next().await.and_then(Result::ok).unwrap_or_default();
    let shown = said.get(..said.len().min(2000)).unwrap_or_default();
    tracing::warn!(%status, answer = %shown.escape_ascii(), "the map server tells of a fault");
    match status {
        StatusCode::NOT_FOUND => told(not_found()),
        _ if let Some(fault) = Fault::too_large(status) => fault,
        _ if status.is_client_error() => Fault::bad_request(OgcError::new(
            OgcCode::NoApplicableCode,
            "The map server could not answer the request.",
        )),
        _ => Fault::backend(StatusCode::BAD_GATEWAY, "The map server failed."),
    }
}

fn json(body: Body, media: &'static str) -> Response {
    let mut response = private(Response::new(body));
    let name: HeaderName = header::CONTENT_TYPE;
    response
        .headers_mut()
        .insert(name, HeaderValue::from_static(media));
    sandboxed(response)
}
