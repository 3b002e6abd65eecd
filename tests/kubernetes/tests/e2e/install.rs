//! The operator comes, changes and goes, while applications run or not.

use std::process::Command;

use anyhow::{Context as _, ensure};
use hearth_cluster_tests::{
    Application, OPERATOR_NAMESPACE, Scene, alone, helm, kubectl, limits, run, until_all, workspace,
};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, ListParams, LogParams};
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};

use crate::dynamic::edit;
use crate::faults::{ends_well, rounds, uids};

#[test]
fn an_upgrade_of_the_operator_leaves_running_applications_alone() {
    alone("upgrade", async |scene| {
        let app = scene.apply(&scene.program("rounds", "scenario", &["rounds", "40"])?).await?;
        scene.log_says("rounds-driver", "round 1").await?;
        let cluster = scene.cluster;
        let driver = uids(&scene.pods("rounds", "driver").await?);
        let changed = ["--set=controller.workers=16", "--set=controller.logEncoder=json"];
        blocking(move || cluster.install(&changed)).await?;
        app.reaches_within("COMPLETED", limits::LONG_STEP).await?;
        ensure!(app.settled_states() == ["SUBMITTED", "RUNNING", "COMPLETED"], "{:?}", app.settled_states());
        ensure!(uids(&scene.pods("rounds", "driver").await?) == driver, "another driver");
        ends_with_the_application(&log(&scene).await?, &scene.namespace)?;
        blocking(move || cluster.install(&[])).await
    });
}

/// Every line of the log is JSON, and the one that says the application's end says of which.
fn ends_with_the_application(log: &str, namespace: &str) -> anyhow::Result<()> {
    let mut told = false;
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
        ensure!(line.get("level").is_some() && line.get("timestamp").is_some(), "{line}");
        let span = line.get("span").cloned().unwrap_or_default();
        let is_about = span.get("application") == Some(&json!("rounds"));
        told |= is_about
            && span.get("namespace") == Some(&json!(namespace))
            && line.get("to") == Some(&json!("COMPLETED"));
    }
    ensure!(told, "the end of the application is not in {log}");
    Ok(())
}

/// The log of the one operator.
async fn log(scene: &Scene) -> anyhow::Result<String> {
    let operators: Api<Pod> = Api::namespaced(scene.client.clone(), OPERATOR_NAMESPACE);
    Ok(operators.logs(&operator(scene).await?.name_any(), &LogParams::default()).await?)
}

/// The pod of the one operator.
pub(crate) async fn operator(scene: &Scene) -> anyhow::Result<Pod> {
    let operators: Api<Pod> = Api::namespaced(scene.client.clone(), OPERATOR_NAMESPACE);
    let list = ListParams::default().labels("app.kubernetes.io/component=controller");
    // The one before may be on its way out.
    let stays = |pod: &Pod| pod.metadata.deletion_timestamp.is_none();
    operators.list(&list).await?.items.into_iter().find(stays).context("an operator")
}

/// The operator's image is the one of applications that name none.
#[test]
fn an_upgrade_to_another_image_leaves_the_executors_of_what_runs_the_one_that_it_was_started_with() {
    alone("upgrade-image", async |scene| {
        // Other clusters have no second name of the image.
        if !scene.cluster.is_own() {
            return Ok(());
        }
        let outcome = upgrade_image(&scene).await;
        let cluster = scene.cluster;
        blocking(move || cluster.install(&[])).await?;
        outcome
    });
}

async fn upgrade_image(scene: &Scene) -> anyhow::Result<()> {
    let endless = scene
        .program("endless", "scenario", &["wait", "/tmp"])?
        .with("/spec/dynamicAllocation", json!({ "enabled": true, "minExecutors": 1, "maxExecutors": 1 }))
        .with("/spec/executor/terminationGracePeriodSeconds", json!(1))
        .without("/spec/executor/instances")
        .without("/spec/image");
    let app = scene.apply(&endless).await?;
    scene.running("endless", "executor", 1).await?;
    let driver = uids(&scene.pods("endless", "driver").await?);
    let (cluster, version) = (scene.cluster, env!("CARGO_PKG_VERSION"));
    let tag = format!("--set-string=image.tag={version}");
    let other = ["--set-string=image.registry=docker.io", "--set-string=image.repository=hearth"];
    blocking(move || cluster.install(&[&other[..], &[&tag]].concat())).await?;
    let next = scene.example("pi")?.without("/spec/image");
    scene.apply(&next).await?.reaches("COMPLETED").await?;
    let drivers = scene.pods("pi", "driver").await?;
    ensure!(drivers.iter().all(|pod| image(pod) == format!("docker.io/hearth:{version}")), "{drivers:?}");
    edit(scene, "endless", &json!({ "dynamicAllocation": { "minExecutors": 2, "maxExecutors": 2 } })).await?;
    let executors = scene.running("endless", "executor", 2).await?;
    ensure!(executors.iter().all(|pod| image(pod) == cluster.image), "{executors:?}");
    ensure!(app.settled_states() == ["SUBMITTED", "RUNNING"], "{:?}", app.settled_states());
    ensure!(uids(&scene.pods("endless", "driver").await?) == driver, "another driver");
    Ok(())
}

