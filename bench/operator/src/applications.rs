//! Creates applications and notes when each of them got its driver and its end.

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::{Duration, Instant};

use anyhow::Context;
use futures::{StreamExt, TryStreamExt, stream};
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::{ApiResource, DeleteParams, DynamicObject, GroupVersionKind, ObjectMeta, PostParams};
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client, ResourceExt};

/// When things happened, since the first application was created.
#[derive(Debug, Default)]
pub(crate) struct Times {
    /// Until the last application was created.
    pub(crate) created: Duration,
    /// Until each application was first seen with a status, ascending.
    pub(crate) submitted: Vec<Duration>,
    /// Until each application was seen to have ended, ascending.
    pub(crate) ended: Vec<Duration>,
    /// How many did not end well.
    pub(crate) failed: usize,
}

pub(crate) struct Applications {
    api: Api<DynamicObject>,
    executors: u32,
    manifest: Option<String>,
}

impl Applications {
    pub(crate) fn new(client: Client, namespace: &str, executors: u32, manifest: Option<String>) -> Self {
        let kind = GroupVersionKind::gvk(hearth_crd::GROUP, hearth_crd::VERSION, hearth_crd::KIND);
        let api = Api::namespaced_with(client, namespace, &ApiResource::from_gvk(&kind));
        Self { api, executors, manifest }
    }

    /// Creates `count` applications and waits until all have ended.
    pub(crate) async fn run(&self, count: usize, at_a_time: usize) -> anyhow::Result<Times> {
        let start = Instant::now();
        let mut times = Times::default();
        let create = async {
            let numbers = stream::iter(0..count).map(|number| self.create(number));
            numbers.buffer_unordered(at_a_time).try_for_each(|()| async { Ok(()) }).await?;
            anyhow::Ok(start.elapsed())
        };
        let (created, ()) = futures::try_join!(create, self.watch(count, start, &mut times))?;
        times.created = created;
        Ok(times)
    }

    async fn create(&self, number: usize) -> anyhow::Result<()> {
        let name = format!("load-{number}");
        let object: DynamicObject = match &self.manifest {
            Some(text) => {
                let text = text.replace("NAME", &name).replace("\"N\"", &self.executors.to_string());
                serde_json::from_str(&text).context("the manifest is not JSON of an object")?
            }
            None => serde_json::from_value(serde_json::json!({
                "apiVersion": hearth_crd::API_VERSION,
                "kind": hearth_crd::KIND,
                "metadata": {"name": name},
                "spec": {
                    "type": "Rust",
                    "sparkVersion": "4.3.0",
                    "mode": "cluster",
                    "image": "hearth:bench",
                    "mainApplicationFile": "local:///opt/hearth/pi",
                    "driver": {"cores": 1, "memory": "512m", "schedulerName": "none"},
                    "executor": {
                        "instances": self.executors, "cores": 1, "memory": "512m", "schedulerName": "none"
                    },
                },
            }))?,
        };
        self.api.create(&PostParams::default(), &object).await.with_context(|| format!("create {name}"))?;
        Ok(())
    }

    async fn watch(&self, count: usize, start: Instant, times: &mut Times) -> anyhow::Result<()> {
        let mut seen: BTreeMap<String, bool> = BTreeMap::new();
        let mut events = pin!(watcher::watcher(self.api.clone(), watcher::Config::default()));
        while times.ended.len() < count {
            let event = events.try_next().await?.context("the watch ended")?;
            let (Event::Apply(object) | Event::InitApply(object)) = event else { continue };
            let state =
                object.data.pointer("/status/applicationState/state").and_then(|state| state.as_str());
            let Some(state) = state else { continue };
            let ended = seen.entry(object.name_any()).or_insert_with(|| {
                times.submitted.push(start.elapsed());
                false
            });
            if !*ended && matches!(state, "COMPLETED" | "FAILED") {
                *ended = true;
                times.ended.push(start.elapsed());
                times.failed += usize::from(state == "FAILED");
            }
        }
        Ok(())
    }
}

pub(crate) async fn make_namespace(client: &Client, name: &str) -> anyhow::Result<()> {
    let namespace = Namespace {
        metadata: ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() },
        ..Namespace::default()
    };
    let api: Api<Namespace> = Api::all(client.clone());
    api.create(&PostParams::default(), &namespace)
        .await
        .with_context(|| format!("create namespace {name}"))?;
    Ok(())
}

/// Without it no pod can be made. Another controller makes it.
pub(crate) async fn wait_for_account(client: &Client, namespace: &str) -> anyhow::Result<()> {
    let api: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
    let is_there =
        kube::runtime::wait::await_condition(api, "default", |account: Option<&ServiceAccount>| {
            account.is_some()
        });
    tokio::time::timeout(Duration::from_secs(30), is_there)
        .await
        .with_context(|| format!("namespace {namespace} has no service account after 30 s"))??;
    Ok(())
}

pub(crate) async fn delete_namespace(client: &Client, name: &str) -> anyhow::Result<()> {
    let api: Api<Namespace> = Api::all(client.clone());
    api.delete(name, &DeleteParams::background())
        .await
        .with_context(|| format!("delete namespace {name}"))?;
    Ok(())
}
