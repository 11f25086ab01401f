//! `/resourceproxy`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use http::request;
use mapgate_core::http::{Failure, Form, Reach, private};
use mapgate_core::identity::Scheme;

use crate::Proxy;
use crate::address::address;
use crate::answer::answer;
use crate::fault::Fault;
use crate::fetch::fetch;
use crate::values;

/// `GET`: what the target answers for the values. Open to everybody, as in `GeoMapFish`; but a wrong credential is 401
/// here as everywhere.
pub async fn get(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let identity = match proxy.gate.identify(&parts, Reach::Own).await {
        Ok(identity) => identity,
        Err(failure) => return Fault::from(failure).into_response(),
    };
    let mut response = proxied(&proxy, &parts).await.unwrap_or_else(Fault::into_response);
    if identity.scheme == Scheme::UrlLogin {
        // It gets a ticket, which no cache may keep.
        response = private(response);
    }
    proxy.gate.reissue(&identity, response).await
}

async fn proxied(proxy: &Proxy, parts: &request::Parts) -> Result<Response, Fault> {
    let settings = &proxy.gate.settings;
    let query = Form::of_query(parts.uri.query())?;
    let bad = |text: String| Failure::BadRequest(text);
    let field = |name: &str| {
        if query.is_repeated(name) {
            return Err(bad(format!("{name} stands there twice")));
        }
        Ok(query.get(name))
    };
    let name = field("target")?.ok_or_else(|| bad("target is missing".to_owned()))?;
    let target = settings.resourceproxy.targets.get(name);
    let target = target.ok_or_else(|| bad("the target is unknown".to_owned()))?;
    let values = match field("values")? {
        Some(values) => values::parse(values).map_err(|error| bad(error.to_string()))?,
        None if target.values() == 0 => Vec::new(),
        None => return Err(bad("values is missing".to_owned()).into()),
    };
    let url = address(target, &values).map_err(|error| bad(error.to_string()))?;
    let asked = async {
        let response = fetch(&proxy.outbound, parts, url).await?;
        answer(response, &parts.method, &settings.resourceproxy.allowed_headers).await
    };
    // All redirects together, and a body that is read here.
    let answered = tokio::time::timeout(settings.http_options.timeout, asked).await;
    let answered = answered.unwrap_or(Err(Fault::Slow));
    if let Err(fault @ (Fault::Down | Fault::Slow | Fault::TooLarge)) = &answered {
        tracing::warn!(resource = name, %fault, "a resource is not passed on");
    }
    answered
}
