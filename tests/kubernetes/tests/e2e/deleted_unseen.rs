//! Applications are deleted while nobody can ask their driver's node, or while there is no operator: nothing of them is left.

use anyhow::{Context as _, ensure};
use futures::future::try_join_all;
use hearth_cluster_tests::{Application, Scene, alone, limits, until_all};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::api::{DeleteParams, ListParams};
use serde_json::{Value, json};

use crate::deleted::{delete_all, finalizers, told_to_go};
use crate::faults::{nodes, rounds, while_dead};
use crate::foreign_status::write;
use crate::operator_restarts::scale_operator;
use crate::pi::nothing_is_left;

#[test]
fn deleting_applications_whose_drivers_node_is_silent_leaves_nothing_once_it_answers() {
    alone("unknown-deleted", async |scene| {
        if !scene.cluster.is_own() {
            return Ok(());
        }
        let (_, victim) = nodes(&scene).await?;
        let on_victim = |name| {
            let endless = scene.program(name, "scenario", &["wait", "/tmp"])?;
            anyhow::Ok(endless.with("/spec/driver/nodeSelector", json!({ "kubernetes.io/hostname": victim })))
        };
        let manifests = [on_victim("silent")?, on_victim("unknown")?];
        let apps = try_join_all(manifests.iter().map(|manifest| scene.post(manifest))).await?;
        try_join_all(apps.iter().map(|app| app.reaches("RUNNING"))).await?;
        while_dead(&scene, victim, deleted_on_a_dead_node(&scene, &apps)).await?;
        nothing_is_left(&scene).await
    });
}

async fn deleted_on_a_dead_node(scene: &Scene, apps: &[Application]) -> anyhow::Result<()> {
    let drivers = ListParams::default().labels("spark-role=driver");
    let what = "the drivers to be given up by the node controller";
    let not_ready = |pod: &Pod| {
        let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
        conditions.into_iter().any(|is| is.type_ == "Ready" && is.status == "False")
    };
    until_all(&scene.api::<Pod>(), &drivers, what, limits::STEP, |pods| {
        pods.iter().all(not_ready).then_some(())
    })
    .await?;
    // A Kubernetes of today leaves the phase as it was; whoever sets it all the same means this.
    let unknown = json!({ "status": { "phase": "Unknown" } }).to_string();
    let patch = ["patch", "pod/unknown-driver", "--subresource=status", "--type=merge", "--patch", &unknown];
    scene.kubectl(&patch, "").await?.success()?;
    apps[1].reaches("UNKNOWN").await?;
    delete_all(scene).await?;
    try_join_all(apps.iter().map(Application::is_deleted)).await?;
    ensure!(apps[0].states() == ["SUBMITTED", "RUNNING"], "{:?}", apps[0].states());
    ensure!(apps[1].states() == ["SUBMITTED", "RUNNING", "UNKNOWN"], "{:?}", apps[1].states());
    told_to_go(scene).await?;
    Ok(())
}

/// This operator never rests in `SUCCEEDING`; Kubeflow's, which writes it, may have been there before.
#[test]
fn of_applications_that_an_operator_left_succeeding_one_is_deleted_and_one_completes() {
    alone("succeeding-deleted", async |scene| {
        let named = |name| anyhow::Ok(rounds(&scene)?.with("/metadata/name", json!(name)));
        let (kept, gone) = (scene.post(&named("kept")?).await?, scene.post(&named("gone")?).await?);
        kept.reaches("RUNNING").await?;
        gone.reaches("RUNNING").await?;
        // An executor of the latter takes long to end.
        let held = scene.running("gone", "executor", 2).await?.pop().context("an executor")?.name_any();
        finalizers(&scene, &held, &json!(["hearth.test/held"])).await?;
        scale_operator(&scene, 0).await?;
        let outcome = deleted_while_succeeding(&scene, &gone).await;
        scale_operator(&scene, 1).await?;
        outcome?;
        kept.reaches("COMPLETED").await?;
        ensure!(kept.states() == ["SUBMITTED", "RUNNING", "SUCCEEDING", "COMPLETED"], "{:?}", kept.states());
        finalizers(&scene, &held, &Value::Null).await?;
        scene.applications().delete("kept", &DeleteParams::default()).await?;
        nothing_is_left(&scene).await
    });
}

async fn deleted_while_succeeding(scene: &Scene, gone: &Application) -> anyhow::Result<()> {
    let drivers = ListParams::default().labels("spark-role=driver");
    let what = "the drivers to end";
    until_all(&scene.api::<Pod>(), &drivers, what, limits::LONG_STEP, |pods| {
        let phases = pods.iter().map(|pod| pod.status.as_ref().and_then(|status| status.phase.as_deref()));
        phases.into_iter().all(|phase| phase == Some("Succeeded")).then_some(())
    })
    .await?;
    for name in ["kept", "gone"] {
        let succeeding = json!({ "applicationState": { "state": "SUCCEEDING" } });
        write(scene, name, &succeeding).await?.success()?;
    }
    gone.reaches("SUCCEEDING").await?;
    scene.applications().delete("gone", &DeleteParams::default()).await?;
    gone.is_deleted().await
}
