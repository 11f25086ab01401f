//! The places of Lindmatt: what the demo's target of the resource proxy leads to.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;

/// The target's name in the demo's settings.
pub const TARGET: &str = "lindmatt-place";
/// The path of one place, as a target's template has it.
pub const TEMPLATE: &str = "/local/places/%s";
/// What to ask the resource proxy for, to see it work.
pub const EXAMPLE: &str = "/resourceproxy?target=lindmatt-place&values=('Rathaus',)";

const PLACES: &str = include_str!("../demo/places.geojson");

/// `GET /local/places/{name}`: what is known of a place, as JSON.
pub fn router() -> Router {
    Router::new().route(
        "/local/places/{name}",
        get(async |Path(name): Path<String>| place(&name)),
    )
}

fn place(name: &str) -> Response {
    match find(name) {
        Some(place) => Json(place).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn find(name: &str) -> Option<Value> {
    let places: Value = serde_json::from_str(PLACES).ok()?;
    let features = places.get("features")?.as_array()?;
    let mut places = features.iter().filter_map(|feature| feature.get("properties"));
    places
        .find(|place| place.get("name").and_then(Value::as_str) == Some(name))
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_by_name() {
        assert_eq!(find("Rathaus").unwrap()["kind"], "town hall");
        assert_eq!(find("Parkcafé").unwrap()["kind"], "café");
        assert_eq!(find("rathaus"), None);
    }

    #[test]
    fn the_example_asks_for_the_target() {
        assert!(EXAMPLE.starts_with(&format!("/resourceproxy?target={TARGET}&")));
    }
}
