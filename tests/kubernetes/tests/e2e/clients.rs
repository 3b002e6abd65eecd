//! What clients that know nothing of this operator send, and what they read: Airflow's `SparkKubernetesOperator`.
//!
//! These are the requests of its provider `cncf.kubernetes` 10.25, in their order.

use anyhow::{Context as _, ensure};
use hearth_cluster_tests::{Scene, in_namespace, limits, until_one};
use k8s_openapi::api::core::v1::{ContainerStateTerminated, Pod};
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::pi::nothing_is_left;

const NAME: &str = "pi-c8dpyw4v";
const DRIVER: &str = "pi-c8dpyw4v-driver";
const CONTAINER: &str = "spark-kubernetes-driver";
const TASK: &str = "dag_id=nightly,task_id=pi,run_id=manual__2026-11-21,spark_kubernetes_operator=True";

#[test]
fn a_task_of_airflow_creates_an_application_follows_its_driver_succeeds_and_deletes_it() {
    in_namespace("airflow", async |scene| {
        ensure!(drivers(&scene).await?.is_empty(), "a driver of this task before it began");
        create(&scene, "pi", &["10", "100000"]).await?;
        started(&scene).await?;
        ensure!(drivers(&scene).await?.len() == 1, "the driver is not found by the task's labels");
        let log = scene.log_says(DRIVER, "Pi is roughly 3").await?;
        ensure!(log.starts_with("Pi is roughly"), "{log}");
        let ended = ended(&scene, "Succeeded").await?;
        ensure!(ended.exit_code == 0, "{ended:?}");
        scene.applications().delete(NAME, &DeleteParams::default()).await?;
        nothing_is_left(&scene).await
    });
}

#[test]
fn a_task_of_airflow_fails_with_the_exit_code_and_the_words_of_its_program() {
    in_namespace("airflow-fails", async |scene| {
        create(&scene, "scenario", &["panic"]).await?;
        started(&scene).await?;
        let ended = ended(&scene, "Failed").await?;
        ensure!(ended.exit_code != 0, "{ended:?}");
        let message = ended.message.unwrap_or_default();
        ensure!(message.contains("record 777777 is not to my taste"), "{message}");
        // Lest a later try takes this driver for its own.
        let checked = Patch::Merge(json!({ "metadata": { "labels": { "already_checked": "True" } } }));
        scene.api::<Pod>().patch(DRIVER, &PatchParams::default(), &checked).await?;
        ensure!(drivers(&scene).await?.is_empty(), "the driver is found once more");
        scene.applications().delete(NAME, &DeleteParams::default()).await?;
        nothing_is_left(&scene).await
    });
}

/// Makes the application: with the task's labels where they belong, and where they do not, and with a variable.
async fn create(scene: &Scene, program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let pairs = TASK.split(',').chain(["try_number=1"]).filter_map(|label| label.split_once('='));
    let labels: Value = pairs.map(|(key, value)| (key.to_owned(), json!(value))).collect();
    let env = json!([{ "name": "SPARK_APPLICATION_NAME", "value": NAME }]);
    let manifest = scene
        .program(NAME, program, arguments)?
        .with("/metadata/namespace", json!(scene.namespace))
        .with("/spec/labels", labels.clone())
        .with("/spec/driver/labels", labels.clone())
        .with("/spec/driver/env", env.clone())
        .with("/spec/executor/labels", labels)
        .with("/spec/executor/env", env);
    scene.post(&manifest).await?;
    Ok(())
}

/// Waits as the task does, which looks for any state but `SUBMITTED`, and takes none for that one; from then on it expects the driver's pod.
async fn started(scene: &Scene) -> anyhow::Result<()> {
    until_one(&scene.applications(), NAME, "another state than SUBMITTED", limits::STEP, |application| {
        let state = application.data.pointer("/status/applicationState/state").and_then(Value::as_str);
        (state.unwrap_or("SUBMITTED") != "SUBMITTED").then_some(())
    })
    .await?;
    let pod = scene.api::<Pod>().get(DRIVER).await?;
    let first = pod.status.and_then(|status| status.container_statuses?.into_iter().next());
    let first = first.context("the first of the driver's containers")?;
    ensure!(first.name == CONTAINER, "{}", first.name);
    Ok(())
}

/// Waits for the end of the driver's pod, and tells how its container ended.
async fn ended(scene: &Scene, phase: &str) -> anyhow::Result<ContainerStateTerminated> {
    let what = format!("the driver to be {phase}");
    until_one(&scene.api::<Pod>(), DRIVER, &what, limits::STEP, |pod| {
        let status = pod.status.as_ref().filter(|status| status.phase.as_deref() == Some(phase))?;
        let container = status.container_statuses.iter().flatten().find(|one| one.name == CONTAINER)?;
        container.state.as_ref()?.terminated.clone()
    })
    .await
}

/// The drivers that a task takes for its own.
async fn drivers(scene: &Scene) -> anyhow::Result<Vec<Pod>> {
    let labels = format!("{TASK},already_checked!=True,!airflow-worker,spark-role=driver");
    let list = ListParams::default().labels(&labels).fields("status.phase!=Failed,status.phase!=Unknown");
    Ok(scene.api::<Pod>().list(&list).await?.items)
}
