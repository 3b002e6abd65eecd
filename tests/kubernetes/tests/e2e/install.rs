//! The operator comes, changes and goes, while applications run or not.

use std::process::Command;

use anyhow::{Context as _, ensure};
use hearth_cluster_tests::{OPERATOR_NAMESPACE, Scene, alone, helm, kubectl, limits, run, workspace};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, ListParams};
use kube::{Api, ResourceExt as _};

#[test]
fn an_upgrade_of_the_operator_leaves_running_applications_alone() {
    alone("upgrade", async |scene| {
        let app = scene.apply(&scene.program("rounds", "scenario", &["rounds", "30"])?).await?;
        scene.log_says("rounds-driver", "round 1").await?;
        let cluster = scene.cluster;
        blocking(move || cluster.install(&["--set=controller.workers=16"])).await?;
        app.reaches_within("COMPLETED", limits::LONG_STEP).await?;
        ensure!(app.settled_states() == ["SUBMITTED", "RUNNING", "COMPLETED"], "{:?}", app.settled_states());
        blocking(move || cluster.install(&[])).await
    });
}

#[test]
fn of_two_operators_the_second_takes_over_when_the_first_is_killed() {
    alone("two-operators", async |scene| {
        let cluster = scene.cluster;
        blocking(move || cluster.install(&["--set=controller.replicas=2"])).await?;
        let app = scene.apply(&scene.program("rounds", "scenario", &["rounds", "30"])?).await?;
        scene.log_says("rounds-driver", "round 1").await?;
        let operators: Api<Pod> = Api::namespaced(scene.client.clone(), OPERATOR_NAMESPACE);
        let list = ListParams::default().labels("app.kubernetes.io/component=controller");
        let pods = operators.list(&list).await?.items;
        ensure!(pods.len() >= 2, "{} operators", pods.len());
        // One after the other: whichever leads, the other has to take over once.
        operators.delete(&pods[0].name_any(), &DeleteParams::default().grace_period(0)).await?;
        app.reaches_within("COMPLETED", limits::LONG_STEP).await?;
        let next = scene.apply(&scene.example("pi")?).await?;
        operators.delete(&pods[1].name_any(), &DeleteParams::default().grace_period(0)).await?;
        next.reaches_within("COMPLETED", limits::LONG_STEP).await?;
        ensure!(scene.pods("pi", "driver").await?.len() == 1, "two drivers");
        blocking(move || cluster.install(&[])).await
    });
}

#[test]
fn the_operator_is_installed_without_helm_and_runs_pi() {
    alone("install-yaml", async |scene| {
        let cluster = scene.cluster;
        blocking(move || cluster.uninstall()).await?;
        let outcome = install_yaml(&scene).await;
        blocking(move || cluster.install(&[])).await?;
        outcome
    });
}

/// Applies `deploy/install.yaml` with the image of the tests, for the test's namespace instead of `default`; runs pi, and removes
/// the operator again.
async fn install_yaml(scene: &Scene) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(workspace().join("deploy/install.yaml"))?;
    let image = scene.cluster.image.clone();
    let text = text.replace("hearth:0.1.0", &image);
    let text = text.replace("namespace: default", &format!("namespace: {}", scene.namespace));
    let text = text.replace("--namespaces=default", &format!("--namespaces={}", scene.namespace));
    let objects = text.clone();
    let mut apply = kubectl(scene.cluster);
    apply.args(["apply", "--server-side", "--force-conflicts", "-f", "-"]);
    blocking(move || run(apply, &objects)?.success()).await?;
    let mut rollout = kubectl(scene.cluster);
    rollout.args(["rollout", "status", "deployment", "--namespace", OPERATOR_NAMESPACE, "--timeout=60s"]);
    blocking(move || run(rollout, "")?.success()).await?;
    scene.apply(&scene.example("pi")?).await?.reaches("COMPLETED").await?;
    // The definitions stay: with them the applications of everybody would go.
    let documents =
        text.split("\n---\n").filter(|document| !document.contains("kind: CustomResourceDefinition"));
    let others = documents.collect::<Vec<_>>().join("\n---\n");
    let mut delete = kubectl(scene.cluster);
    delete.args(["delete", "--ignore-not-found", "-f", "-"]);
    blocking(move || run(delete, &others)?.success()).await?;
    Ok(())
}

#[test]
fn helm_test_passes() {
    alone("helm-test", async |scene| {
        let mut command: Command = helm(scene.cluster);
        command.args(["test", "hearth", "--namespace", OPERATOR_NAMESPACE, "--timeout=120s"]);
        let output = blocking(move || run(command, "")).await?;
        output.success().context("helm test")?;
        Ok(())
    });
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await?
}
