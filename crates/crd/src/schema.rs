//! Parts of the schema that the derive cannot write.

use schemars::{Schema, SchemaGenerator, json_schema};

/// An object whose fields are kept but not described.
///
/// The full schema of a pod would make the resource definition too large for client-side `kubectl apply`.
pub(crate) fn any_object(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "x-kubernetes-preserve-unknown-fields": true })
}
