//! `spec.suspend`, by which queues such as Kueue hold applications back.

use anyhow::ensure;
use hearth_cluster_tests::{Scene, in_namespace, limits, until_gone};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{ListParams, Patch, PatchParams};
use serde_json::json;

#[test]
fn a_suspended_application_starts_when_it_is_resumed() {
    in_namespace("resumed", async |scene| {
        let app = scene.apply(&scene.example("pi")?.with("/spec/suspend", json!(true))).await?;
        app.reaches("SUSPENDED").await?;
        ensure!(scene.pods("pi", "driver").await?.is_empty(), "it has a driver");
        suspend(&scene, "pi", false).await?;
        app.reaches("COMPLETED").await?;
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
    let patch = json!({ "spec": { "suspend": suspend } });
    scene.applications().patch(name, &PatchParams::default(), &Patch::Merge(patch)).await?;
    Ok(())
}
