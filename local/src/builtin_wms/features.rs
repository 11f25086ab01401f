//! The sample map's layers and features, read from their `GeoJSON`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::sample_map;

/// The group of the layers that a land register would keep.
pub const CADASTRE: [&str; 2] = ["parcels", "owners"];

/// One layer of the map.
pub struct Layer {
    pub name: &'static str,
    pub features: Vec<Feature>,
}

#[derive(Deserialize)]
struct Collection {
    features: Vec<Feature>,
}

/// One thing on the map.
#[derive(Deserialize)]
pub struct Feature {
    properties: Map<String, Value>,
    pub geometry: Geometry,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
pub enum Geometry {
    Point([f64; 2]),
    LineString(Vec<[f64; 2]>),
    Polygon(Vec<Vec<[f64; 2]>>),
}

/// A feature that was asked for.
pub struct Hit<'a> {
    pub layer: &'static str,
    pub feature: &'a Feature,
}

impl Layer {
    /// Whether `asked` is its name, its group's or the whole map's.
    pub fn answers_to(&self, asked: &str) -> bool {
        asked == self.name
            || asked == sample_map::NAME
            || (asked == "cadastre" && CADASTRE.contains(&self.name))
    }
}

impl Feature {
    /// A property that is text.
    pub fn text(&self, name: &str) -> &str {
        self.properties
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The mapfile's `role_id IN (0,%role_ids%) OR user_id = %user_id%`, where a feature has such properties.
    pub fn is_for(&self, roles: &[i64], user: i64) -> bool {
        let id = |name| self.properties.get(name).and_then(Value::as_i64);
        !self.properties.contains_key("role_id")
            || id("role_id").is_some_and(|role| role == 0 || roles.contains(&role))
            || id("user_id").is_some_and(|owner| owner == user)
    }
}

impl Hit<'_> {
    pub fn json(&self) -> Value {
        let id = self.feature.properties.get("id").unwrap_or(&Value::Null);
        json!({"type": "Feature", "id": format!("{}.{id}", self.layer), "layer": self.layer,
               "properties": self.feature.properties, "geometry": null})
    }
}

/// The hits in the form that `MapServer` gives them as plain text.
pub fn text(hits: &[Hit]) -> String {
    let mut lines = vec!["GetFeatureInfo results:".to_owned()];
    let mut layer = "";
    for hit in hits {
        if hit.layer != layer {
            layer = hit.layer;
            lines.push(format!("\nLayer '{layer}'"));
        }
        let id = hit.feature.properties.get("id").unwrap_or(&Value::Null);
        lines.push(format!("  Feature {id}:"));
        for (name, value) in &hit.feature.properties {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            lines.push(format!("    {name} = '{value}'"));
        }
    }
    lines.join("\n") + "\n"
}

/// All layers, from the bottom of the map to its top.
pub fn load() -> anyhow::Result<Vec<Layer>> {
    let mut layers = Vec::new();
    for layer in sample_map::LAYERS {
        let collection: Collection = serde_json::from_str(layer.features)?;
        layers.push(Layer {
            name: layer.name,
            features: collection.features,
        });
    }
    Ok(layers)
}
