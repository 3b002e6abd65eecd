//! Applications and pools as the cache keeps them: as text, which takes a tenth of the memory of the parsed types.
//!
//! They are watched without looking into their specs, so that one object that does not parse stops nothing but itself.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

use hearth_crd::ExecutorPool;
use k8s_openapi::NamespaceResourceScope;
use kube::Resource;
use kube::api::ObjectMeta;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::text::Text;

/// The annotation in which `kubectl apply` keeps the whole object once more.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// An object of kind `K` as it comes from a watch.
#[derive(Deserialize)]
#[serde(bound = "")]
pub struct Watched<K> {
    #[serde(deserialize_with = "without_managed_fields")]
    metadata: ObjectMeta,
    #[serde(default)]
    spec: Value,
    #[serde(default)]
    status: Option<Value>,
    #[serde(skip)]
    kind: PhantomData<fn() -> K>,
}

/// An object as the cache keeps it.
#[derive(Debug)]
pub struct Object {
    /// Tells it from a later object of the same name.
    pub uid: Box<str>,
    /// Its resource version: later ones are greater.
    pub version: u64,
    text: Text,
}

/// An object in the cache does not parse.
#[derive(Debug, thiserror::Error)]
#[error("read the object")]
pub struct ParseError {
    #[from]
    source: serde_json::Error,
}

impl Object {
    /// The object, parsed.
    pub fn parse<K: DeserializeOwned>(&self) -> Result<K, ParseError> {
        Ok(self.text.parse()?)
    }
}

#[cfg(test)]
impl Object {
    /// How many bytes it takes.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>() + self.uid.len() + self.text.size()
    }
}

impl<K: Resource<DynamicType = ()>> Watched<K> {
    /// A parsed object as if it came from a watch.
    pub fn of(object: &K) -> Result<Self, ParseError>
    where
        K: Serialize,
    {
        Ok(serde_json::from_value(serde_json::to_value(object)?)?)
    }

    /// Its status, whatever it looks like.
    pub fn status(&self) -> Option<&Value> {
        self.status.as_ref()
    }

    /// The object as the cache keeps it.
    pub(super) fn into_object(self) -> Result<Object, ParseError> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Whole<'a> {
            api_version: Cow<'a, str>,
            kind: Cow<'a, str>,
            metadata: &'a ObjectMeta,
            spec: &'a Value,
            #[serde(skip_serializing_if = "Option::is_none")]
            status: &'a Option<Value>,
        }
        let mut metadata = self.metadata;
        strip(&mut metadata);
        let (uid, version) = identity(&metadata);
        let whole = Whole {
            api_version: K::api_version(&()),
            kind: K::kind(&()),
            metadata: &metadata,
            spec: &self.spec,
            status: &self.status,
        };
        Ok(Object { uid, version, text: Text::of(&serde_json::to_string(&whole)?) })
    }
}

/// The state that the status tells, as it is written.
pub(super) fn state_of<K>(watched: &Watched<K>) -> Option<&str> {
    watched.status.as_ref()?.get("applicationState")?.get("state")?.as_str()
}

/// The name of the application that a pool belongs to.
pub(super) fn application_of(pool: &Watched<ExecutorPool>) -> Option<&str> {
    pool.spec.get("application")?.as_str()
}

/// Who an object is, and how new.
pub(super) fn identity(metadata: &ObjectMeta) -> (Box<str>, u64) {
    let version = metadata.resource_version.as_deref().and_then(|version| version.parse().ok());
    (metadata.uid.as_deref().unwrap_or_default().into(), version.unwrap_or(0))
}

fn strip(metadata: &mut ObjectMeta) {
    metadata.managed_fields = None;
    if let Some(annotations) = &mut metadata.annotations {
        annotations.remove(LAST_APPLIED);
    }
}

/// Reads metadata without building what is thrown away at once.
fn without_managed_fields<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ObjectMeta, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Lean {
        #[serde(default, rename = "managedFields")]
        _managed_fields: Option<IgnoredAny>,
        #[serde(flatten)]
        rest: ObjectMeta,
    }
    Lean::deserialize(deserializer).map(|lean| lean.rest)
}

impl<K> Clone for Watched<K> {
    fn clone(&self) -> Self {
        Self {
            metadata: self.metadata.clone(),
            spec: self.spec.clone(),
            status: self.status.clone(),
            kind: PhantomData,
        }
    }
}

impl<K> std::fmt::Debug for Watched<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched").field("name", &self.metadata.name).finish_non_exhaustive()
    }
}

impl<K: Resource<DynamicType = (), Scope = NamespaceResourceScope>> Resource for Watched<K> {
    type DynamicType = ();
    type Scope = NamespaceResourceScope;

    fn kind((): &()) -> Cow<'_, str> {
        K::kind(&())
    }

    fn group((): &()) -> Cow<'_, str> {
        K::group(&())
    }

    fn version((): &()) -> Cow<'_, str> {
        K::version(&())
    }

    fn plural((): &()) -> Cow<'_, str> {
        K::plural(&())
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

/// An object that is shared with those who read the cache.
pub(super) type Shared = Arc<Object>;
