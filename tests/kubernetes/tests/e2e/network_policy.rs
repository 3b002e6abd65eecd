//! An application behind its network policy, on a network that enforces it: its own pods reach each other, strangers reach nothing
//! but the port of the web UI. The network of the tests' own cluster does so where a test asks for it.

use std::path::Path;
use std::process::{Child, Stdio};

use anyhow::{Context as _, ensure};
use hearth_cluster_tests::{Manifest, Network, Scene, hearth, in_namespace};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use serde_json::json;

use crate::data::folder_for_all;
use crate::strangers::{CONNECTED, Hears, KEPT_OUT, NOBODY_THERE, Stranger, address, with_other_namespace};

#[test]
fn behind_its_network_policy_an_application_shuffles_and_strangers_reach_only_the_port_of_its_web_ui() {
    in_namespace("network-policy", async |scene| {
        // Of another cluster, nobody knows whether its network enforces policies, and when.
        if !scene.cluster.is_own() {
            return Ok(());
        }
        let notes = folder_for_all(&scene)?;
        let mut network = Network::enforce_blind_to(&scene, "executor").await?;
        let app = scene.apply(&exchange(&scene, &notes)?).await?;

        // An executor is there before the network knows that it is none of the strangers.
        let executors = scene.running("exchange", "executor", 2).await?;
        for executor in &executors {
            let waits = scene.log_says(&executor.name_any(), "waits for a driver").await?;
            ensure!(waits.contains(KEPT_OUT), "{waits}");
        }
        network.sees_all();
        for executor in &executors {
            scene.log_says(&executor.name_any(), "at the gate").await?;
        }

        let driver = scene.running("exchange", "driver", 1).await?.remove(0);
        let own = [&executors[0], &executors[1], &driver];
        network.guards(&own).await?;
        with_other_namespace(&scene, async |other| keeps_out(network, &scene, other, own).await).await?;
        let mut network = Network::enforce(&scene).await?;
        network.guards(&own).await?;

        std::fs::write(notes.join("map"), "")?;
        app.reaches("COMPLETED").await?;
        let log = scene.log("exchange-driver").await?;
        ensure!(log.ends_with("100 keys, each from both: true\n"), "{log}");
        network.lift().await?;
        std::fs::remove_dir_all(notes)?;
        Ok(())
    });
}

/// The network keeps strangers of both namespaces out of two executors and a driver, and when it is lifted they are let in: so it
/// was the policy that kept them out.
async fn keeps_out(
    mut network: Network,
    scene: &Scene,
    other: &Scene,
    [one, two, driver]: [&Pod; 3],
) -> anyhow::Result<()> {
    let (near, far) = tokio::try_join!(Stranger::enter(scene), Stranger::enter(other))?;
    network.knows(&[&near.pod, &far.pod]).await?;
    let closed = [(one, 7079), (two, 7079), (driver, 7078)];
    let kept_out = heard(&closed, KEPT_OUT, driver)?;
    tokio::try_join!(near.hears(&kept_out), far.hears(&kept_out))?;
    network.lift().await?;
    let let_in = heard(&closed, CONNECTED, driver)?;
    tokio::try_join!(near.hears(&let_in), far.hears(&let_in))?;
    Ok(())
}

/// What is heard by a stranger who gets this answer at the closed ports, and is let in at that of the web UI.
fn heard(closed: &[(&Pod, u16)], answer: &'static str, driver: &Pod) -> anyhow::Result<Vec<Hears>> {
    let mut all = Vec::new();
    for (pod, port) in closed {
        all.push((address(pod, *port)?, answer));
    }
    all.push((address(driver, 4040)?, NOBODY_THERE));
    Ok(all)
}

#[test]
fn only_whom_the_operator_is_told_of_reaches_the_port_of_the_web_ui() {
    in_namespace("network-policy-ui", async |desk| {
        if !desk.cluster.is_own() {
            return Ok(());
        }
        with_other_namespace(&desk, async |served| {
            let _operator = Operator::start(served, &desk)?;
            let mut network = Network::enforce(served).await?;
            let endless = served
                .program("endless", "scenario", &["wait", "/tmp"])?
                .without("/spec/driver/serviceAccount")
                .with("/spec/executor/instances", json!(1));
            served.apply(&endless).await?;
            let driver = served.running("endless", "driver", 1).await?.remove(0);
            let (at_desk, elsewhere) = tokio::try_join!(Stranger::enter(&desk), Stranger::enter(served))?;
            network.guards(&[&driver]).await?;
            network.knows(&[&at_desk.pod, &elsewhere.pod]).await?;
            let (ui, rpc) = (address(&driver, 4040)?, (address(&driver, 7078)?, KEPT_OUT));
            at_desk.hears(&[(ui.clone(), NOBODY_THERE), rpc.clone()]).await?;
            elsewhere.hears(&[(ui, KEPT_OUT), rpc]).await?;
            network.lift().await
        })
        .await
    });
}

/// An operator beside that of the tests, for one namespace.
struct Operator(Child);

impl Operator {
    /// Lets whoever is in the namespace `desk` reach the web UIs of those in the namespace `served`.
    fn start(served: &Scene, desk: &Scene) -> anyhow::Result<Self> {
        let labels = json!({ "kubernetes.io/metadata.name": desk.namespace });
        let peers = json!([{ "namespaceSelector": { "matchLabels": labels } }]);
        let mut command = hearth(served.cluster)?;
        command.args(["operator", "--metrics-bind-address=0", "--health-probe-bind-address=0"]);
        command.arg(format!("--namespaces={}", served.namespace));
        command.arg(format!("--network-policy-ui-from={peers}"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self(command.spawn()?))
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let ended = self.0.kill().and_then(|()| self.0.wait());
        drop(ended);
    }
}

/// An application whose tasks wait, one on each of two executors, each executor on a node of its own, until the file `map` is
/// there; then they exchange what they have.
fn exchange(scene: &Scene, notes: &Path) -> anyhow::Result<Manifest> {
    let (name, path) = ("notes", notes.to_str().context("a path")?);
    let mount = json!([{ "name": name, "mountPath": path }]);
    let bounds = json!({ "enabled": true, "initialExecutors": 0, "minExecutors": 0, "maxExecutors": 2 });
    // By its name too, as a stranger would not find a node otherwise.
    let one_each = json!({ "podAntiAffinity": { "requiredDuringSchedulingIgnoredDuringExecution": [{
        "labelSelector": { "matchLabels": { "sparkoperator.k8s.io/app-name": "exchange", "spark-role": "executor" } },
        "topologyKey": "kubernetes.io/hostname",
    }] } });
    Ok(scene
        .program("exchange", "scenario", &["exchange", path])?
        .without("/spec/executor/instances")
        .with("/spec/dynamicAllocation", bounds)
        .with("/spec/sparkConf/spark.dynamicAllocation.schedulerBacklogTimeout", json!("200ms"))
        // A task gives up its gate after a minute, and strangers may be slow.
        .with("/spec/sparkConf/spark.task.maxFailures", json!("20"))
        .with("/spec/volumes", json!([{ "name": name, "hostPath": { "path": path } }]))
        .with("/spec/driver/volumeMounts", mount.clone())
        .with("/spec/executor/volumeMounts", mount)
        .with("/spec/executor/affinity", one_each))
}
