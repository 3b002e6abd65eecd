//! `spec.suspend`, by which queues such as Kueue hold applications back.

use anyhow::{Context as _, ensure};
use hearth_cluster_tests::{Scene, in_namespace, limits, until_gone};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::api::{ListParams, Patch, PatchParams};
use serde_json::{Value, json};

#[test]
fn a_suspended_application_starts_as_it_was_edited_when_it_is_resumed() {
    in_namespace("resumed", async |scene| {
        let app = scene.apply(&scene.example("pi")?.with("/spec/suspend", json!(true))).await?;
        app.reaches("SUSPENDED").await?;
        ensure!(scene.pods("pi", "driver").await?.is_empty(), "it has a driver");
        edit(&scene, "pi", &json!({ "executor": { "instances": 1 } })).await?;
        // Kueue resumes and says in the same request where the pods belong.
        let node = json!({ "kubernetes.io/os": "linux" });
        let placed = json!({
            "suspend": false,
            "driver": { "nodeSelector": node, "labels": { "queue": "admitted" } },
            "executor": { "nodeSelector": node, "labels": { "queue": "admitted" } },
        });
        edit(&scene, "pi", &placed).await?;
        app.reaches("COMPLETED").await?;
        let states = ["SUSPENDED", "PENDING_RERUN", "SUBMITTED", "RUNNING", "COMPLETED"];
        ensure!(app.settled_states() == states, "{:?}", app.settled_states());
        let executors =
            app.status().get("executorState").and_then(Value::as_object).map(serde_json::Map::len);
        ensure!(executors == Some(1), "{}", app.status());
        let driver = scene.pods("pi", "driver").await?.pop().context("a driver")?;
        ensure!(
            driver.labels().get("queue").is_some_and(|queue| queue == "admitted"),
            "{:?}",
            driver.labels()
        );
        let selector = driver.spec.and_then(|spec| spec.node_selector).unwrap_or_default();
        ensure!(json!(selector) == node, "{selector:?}");
        let log = scene.log("pi-driver").await?;
        ensure!(log.contains("Pi is roughly 3"), "{log}");
        Ok(())
    });
}

#[test]
fn suspending_a_running_application_removes_its_pods_and_resuming_runs_it_again() {
    in_namespace("suspended", async |scene| {
        let app = scene.apply(&scene.program("endless", "scenario", &["wait", "/tmp"])?).await?;
        app.reaches("RUNNING").await?;
        suspend(&scene, "endless", true).await?;
        app.reaches("SUSPENDED").await?;
        let all = ListParams::default();
        until_gone(&scene.api::<Pod>(), &all, "the pods to be gone", limits::STEP).await?;
        suspend(&scene, "endless", false).await?;
        app.reaches("RUNNING").await?;
        let expected =
            ["SUBMITTED", "RUNNING", "SUSPENDING", "SUSPENDED", "RESUMING", "SUBMITTED", "RUNNING"];
        ensure!(app.settled_states() == expected, "{:?}", app.settled_states());
        Ok(())
    });
}

async fn suspend(scene: &Scene, name: &str, suspend: bool) -> anyhow::Result<()> {
    edit(scene, name, &json!({ "suspend": suspend })).await
}

async fn edit(scene: &Scene, name: &str, spec: &Value) -> anyhow::Result<()> {
    let patch = json!({ "spec": spec });
    scene.applications().patch(name, &PatchParams::default(), &Patch::Merge(patch)).await?;
    Ok(())
}
