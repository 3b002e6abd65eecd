//! Kinds that exist, and whose controllers come next: their status says so, instead of nothing.
//!
//! Another operator may serve them in the same cluster. So namespaces that are not ours are left alone, and each generation of an
//! object is told once: what somebody else writes after that stays.

use std::collections::HashMap;
use std::fmt::Debug;
use std::marker::PhantomData;

use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::api::{Patch, PatchParams};
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client, Resource, ResourceExt};
use serde_json::Value;
use tracing::{debug, warn};

use crate::api::request;
use crate::cache::Watched;
use crate::key::Key;
use crate::namespaces::Namespaces;
use crate::settings::Scope;

/// Writes the status that a kind has for now into its objects.
pub(crate) struct Teller<K> {
    client: Client,
    namespaces: Namespaces,
    status: fn(i64, Condition) -> Value,
    sentence: &'static str,
    /// The generation of which each object was told, by its identity.
    told: HashMap<String, i64>,
    kind: PhantomData<fn() -> K>,
}

impl<K> Teller<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + 'static,
{
    /// For objects in `namespaces`. `status` is made for a generation, and for a condition that says `sentence`.
    pub(crate) fn new(
        client: Client,
        namespaces: Namespaces,
        status: fn(i64, Condition) -> Value,
        sentence: &'static str,
    ) -> Self {
        Self { client, namespaces, status, sentence, told: HashMap::new(), kind: PhantomData }
    }

    /// Does so from now on.
    pub(crate) async fn run(mut self, scope: Scope) {
        let mut joined = self.namespaces.joined();
        loop {
            let mut events = watch::<K>(&self.client, &scope);
            loop {
                tokio::select! {
                    event = events.next() => match event {
                        Some(Ok(event)) => self.on(event).await,
                        // A cluster without this kind is served as well.
                        Some(Err(error)) => {
                            debug!(kind = %K::kind(&()), %error, "a watch broke off and is begun again");
                        }
                        None => return,
                    },
                    // Lists everything again.
                    () = joined.next() => break,
                }
            }
        }
    }

    /// Something happened to an object.
    async fn on(&mut self, event: Event<Watched<K>>) {
        match event {
            Event::Apply(object) | Event::InitApply(object) => self.tell(&object).await,
            Event::Delete(object) => {
                self.told.remove(&object.uid().unwrap_or_default());
            }
            Event::Init | Event::InitDone => {}
        }
    }

    async fn tell(&mut self, object: &Watched<K>) {
        let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
        if !self.namespaces.has(&Key::new(&namespace, &name)) {
            return;
        }
        let generation = object.meta().generation.unwrap_or(1);
        let uid = object.uid().unwrap_or_default();
        let says_so = object.status().and_then(|status| status.get("observedGeneration"))
            == Some(&Value::from(generation));
        if says_so || self.told.get(&uid) == Some(&generation) {
            self.told.insert(uid, generation);
            return;
        }
        let condition = Condition {
            type_: "Ready".to_owned(),
            status: "False".to_owned(),
            reason: "Unsupported".to_owned(),
            message: self.sentence.to_owned(),
            last_transition_time: Time(Timestamp::now()),
            observed_generation: Some(generation),
        };
        let patch = serde_json::json!({ "status": (self.status)(generation, condition) });
        let api: Api<Watched<K>> = Api::namespaced(self.client.clone(), &namespace);
        let params = PatchParams {
            field_manager: Some(crate::names::FIELD_MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let action = || format!("write the status of {} {name}", K::plural(&()));
        match request(action, api.patch_status(&name, &params, &Patch::Merge(&patch))).await {
            Ok(_) => {
                self.told.insert(uid, generation);
            }
            Err(error) => {
                warn!(namespace, name, error = %hearth_types::error_chain(&error), "an object stays without a status");
            }
        }
    }
}

type Events<K> = futures::stream::BoxStream<'static, watcher::Result<Event<Watched<K>>>>;

fn watch<K>(client: &Client, scope: &Scope) -> futures::stream::SelectAll<Events<K>>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + 'static,
    Watched<K>: Debug,
{
    let apis = scope.watched().into_iter().map(|namespace| -> Api<Watched<K>> {
        match namespace {
            Some(namespace) => Api::namespaced(client.clone(), namespace),
            None => Api::all(client.clone()),
        }
    });
    let watches = apis.map(|api| crate::watching::watch(api, watcher::Config::default()).boxed());
    futures::stream::select_all(watches)
}

#[cfg(test)]
mod tests {
    use hearth_crd::SparkConnect;
    use serde_json::json;

    use super::*;
    use crate::testing::FakeApi;

    const PATH: &str = "/apis/sparkoperator.k8s.io/v1alpha1/namespaces/ours/sparkconnects/c";

    fn json(namespace: &str, generation: i64, status: &Value) -> Value {
        json!({
            "apiVersion": "sparkoperator.k8s.io/v1alpha1", "kind": "SparkConnect", "spec": {}, "status": status,
            "metadata": { "name": "c", "namespace": namespace, "uid": "c", "generation": generation },
        })
    }

    fn object(namespace: &str, generation: i64, status: &Value) -> Watched<SparkConnect> {
        serde_json::from_value(json(namespace, generation, status)).unwrap()
    }

    #[tokio::test]
    async fn an_object_is_told_once_and_only_in_namespaces_that_are_served() {
        let api = FakeApi::default();
        api.put(PATH, json("ours", 1, &Value::Null));
        let namespaces = Namespaces::selected(&["ours".to_owned()]);
        let status = |generation, _| json!({ "observedGeneration": generation });
        let mut teller = Teller::<SparkConnect>::new(api.client(), namespaces, status, "not yet");
        teller.on(Event::InitApply(object("theirs", 1, &Value::Null))).await;
        assert_eq!(api.take_log(), Vec::<String>::new());
        teller.on(Event::InitApply(object("ours", 1, &json!({ "state": "Ready" })))).await;
        assert_eq!(api.take_log(), ["PATCH sparkconnects/status"]);
        // Another operator serves it after all.
        teller.on(Event::Apply(object("ours", 1, &json!({ "state": "Ready" })))).await;
        assert_eq!(api.take_log(), Vec::<String>::new());
        teller.on(Event::Apply(object("ours", 2, &json!({ "state": "Ready" })))).await;
        assert_eq!(api.take_log(), ["PATCH sparkconnects/status"]);
    }
}
