//! The sample map server where no `MapServer` is installed: a small WMS 1.1.1 and 1.3.0 of the same layers,
//! without labels and without WFS.

mod capabilities;
mod draw;
mod features;
mod request;

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use features::{Feature, Hit, Layer};
use request::{Fault, Parameters, View};

/// Serves the sample map at `path`; `url` is what the capabilities name as its address.
pub fn router(path: &str, url: &str) -> anyhow::Result<Router> {
    let map = Arc::new(Map {
        layers: features::load()?,
        url: url.to_owned(),
    });
    Ok(Router::new().route(path, get(answer)).with_state(map))
}

struct Map {
    layers: Vec<Layer>,
    url: String,
}

async fn answer(State(map): State<Arc<Map>>, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::parse(query.as_deref().unwrap_or_default());
    let version = parameters.version();
    // Drawing is work for a core and not for the loop that serves everyone.
    let answer = tokio::task::spawn_blocking(move || map.answer(&parameters)).await;
    let fault = match answer {
        Ok(Ok(response)) => return response,
        Ok(Err(fault)) => fault,
        Err(_) => Fault::new("", "the map cannot be drawn"),
    };
    capabilities::exception(version, &fault)
}

impl Map {
    fn answer(&self, parameters: &Parameters) -> Result<Response, Fault> {
        if !parameters.need("service")?.eq_ignore_ascii_case("wms") {
            return Err(Fault::new("InvalidParameterValue", "this server knows WMS only"));
        }
        match parameters.need("request")?.to_ascii_lowercase().as_str() {
            "getcapabilities" => capabilities::document(parameters.version(), &self.url),
            "getmap" => self.map(parameters),
            "getfeatureinfo" => self.feature_info(parameters),
            "getlegendgraphic" => self.legend(parameters),
            _ => Err(Fault::new("OperationNotSupported", "the request is not known")),
        }
    }

    fn map(&self, parameters: &Parameters) -> Result<Response, Fault> {
        let layers = self.layers(parameters, "layers")?;
        parameters.check_styles()?;
        parameters.check_png()?;
        let view = View::of(parameters)?;
        let features = layers.iter().flat_map(|layer| shown(layer, parameters));
        Ok(png(draw::map(
            &view,
            features,
            parameters.is_true("transparent"),
        )?))
    }

    fn feature_info(&self, parameters: &Parameters) -> Result<Response, Fault> {
        let layers = self.layers(parameters, "query_layers")?;
        let view = View::of(parameters)?;
        let pixel = view.pixel(parameters)?;
        let count = parameters.number("feature_count", 1)?.max(1) as usize;
        let mut hits = Vec::new();
        for layer in layers {
            let found =
                shown(layer, parameters).filter(|(_, feature)| draw::hits(&view, pixel, layer, feature));
            hits.extend(found.take(count).map(|(layer, feature)| Hit {
                layer: layer.name,
                feature,
            }));
        }
        match parameters.get("info_format").unwrap_or("text/plain") {
            "text/plain" => Ok(features::text(&hits).into_response()),
            "application/json" => {
                let found: Vec<_> = hits.iter().map(Hit::json).collect();
                Ok(axum::Json(json!({"type": "FeatureCollection", "features": found})).into_response())
            }
            _ => Err(Fault::new(
                "InvalidFormat",
                "text/plain and application/json are known",
            )),
        }
    }

    fn legend(&self, parameters: &Parameters) -> Result<Response, Fault> {
        parameters.check_png()?;
        let layers = self.layers(parameters, "layer")?;
        Ok(png(draw::legend(&layers)?))
    }

    /// The layers that a parameter names, groups as their members.
    fn layers(&self, parameters: &Parameters, name: &str) -> Result<Vec<&Layer>, Fault> {
        let mut found = Vec::new();
        for asked in parameters.need(name)?.split(',') {
            let before = found.len();
            found.extend(self.layers.iter().filter(|layer| layer.answers_to(asked)));
            if found.len() == before {
                return Err(Fault::new("LayerNotDefined", "a layer is not known"));
            }
        }
        Ok(found)
    }
}

/// The layer's features that this request may see, as the mapfile's run-time substitution has it.
fn shown<'m>(layer: &'m Layer, parameters: &Parameters) -> impl Iterator<Item = (&'m Layer, &'m Feature)> {
    let (roles, user) = (parameters.role_ids(), parameters.user_id());
    layer
        .features
        .iter()
        .filter(move |feature| feature.is_for(&roles, user))
        .map(move |feature| (layer, feature))
}

fn png(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "image/png")], bytes).into_response()
}

#[cfg(test)]
mod tests;
