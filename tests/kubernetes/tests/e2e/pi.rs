//! The example that everybody runs first.

use anyhow::ensure;
use hearth_cluster_tests::{Application, Scene, in_namespace, limits, until_gone};
use k8s_openapi::api::core::v1::{Pod, Secret, Service};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::rbac::v1::{Role, RoleBinding};
use kube::api::{DeleteParams, ListParams};

#[test]
fn pi_goes_through_the_states_in_order_and_prints_pi() {
    in_namespace("pi", async |scene| {
        let pi = scene.apply(&scene.example("pi")?).await?;
        pi.reaches("COMPLETED").await?;
        ensure!(pi.settled_states() == ["SUBMITTED", "RUNNING", "COMPLETED"], "{:?}", pi.settled_states());
        let log = scene.log("pi-driver").await?;
        ensure!(log.contains("Pi is roughly 3"), "{log}");
        Ok(())
    });
}

#[test]
fn what_pi_printed_is_read_with_kubectl_logs_and_its_end_waited_for_with_kubectl_wait() {
    in_namespace("pi-kubectl", async |scene| {
        scene.apply(&scene.example("pi")?).await?;
        let wait = ["wait", "--for=condition=Completed", "sparkapp/pi", "--timeout=150s"];
        scene.kubectl(&wait, "").await?.success()?;
        // The condition of workflows.
        let state = "--for=jsonpath={.status.applicationState.state}=COMPLETED";
        scene.kubectl(&["wait", state, "sparkapp/pi", "--timeout=10s"], "").await?.success()?;
        let log = scene.kubectl(&["logs", "pi-driver"], "").await?.success()?;
        ensure!(log.starts_with("Pi is roughly 3"), "{log}");
        let row = scene.kubectl(&["get", "sparkapp", "pi", "--no-headers"], "").await?.success()?;
        ensure!(row.contains("COMPLETED"), "{row}");
        Ok(())
    });
}

#[test]
fn two_executors_ran_and_are_gone_or_completed_at_the_end() {
    in_namespace("pi-executors", async |scene| {
        let pi = scene.apply(&scene.example("pi")?).await?;
        pi.reaches("COMPLETED").await?;
        let status = pi.status();
        let executors =
            status.get("executorState").and_then(|map| map.as_object()).cloned().unwrap_or_default();
        ensure!(executors.len() == 2, "{executors:?}");
        ensure!(executors.values().all(|state| state == "COMPLETED"), "{executors:?}");
        Ok(())
    });
}

#[test]
fn deleting_a_completed_application_leaves_nothing() {
    in_namespace("pi-deleted", async |scene| {
        let pi = scene.apply(&scene.example("pi")?).await?;
        pi.reaches("COMPLETED").await?;
        delete(&scene, &pi).await
    });
}

#[test]
fn deleting_a_running_application_leaves_nothing() {
    in_namespace("wait-deleted", async |scene| {
        let app = scene.apply(&scene.program("endless", "scenario", &["wait", "/tmp"])?).await?;
        app.reaches("RUNNING").await?;
        delete(&scene, &app).await
    });
}

/// Deletes the application, and waits until none of its objects is there.
pub(crate) async fn delete(scene: &Scene, app: &Application) -> anyhow::Result<()> {
    scene.applications().delete(&app.name, &DeleteParams::default()).await?;
    app.is_deleted().await?;
    nothing_is_left(scene).await
}

/// Waits until nothing that the operator makes is in the namespace.
pub(crate) async fn nothing_is_left(scene: &Scene) -> anyhow::Result<()> {
    let (all, limit) = (ListParams::default(), limits::STEP);
    until_gone(&scene.pools(), &all, "the pool to be gone", limit).await?;
    until_gone(&scene.api::<Pod>(), &all, "the pods to be gone", limit).await?;
    until_gone(&scene.api::<Service>(), &all, "the services to be gone", limit).await?;
    until_gone(&scene.api::<Secret>(), &all, "the secrets to be gone", limit).await?;
    until_gone(&scene.api::<NetworkPolicy>(), &all, "the network policies to be gone", limit).await?;
    until_gone(&scene.api::<RoleBinding>(), &all, "the role bindings to be gone", limit).await?;
    until_gone(&scene.api::<Role>(), &all, "the roles to be gone", limit).await
}
