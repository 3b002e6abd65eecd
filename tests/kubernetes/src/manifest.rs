//! Applications to apply: the examples of this project, changed field by field.

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::cluster::workspace;

/// A manifest of a `SparkApplication`.
#[derive(Clone, Debug)]
pub struct Manifest {
    value: Value,
}

impl Manifest {
    /// `deploy/examples/NAME.yaml` with the image of the tests, and so little CPU that many run side by side.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn example(name: &str, image: &str) -> anyhow::Result<Self> {
        let path = workspace().join(format!("deploy/examples/{name}.yaml"));
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let value = serde_norway::from_str(&text).with_context(|| path.display().to_string())?;
        Ok(Self { value }
            .with("/spec/image", json!(image))
            .with("/spec/driver/coreRequest", json!("50m"))
            .with("/spec/executor/coreRequest", json!("50m")))
    }

    /// `pi`, running another program of the image.
    ///
    /// # Errors
    /// The example cannot be read.
    pub fn program(name: &str, image: &str, program: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        Ok(Self::example("pi", image)?
            .with("/metadata/name", json!(name))
            .with("/spec/mainApplicationFile", json!(format!("local:///opt/hearth/{program}")))
            .with("/spec/arguments", json!(arguments)))
    }

    /// Sets the field at a JSON pointer; maps on the way are made.
    ///
    /// # Panics
    /// The way leads through something that is not a map.
    #[must_use]
    pub fn with(mut self, pointer: &str, field: Value) -> Self {
        let mut place = &mut self.value;
        for key in pointer.split('/').skip(1) {
            let key = key.replace("~1", "/").replace("~0", "~");
            if place.is_null() {
                *place = json!({});
            }
            place = place.as_object_mut().unwrap().entry(key).or_insert(Value::Null);
        }
        *place = field;
        self
    }

    /// Without the field at a JSON pointer.
    ///
    /// # Panics
    /// There is no such map.
    #[must_use]
    pub fn without(mut self, pointer: &str) -> Self {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        self.value.pointer_mut(parent).and_then(Value::as_object_mut).unwrap().remove(key);
        self
    }

    /// `metadata.name`.
    ///
    /// # Panics
    /// There is none.
    pub fn name(&self) -> &str {
        self.value.pointer("/metadata/name").and_then(Value::as_str).unwrap()
    }

    /// What `kubectl` reads.
    pub fn text(&self) -> String {
        self.value.to_string()
    }
}
