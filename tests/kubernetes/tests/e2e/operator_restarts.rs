//! The operator is killed again and again, wherever it is in its work.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures::StreamExt as _;
use futures::future::try_join_all;
use hearth_cluster_tests::{Application, OPERATOR_NAMESPACE, Scene, alone, hearth, limits, until_gone};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, ListParams, WatchEvent, WatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::json;

use crate::pi::nothing_is_left;

const APPLICATIONS: usize = 20;
const KILLS: u32 = 50;

#[test]
fn an_operator_that_is_killed_over_and_over_runs_every_application_once_and_leaks_nothing() {
    alone("restarts", async |scene| {
        scale_operator(&scene, 0).await?;
        let outcome = killed_over_and_over(&scene).await;
        scale_operator(&scene, 1).await?;
        outcome
    });
}

/// The operator is a process of this machine meanwhile: the kubelet would start one in a pod again only after ever longer waits.
async fn killed_over_and_over(scene: &Scene) -> anyhow::Result<()> {
    let drivers = Drivers::default();
    let watcher = tokio::spawn(drivers.clone().watch(scene.api::<Pod>()));
    let mut operator = Operator::start(scene)?;
    let manifests = scene.small_examples(APPLICATIONS)?;
    let (at_once, later) = manifests.split_at(APPLICATIONS / 2);
    let mut apps = try_join_all(at_once.iter().map(|manifest| scene.post(manifest))).await?;
    let mut later = later.iter();
    for kill in 0..KILLS {
        // Some begin, some run and some end when the operator is killed, until the last time.
        if kill % 5 == 0
            && let Some(manifest) = later.next()
        {
            apps.push(scene.post(manifest).await?);
        }
        let pause = Duration::from_millis(20 + RandomState::new().hash_one(kill) % 230);
        tokio::time::sleep(pause).await; // waits for: whatever the operator gets done until then
        operator.kill()?;
        operator = Operator::start(scene)?;
    }
    let is_over = |app: &Application| app.states().last().is_some_and(|state| state == "COMPLETED");
    ensure!(apps.len() == APPLICATIONS && !apps.iter().all(is_over), "they had ended before the last kill");
    try_join_all(apps.iter().map(|app| app.reaches_within("COMPLETED", limits::LONG_STEP))).await?;
    watcher.abort();
    drivers.check()?;
    for app in &apps {
        ensure!(app.status().get("submissionAttempts") == Some(&json!(1)), "{}", app.status());
    }
    for app in &apps {
        scene.applications().delete(&app.name, &DeleteParams::default()).await?;
    }
    nothing_is_left(scene).await
}

/// An operator that is killed when nobody needs it.
struct Operator(Child);

impl Operator {
    fn start(scene: &Scene) -> anyhow::Result<Self> {
        let mut command = hearth(scene.cluster)?;
        command.args(["operator", "--metrics-bind-address=0", "--health-probe-bind-address=0"]);
        command.arg(format!("--namespaces={}", scene.namespace));
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Ok(Self(child.context("start the operator")?))
    }

    fn kill(&mut self) -> anyhow::Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let killed = self.kill();
        drop(killed);
    }
}

/// The uids of all driver pods that ever were, by application.
#[derive(Clone, Default)]
struct Drivers(Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>);

impl Drivers {
    async fn watch(self, pods: Api<Pod>) {
        const ALL: &str = "0";
        let params = WatchParams::default().labels("spark-role=driver");
        let mut version = ALL.to_owned();
        loop {
            let Ok(changes) = pods.watch(&params, &version).await else {
                version = ALL.to_owned();
                tokio::time::sleep(Duration::from_millis(100)).await; // waits for: an API server that is busy or away
                continue;
            };
            let mut changes = std::pin::pin!(changes);
            while let Some(Ok(change)) = changes.next().await {
                let pod = match change {
                    WatchEvent::Added(pod) | WatchEvent::Modified(pod) | WatchEvent::Deleted(pod) => pod,
                    WatchEvent::Bookmark(_) => continue,
                    WatchEvent::Error(_) => {
                        version = ALL.to_owned();
                        break;
                    }
                };
                version = pod.resource_version().unwrap_or_default();
                let mut seen = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                seen.entry(pod.name_any()).or_default().extend(pod.uid());
            }
        }
    }

    fn check(&self) -> anyhow::Result<()> {
        let seen = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        ensure!(seen.len() == APPLICATIONS, "{} drivers of {APPLICATIONS} were seen", seen.len());
        let twice: Vec<_> = seen.iter().filter(|(_, uids)| uids.len() != 1).collect();
        ensure!(twice.is_empty(), "more than one driver: {twice:?}");
        Ok(())
    }
}

/// Sets how many operators the deployment has, and waits until it is so.
pub(crate) async fn scale_operator(scene: &Scene, count: u32) -> anyhow::Result<()> {
    let replicas = format!("--replicas={count}");
    let of = ["--namespace", OPERATOR_NAMESPACE];
    let scale = [&of[..], &["scale", "deployment", "--all", &replicas]].concat();
    scene.kubectl(&scale, "").await?.success()?;
    if count > 0 {
        let rollout = [&of[..], &["rollout", "status", "deployment", "--timeout=150s"]].concat();
        scene.kubectl(&rollout, "").await?.success()?;
        return Ok(());
    }
    let operators: Api<Pod> = Api::namespaced(scene.client.clone(), OPERATOR_NAMESPACE);
    let list = ListParams::default().labels("app.kubernetes.io/component=controller");
    until_gone(&operators, &list, "the operator to be gone", limits::STEP).await
}
