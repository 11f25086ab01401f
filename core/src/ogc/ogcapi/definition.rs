//! The API's definition: an `OpenAPI` document of what the proxy offers, written for one user.

use super::{Api, Resource};
use http::Method;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The definition of an API named `title` at `url`, with the collections that may be read, and those that may be
/// changed.
#[must_use]
pub fn definition(
    api: Api,
    title: &str,
    url: &str,
    readable: &BTreeSet<String>,
    writable: &BTreeSet<String>,
) -> Value {
    let (collection, item) = ("{collectionId}", "{featureId}");
    let of = |end: &str| format!("/collections/{collection}{end}");
    let mut paths = Map::new();
    for (path, summary, parameters) in [
        ("/".to_owned(), "Landing page", vec![]),
        ("/conformance".to_owned(), "What the API conforms to", vec![]),
        ("/api".to_owned(), "This document", vec![]),
        ("/collections".to_owned(), "Collections", vec![]),
        (of(""), "A collection", vec!["collectionId"]),
        (of("/queryables"), "Properties to filter by", vec!["collectionId"]),
        (
            of("/items"),
            "Features",
            vec!["collectionId", "limit", "offset", "bbox", "datetime"],
        ),
        (
            of(&format!("/items/{item}")),
            "A feature",
            vec!["collectionId", "featureId"],
        ),
    ] {
        let parameters: Vec<Value> = parameters
            .into_iter()
            .map(|name| json!({ "$ref": format!("#/components/parameters/{name}") }))
            .collect();
        let get = json!({
            "summary": summary,
            "parameters": parameters,
            "responses": { "200": { "description": "JSON" }, "default": { "$ref": "#/components/responses/Exception" } }
        });
        paths.insert(path, json!({ "get": get }));
    }
    for (path, resource) in [
        (of("/items"), Resource::Items(String::new())),
        (
            of(&format!("/items/{item}")),
            Resource::Item(String::new(), String::new()),
        ),
    ] {
        let methods = resource.methods(api).iter();
        for method in methods.filter(|method| !matches!(**method, Method::GET | Method::HEAD)) {
            let name = if path.ends_with('}') {
                "featureId"
            } else {
                "collectionId"
            };
            let mut parameters = vec![json!({ "$ref": "#/components/parameters/writableId" })];
            if name == "featureId" {
                parameters.push(json!({ "$ref": "#/components/parameters/featureId" }));
            }
            if let Some(Value::Object(operations)) = paths.get_mut(&path).filter(|_| !writable.is_empty()) {
                operations.insert(
                    method.as_str().to_ascii_lowercase(),
                    json!({
                        "summary": "Changes features",
                        "parameters": parameters,
                        "responses": { "default": { "$ref": "#/components/responses/Exception" } }
                    }),
                );
            }
        }
    }
    json!({
        "openapi": "3.0.2",
        "info": { "title": title, "version": "1.0.0" },
        "servers": [{ "url": url }],
        "paths": paths,
        "components": {
            "parameters": parameters(readable, writable),
            "responses": { "Exception": {
                "description": "A fault",
                "content": { "application/json": { "schema": {
                    "type": "object",
                    "required": ["code"],
                    "properties": { "code": { "type": "string" }, "description": { "type": "string" } }
                } } }
            } }
        }
    })
}

fn parameters(readable: &BTreeSet<String>, writable: &BTreeSet<String>) -> Value {
    let path =
        |name: &str, schema: Value| json!({ "name": name, "in": "path", "required": true, "schema": schema });
    let query = |name: &str, schema: Value| json!({ "name": name, "in": "query", "required": false, "schema": schema, "style": "form", "explode": false });
    json!({
        "collectionId": path("collectionId", json!({ "type": "string", "enum": readable })),
        "writableId": path("collectionId", json!({ "type": "string", "enum": writable })),
        "featureId": path("featureId", json!({ "type": "string" })),
        "limit": query("limit", json!({ "type": "integer", "minimum": 1, "maximum": 10000, "default": 10 })),
        "offset": query("offset", json!({ "type": "integer", "minimum": 0, "default": 0 })),
        "bbox": query("bbox", json!({ "type": "array", "minItems": 4, "maxItems": 6, "items": { "type": "number" } })),
        "datetime": query("datetime", json!({ "type": "string" }))
    })
}
