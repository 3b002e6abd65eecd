//! Simulated nodes: every pod runs as soon as it is seen, and a driver ends well after a while.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{ObjectMeta, PartialObjectMeta, Patch, PatchParams};
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client, ResourceExt};
use serde_json::json;
use tokio::task::{JoinHandle, spawn_local};

/// How many pods were started.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) drivers: usize,
    pub(crate) executors: usize,
    /// When the last driver pod was seen.
    pub(crate) last_driver: Option<Instant>,
}

pub(crate) struct Nodes {
    counts: Rc<Cell<Counts>>,
    watching: JoinHandle<()>,
}

impl Nodes {
    /// Must be called within a `LocalSet`.
    pub(crate) fn start(client: Client, namespace: &str, run: Duration) -> Self {
        let counts = Rc::new(Cell::new(Counts::default()));
        let watching = spawn_local(watch(client, namespace.to_owned(), run, Rc::clone(&counts)));
        Self { counts, watching }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts.get()
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

async fn watch(client: Client, namespace: String, run: Duration, counts: Rc<Cell<Counts>>) {
    let api: Api<Pod> = Api::namespaced(client, &namespace);
    // Only metadata travels: who it is decides what happens to it.
    let identities: Api<PartialObjectMeta<Pod>> = Api::namespaced(api.clone().into_client(), &namespace);
    let mut events = pin!(watcher::watcher(identities, watcher::Config::default()));
    let mut started = std::collections::BTreeSet::new();
    loop {
        let pod = match events.try_next().await {
            Ok(Some(Event::Apply(pod) | Event::InitApply(pod))) => pod,
            Ok(Some(Event::Delete(_) | Event::Init | Event::InitDone)) | Err(_) => continue,
            Ok(None) => return,
        };
        let uid = pod.metadata.uid.clone().unwrap_or_default();
        if !started.insert(uid) {
            continue;
        }
        let role = pod.labels().get("spark-role").cloned().unwrap_or_default();
        let mut now = counts.get();
        match role.as_str() {
            "driver" => {
                now.drivers += 1;
                now.last_driver = Some(Instant::now());
            }
            _ => now.executors += 1,
        }
        counts.set(now);
        spawn_local(live(api.clone(), pod.metadata, role == "driver", run));
    }
}

/// A pod's life as its kubelet would tell it. That a pod is gone meanwhile is normal.
async fn live(api: Api<Pod>, metadata: ObjectMeta, driver: bool, run: Duration) {
    let name = metadata.name.unwrap_or_default();
    let container = if driver { "spark-kubernetes-driver" } else { "spark-kubernetes-executor" };
    let started = Timestamp::now();
    let running = json!({"status": {
        "phase": "Running",
        "podIP": "10.0.0.1",
        "startTime": started,
        "conditions": [{"type": "Ready", "status": "True"}, {"type": "PodScheduled", "status": "True"}],
        "containerStatuses": [status(container, true, json!({"running": {"startedAt": started}}))],
    }});
    drop(api.patch_status(&name, &PatchParams::default(), &Patch::Merge(&running)).await);
    if !driver {
        return;
    }
    tokio::time::sleep(run).await;
    let state = json!({"terminated": {
        "exitCode": 0, "reason": "Completed", "startedAt": started, "finishedAt": Timestamp::now(),
    }});
    let ended = json!({"status": {
        "phase": "Succeeded",
        "conditions": [{"type": "Ready", "status": "False"}, {"type": "PodScheduled", "status": "True"}],
        "containerStatuses": [status(container, false, state)],
    }});
    drop(api.patch_status(&name, &PatchParams::default(), &Patch::Merge(&ended)).await);
}

fn status(container: &str, ready: bool, state: serde_json::Value) -> serde_json::Value {
    json!({
        "name": container, "ready": ready, "restartCount": 0, "image": "hearth:bench", "imageID": "", "state": state,
    })
}