/// What a pod was made of.
fn image(pod: &Pod) -> &str {
    let container = pod.spec.as_ref().and_then(|spec| spec.containers.first());
    container.and_then(|container| container.image.as_deref()).unwrap_or_default()
}

#[test]
fn of_two_operators_the_second_takes_over_when_the_first_is_killed() {
    alone("two-operators", async |scene| {
        let cluster = scene.cluster;
        blocking(move || cluster.install(&["--set=controller.replicas=2"])).await?;
        let app = scene.apply(&scene.program("rounds", "scenario", &["rounds", "40"])?).await?;
        scene.log_says("rounds-driver", "round 1").await?;
        let driver = uids(&scene.pods("rounds", "driver").await?);
        let operators: Api<Pod> = Api::namespaced(scene.client.clone(), OPERATOR_NAMESPACE);
        let list = ListParams::default().labels("app.kubernetes.io/component=controller");
        let mut both = operators.list(&list).await?.items;
        both.retain(|pod| pod.metadata.deletion_timestamp.is_none());
        ensure!(both.len() == 2, "{} operators", both.len());
        let first = leader(&scene, |pod| both.iter().any(|one| one.name_any() == pod)).await?;
        operators.delete(&first, &DeleteParams::default().grace_period(0)).await?;
        let second = leader(&scene, |pod| pod != first).await?;
        app.reaches_within("COMPLETED", limits::LONG_STEP).await?;
        ensure!(uids(&scene.pods("rounds", "driver").await?) == driver, "another driver");
        // What is submitted while nobody leads is found by the next.
        operators.delete(&second, &DeleteParams::default().grace_period(0)).await?;
        let next = scene.apply(&scene.example("pi")?).await?;
        next.reaches_within("COMPLETED", limits::LONG_STEP).await?;
        for app in [app, next] {
            ensure!(
                app.settled_states() == ["SUBMITTED", "RUNNING", "COMPLETED"],
                "{:?}",
                app.settled_states()
            );
            ensure!(app.status().get("submissionAttempts") == Some(&json!(1)), "{}", app.status());
        }
        blocking(move || cluster.install(&[])).await
    });
}

/// Waits until the pod that holds the lease is one that `may` lead, and returns its name.
async fn leader(scene: &Scene, may: impl Fn(&str) -> bool) -> anyhow::Result<String> {
    let leases: Api<Lease> = Api::namespaced(scene.client.clone(), OPERATOR_NAMESPACE);
    until_all(&leases, &ListParams::default(), "another leader", limits::STEP, |leases| {
        // The name of the pod is the first part.
        let holders = leases.iter().filter_map(|lease| lease.spec.as_ref()?.holder_identity.as_deref());
        let mut pods = holders.map(|holder| holder.split('_').next().unwrap_or_default());
        pods.find(|pod| !pod.is_empty() && may(pod)).map(str::to_owned)
    })
    .await
}

#[test]
fn an_operator_that_is_removed_leaves_what_runs_alone_and_one_without_helm_goes_on_with_it() {
    alone("install-yaml", async |scene| {
        let app = scene.apply(&rounds(&scene)?).await?;
        scene.log_says("rounds-driver", "round 1").await?;
        let before = pods(&scene).await?;
        let cluster = scene.cluster;
        blocking(move || cluster.uninstall()).await?;
        ensure!(pods(&scene).await? == before, "the application lost a pod");
        let outcome = install_yaml(&scene, &app).await;
        blocking(move || cluster.install(&[])).await?;
        outcome
    });
}

/// The pods of the application.
async fn pods(scene: &Scene) -> anyhow::Result<Vec<String>> {
    Ok(uids(&scene.api::<Pod>().list(&ListParams::default()).await?.items))
}

/// Applies `deploy/install.yaml` with the image of the tests, for the test's namespace instead of `default`; sees the application
/// that was there before end, runs pi, and removes the operator again.
async fn install_yaml(scene: &Scene, before: &Application) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(workspace().join("deploy/install.yaml"))?;
    let image = scene.cluster.image.clone();
    let text = text.replace("hearth:0.1.0", &image);
    let text = text.replace("namespace: default", &format!("namespace: {}", scene.namespace));
    let text = text.replace("--namespaces=default", &format!("--namespaces={}", scene.namespace));
    let objects = text.clone();
    let mut apply = kubectl(scene.cluster);
    apply.args(["apply", "-f", "-"]);
    blocking(move || run(apply, &objects)?.success()).await?;
    let mut rollout = kubectl(scene.cluster);
    rollout.args(["rollout", "status", "deployment", "--namespace", OPERATOR_NAMESPACE, "--timeout=150s"]);
    blocking(move || run(rollout, "")?.success()).await?;
    ends_well(scene, before).await?;
    ensure!(
        before.settled_states() == ["SUBMITTED", "RUNNING", "COMPLETED"],
        "{:?}",
        before.settled_states()
    );
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

pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(work).await?
}
