//! Pods, nodes and the operator are taken away while an application runs.

use anyhow::{Context as _, ensure};
use hearth_cluster_tests::{
    Application, Cluster, Manifest, OPERATOR_NAMESPACE, Scene, alone, in_namespace, kubectl, limits, run,
    until_one,
};
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::{DeleteParams, EvictParams, ListParams};
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};

/// Long enough for pods to be lost and made again on a machine that has much else to do: on one executor, the half.
const ROUNDS: i64 = 40;

/// The sum of the sums of so many rounds.
fn total(rounds: i64) -> i64 {
    let (numbers, first) = (80_000, 80_000 * 79_999 / 2);
    (0..rounds).map(|round| first + numbers * round).sum()
}

#[test]
fn an_executor_pod_that_is_killed_is_replaced_and_the_answer_is_right() {
    in_namespace("executor-killed", async |scene| {
        let app = start(&scene, &rounds(&scene)?).await?;
        let executors = scene.running("rounds", "executor", 2).await?;
        scene.kill_pod(&executors[0].name_any()).await?;
        let again = scene.running("rounds", "executor", 2).await?;
        ensure!(again.iter().all(|pod| pod.name_any() != executors[0].name_any()), "the same pod");
        ends_well(&scene, &app).await
    });
}

#[test]
fn an_executor_pod_that_is_evicted_leaves_and_the_answer_is_right() {
    in_namespace("executor-evicted", async |scene| {
        let app = start(&scene, &rounds(&scene)?).await?;
        let executors = scene.running("rounds", "executor", 2).await?;
        scene.api::<Pod>().evict(&executors[0].name_any(), &EvictParams::default()).await?;
        ends_well(&scene, &app).await?;
        ensure!(app.settled_states() == ["SUBMITTED", "RUNNING", "COMPLETED"], "{:?}", app.settled_states());
        Ok(())
    });
}

