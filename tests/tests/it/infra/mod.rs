//! `infra/template.yaml` is what the code asks for: routes, roles, the table, settings, and how a version comes in.

mod deploying;
mod gateway;
mod roles;

use serde_json::Value;

/// The members of a list.
fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
