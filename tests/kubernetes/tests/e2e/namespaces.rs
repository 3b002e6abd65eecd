//! Namespaces that this operator does not serve, as another operator may; and such that come and go.

use anyhow::ensure;
use hearth_cluster_tests::{Scene, alone, in_namespace, kubectl, limits, run};
use serde_json::json;

use crate::comes_next::SCHEDULED;
use crate::install::{blocking, operator};
use crate::operator_restarts::scale_operator;

const SUSPENDED: &str = "--for=jsonpath={.status.applicationState.state}=SUSPENDED";
const TOLD: &str = "--for=jsonpath={.status.scheduleState}=FailedValidation";

#[test]
fn what_is_in_a_namespace_that_is_not_served_is_left_alone_until_it_is() {
    in_namespace("served", async |scene| {
        let other = format!("{}-not", scene.namespace);
        admin(&scene, &["create", "namespace", &other], "").await?;
        let pi = scene.example("pi")?.with("/spec/suspend", json!(true)).text();
        // Those that are served are made last, and looked at last.
        for namespace in [&other, &scene.namespace] {
            admin(&scene, &["apply", "--namespace", namespace, "-f", "-"], &pi).await?;
            admin(&scene, &["apply", "--namespace", namespace, "-f", "-"], SCHEDULED).await?;
        }
        seen(&scene, &scene.namespace).await?;
        let statuses = ["get", "sparkapp,scheduledsparkapp", "--namespace", &other, "--output"];
        let statuses = [&statuses[..], &["jsonpath={.items[*].status}"]].concat();
        let statuses = admin(&scene, &statuses, "").await?;
        ensure!(statuses.is_empty(), "{statuses}");
        admin(&scene, &["label", "namespace", &other, "hearth.dev/test=true"], "").await?;
        seen(&scene, &other).await?;
        admin(&scene, &["delete", "namespace", &other, "--wait=false"], "").await?;
        Ok(())
    });
}

#[test]
fn a_job_namespace_that_is_deleted_keeps_the_operator_from_no_other_and_is_served_when_it_is_there_again() {
    alone("namespace-gone", async |scene| {
        let other = format!("{}-other", scene.namespace);
        let outcome = gone_and_back(&scene, &other).await;
        let delete = ["delete", "namespace", &other, "--ignore-not-found", "--wait=false"];
        admin(&scene, &delete, "").await?;
        let cluster = scene.cluster;
        blocking(move || cluster.install(&[])).await?;
        outcome
    });
}

async fn gone_and_back(scene: &Scene, other: &str) -> anyhow::Result<()> {
    let (cluster, pi) = (scene.cluster, scene.example("pi")?);
    let both = format!("--set=spark.jobNamespaces={{{},{other}}}", scene.namespace);
    let serve_both = || {
        let both = both.clone();
        blocking(move || cluster.install(&[&both, "--set-string=spark.jobNamespaceSelector="]))
    };
    admin(scene, &["create", "namespace", other], "").await?;
    serve_both().await?;
    let endless = scene
        .program("endless", "scenario", &["wait", "/tmp"])?
        .with("/spec/driver/terminationGracePeriodSeconds", json!(1))
        .with("/spec/executor/terminationGracePeriodSeconds", json!(1));
    admin(scene, &["apply", "--namespace", other, "-f", "-"], &endless.text()).await?;
    reaches(scene, other, "endless", "RUNNING").await?;
    admin(scene, &["delete", "namespace", other, "--timeout=150s"], "").await?;
    scene.apply(&pi).await?.reaches("COMPLETED").await?;
    // One that starts when the namespace is not there.
    scale_operator(scene, 0).await?;
    scale_operator(scene, 1).await?;
    let again = scene.apply(&pi.clone().with("/metadata/name", json!("again"))).await?;
    again.reaches("COMPLETED").await?;
    let before = operator(scene).await?;
    admin(scene, &["create", "namespace", other], "").await?;
    // The operator's rights in a namespace go with it.
    serve_both().await?;
    admin(scene, &["apply", "--namespace", other, "-f", "-"], &pi.text()).await?;
    reaches(scene, other, "pi", "COMPLETED").await?;
    ensure!(operator(scene).await?.metadata.uid == before.metadata.uid, "another operator");
    Ok(())
}

/// Waits until an application of another namespace is in this state.
async fn reaches(scene: &Scene, namespace: &str, name: &str, state: &str) -> anyhow::Result<()> {
    let condition = format!("--for=jsonpath={{.status.applicationState.state}}={state}");
    let limit = format!("--timeout={}s", limits::STEP.as_secs());
    let object = format!("sparkapp/{name}");
    admin(scene, &["wait", &condition, &object, &limit, "--namespace", namespace], "").await?;
    Ok(())
}

/// Waits until the operator has looked at both.
async fn seen(scene: &Scene, namespace: &str) -> anyhow::Result<()> {
    for (condition, object) in [(SUSPENDED, "sparkapp/pi"), (TOLD, "scheduledsparkapp/nightly")] {
        let wait = ["wait", condition, object, "--timeout=150s", "--namespace", namespace];
        admin(scene, &wait, "").await?;
    }
    Ok(())
}

/// `kubectl` in other namespaces than the test's own.
async fn admin(scene: &Scene, arguments: &[&str], input: &str) -> anyhow::Result<String> {
    let mut command = kubectl(scene.cluster);
    command.args(arguments);
    let input = input.to_owned();
    tokio::task::spawn_blocking(move || run(command, &input)).await??.success()
}