#[test]
fn a_driver_pod_that_is_killed_is_followed_by_another_on_the_same_executors() {
    in_namespace("driver-killed", async |scene| {
        let policy = json!({ "type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 1 });
        let app = start(&scene, &rounds(&scene)?.with("/spec/restartPolicy", policy)).await?;
        let before = uids(&scene.running("rounds", "executor", 2).await?);
        let driver = scene.pods("rounds", "driver").await?.pop().context("a driver")?;
        scene.kill_pod(&driver.name_any()).await?;
        until_one(&scene.api::<Pod>(), "rounds-driver", "another driver", limits::STEP, |pod| {
            (pod.metadata.uid != driver.metadata.uid).then_some(())
        })
        .await?;
        scene.log_says("rounds-driver", "round 3").await?;
        let after = uids(&scene.running("rounds", "executor", 2).await?);
        ensure!(before == after, "{before:?} became {after:?}");
        ensure!(app.status().get("driverEpoch") == Some(&json!(2)), "{}", app.status());
        ends_well(&scene, &app).await
    });
}

#[test]
fn a_driver_pod_that_is_deleted_fails_an_application_that_never_restarts() {
    in_namespace("driver-deleted", async |scene| {
        let app = start(&scene, &rounds(&scene)?).await?;
        scene.kill_pod("rounds-driver").await?;
        app.reaches("FAILED").await?;
        ensure!(app.cause() == "PodDeleted", "{}", app.status());
        Ok(())
    });
}

#[test]
fn an_operator_that_is_killed_comes_back_and_starts_no_second_driver() {
    alone("operator-killed", async |scene| {
        let app = start(&scene, &rounds(&scene)?).await?;
        let driver = uids(&scene.pods("rounds", "driver").await?);
        let operators: Api<Pod> = Api::namespaced(scene.client.clone(), OPERATOR_NAMESPACE);
        let list = ListParams::default().labels("app.kubernetes.io/component=controller");
        for pod in operators.list(&list).await? {
            operators.delete(&pod.name_any(), &DeleteParams::default().grace_period(0)).await?;
        }
        // An executor that is lost while nobody looks is found missing later.
        let executors = scene.running("rounds", "executor", 2).await?;
        scene.kill_pod(&executors[0].name_any()).await?;
        ends_well(&scene, &app).await?;
        ensure!(uids(&scene.pods("rounds", "driver").await?) == driver, "a second driver");
        ensure!(app.status().get("submissionAttempts") == Some(&json!(1)), "{}", app.status());
        Ok(())
    });
}

#[test]
fn a_node_that_dies_in_the_middle_of_a_shuffle_costs_time_and_not_the_answer() {
    alone("node-killed", async |scene| {
        if !scene.cluster.is_own() {
            return Ok(());
        }
        let (home, victim) = nodes(&scene).await?;
        let manifest = rounds(&scene)?
            .with("/spec/driver/nodeSelector", json!({ "kubernetes.io/hostname": home }))
            .with("/spec/executor/affinity", one_each())
            .with("/spec/sparkConf/spark.executor.heartbeatInterval", json!("1s"))
            .with("/spec/sparkConf/spark.network.timeout", json!("6s"));
        // Kubernetes gives up a pod five minutes after its node, unless the pod says otherwise.
        let at_once = json!([{ "key": "node.kubernetes.io/unreachable", "operator": "Exists",
            "effect": "NoExecute", "tolerationSeconds": 0 }]);
        let lost = scene
            .program("lost", "scenario", &["wait", "/tmp"])?
            .with("/spec/driver/nodeSelector", json!({ "kubernetes.io/hostname": victim }))
            .with("/spec/driver/tolerations", at_once)
            // Where it leaves room to the others.
            .with("/spec/executor/nodeSelector", json!({ "hearth.dev/no-such": "node" }));
        let lost = scene.apply(&lost).await?;
        lost.reaches("RUNNING").await?;
        let app = start(&scene, &manifest).await?;
        scene.running("rounds", "executor", 2).await?;
        let meanwhile = async { tokio::try_join!(ends_well(&scene, &app), lost.reaches("FAILED")).map(drop) };
        while_dead(&scene, victim, meanwhile).await?;
        ensure!(lost.cause() == "NodeLost", "{}", lost.status());
        ensure!(lost.error_message().contains("the node of the driver does not answer"), "{}", lost.status());
        Ok(())
    });
}

#[test]
fn a_node_that_is_drained_in_the_middle_of_a_shuffle_loses_its_executor_and_the_answer_is_right() {
    alone("node-drained", async |scene| {
        if !scene.cluster.is_own() {
            return Ok(());
        }
        let app = start(&scene, &rounds(&scene)?.with("/spec/executor/affinity", one_each())).await?;
        let driver = scene.pods("rounds", "driver").await?.pop().context("a driver")?;
        let executors = scene.running("rounds", "executor", 2).await?;
        // The operator may be there too, and move.
        let node = executors.iter().map(node_of).find(|node| *node != node_of(&driver));
        let cordoned = Cordoned { cluster: scene.cluster, node: node.context("an executor elsewhere")? };
        let away = ["--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=150s"];
        scene.kubectl(&[&["drain", &cordoned.node][..], &away].concat(), "").await?.success()?;
        let left = scene.pods("rounds", "executor").await?;
        ensure!(left.iter().all(|pod| node_of(pod) != cordoned.node), "the node has an executor");
        drop(cordoned);
        ends_well(&scene, &app).await?;
        ensure!(app.settled_states() == ["SUBMITTED", "RUNNING", "COMPLETED"], "{:?}", app.settled_states());
        Ok(())
    });
}

/// The node of the operator, and another. The only operator stays where it is: Kubernetes takes five minutes to give up the pods
/// of a node that is silent.
pub(crate) async fn nodes(scene: &Scene) -> anyhow::Result<(String, &'static str)> {
    let operators: Api<Pod> = Api::namespaced(scene.client.clone(), OPERATOR_NAMESPACE);
    let list = ListParams::default().labels("app.kubernetes.io/component=controller");
    let stays = |pod: &Pod| pod.metadata.deletion_timestamp.is_none();
    let operator = operators.list(&list).await?.items.into_iter().find(stays).context("an operator")?;
    let home = operator.spec.and_then(|spec| spec.node_name).context("its node")?;
    let other = if home == "node-0" { "node-1" } else { "node-0" };
    Ok((home, other))
}

/// Kills a node, and revives it after what is to be seen meanwhile.
pub(crate) async fn while_dead(
    scene: &Scene,
    node: &'static str,
    meanwhile: impl Future<Output = anyhow::Result<()>>,
) -> anyhow::Result<()> {
    let cluster = scene.cluster;
    tokio::task::spawn_blocking(move || cluster.kill_node(node)).await??;
    let outcome = meanwhile.await;
    tokio::task::spawn_blocking(move || cluster.revive_node(node)).await??;
    let nodes = Api::<Node>::all(scene.client.clone());
    until_one(&nodes, node, "the node to be ready again", limits::LONG_STEP, |node| {
        let conditions = node.status.as_ref()?.conditions.as_ref()?;
        conditions.iter().any(|is| is.type_ == "Ready" && is.status == "True").then_some(())
    })
    .await?;
    outcome
}

/// A node that takes no pods until this is dropped.
struct Cordoned {
    cluster: &'static Cluster,
    node: String,
}

impl Drop for Cordoned {
    fn drop(&mut self) {
        let mut uncordon = kubectl(self.cluster);
        uncordon.args(["uncordon", &self.node]);
        let done = run(uncordon, "").and_then(hearth_cluster_tests::Output::success);
        drop(done);
    }
}

fn node_of(pod: &Pod) -> String {
    pod.spec.as_ref().and_then(|spec| spec.node_name.clone()).unwrap_or_default()
}

/// An affinity by which each executor has a node of its own.
fn one_each() -> Value {
    json!({ "podAntiAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [{
        "labelSelector": { "matchLabels": { "spark-role": "executor" } },
        "topologyKey": "kubernetes.io/hostname",
    }] } })
}

/// An application that runs for some seconds on two executors.
pub(crate) fn rounds(scene: &Scene) -> anyhow::Result<Manifest> {
    scene.program("rounds", "scenario", &["rounds", &ROUNDS.to_string()])
}

/// Applies it, and waits until it is in the middle of its work.
pub(crate) async fn start(scene: &Scene, manifest: &Manifest) -> anyhow::Result<Application> {
    let app = scene.apply(manifest).await?;
    scene.log_says("rounds-driver", "round 1").await?;
    Ok(app)
}

pub(crate) async fn ends_well(scene: &Scene, app: &Application) -> anyhow::Result<()> {
    ends_well_after(scene, app, ROUNDS).await
}

pub(crate) async fn ends_well_after(scene: &Scene, app: &Application, rounds: i64) -> anyhow::Result<()> {
    app.reaches_within("COMPLETED", limits::LONG_STEP).await?;
    let log = scene.log("rounds-driver").await?;
    ensure!(log.ends_with(&format!("total: {}\n", total(rounds))), "{log}");
    Ok(())
}

pub(crate) fn uids(pods: &[Pod]) -> Vec<String> {
    let mut uids: Vec<String> = pods.iter().filter_map(|pod| pod.metadata.uid.clone()).collect();
    uids.sort();
    uids
}
