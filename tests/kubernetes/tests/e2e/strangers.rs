//! Pods that are of no application, and what they hear when they connect to those of one.

use anyhow::{Context as _, ensure};
use hearth_cluster_tests::{Scene, limits, until_one};
use k8s_openapi::api::core::v1::{Namespace, Pod, ServiceAccount};
use kube::Api;
use kube::api::{DeleteParams, PostParams};
use serde_json::json;

/// Where a stranger connects to, and what it is to hear.
pub(crate) type Hears = (String, &'static str);

/// What whoever is kept out hears.
pub(crate) const KEPT_OUT: &str = "No route to host (os error 113)";
/// What whoever is let in hears where somebody listens.
pub(crate) const CONNECTED: &str = "connected";
/// What whoever is let in hears where nobody listens, as behind the port of the web UI, which comes next.
pub(crate) const NOBODY_THERE: &str = "Connection refused (os error 111)";

const NAME: &str = "stranger";
const PROGRAM: &str = "/opt/hearth/scenario";

/// A pod that is as near to an application as can be without being of it: it says that it is an executor of another one.
pub(crate) struct Stranger<'a> {
    scene: &'a Scene,
    pub(crate) pod: Pod,
}

impl<'a> Stranger<'a> {
    /// Waits until it is there. One to a namespace.
    pub(crate) async fn enter(scene: &'a Scene) -> anyhow::Result<Self> {
        let pod = serde_json::from_value(json!({
            "metadata": { "name": NAME, "labels": {
                "sparkoperator.k8s.io/app-name": "other", "spark-role": "executor",
            } },
            "spec": {
                "automountServiceAccountToken": false,
                "terminationGracePeriodSeconds": 0,
                "containers": [{ "name": NAME, "image": scene.cluster.image, "command": [PROGRAM, "stay"] }],
            },
        }))?;
        let pods = scene.api::<Pod>();
        pods.create(&PostParams::default(), &pod).await?;
        let pod = until_one(&pods, NAME, "the stranger to run", limits::STEP, |pod| {
            let status = pod.status.as_ref()?;
            (status.phase.as_deref() == Some("Running")).then(|| pod.clone())
        })
        .await?;
        Ok(Self { scene, pod })
    }

    /// Connects to addresses, and compares what it hears.
    pub(crate) async fn hears(&self, expected: &[Hears]) -> anyhow::Result<()> {
        let mut words = vec!["exec", NAME, "--", PROGRAM, "connect"];
        words.extend(expected.iter().map(|(address, _)| address.as_str()));
        let heard = self.scene.kubectl(&words, "").await?.success()?;
        let lines = expected.iter().map(|(address, answer)| format!("{address}: {answer}\n"));
        let namespace = &self.scene.namespace;
        ensure!(heard == lines.collect::<String>(), "{namespace} heard, instead of {expected:?}:\n{heard}");
        Ok(())
    }
}

pub(crate) fn address(pod: &Pod, port: u16) -> anyhow::Result<String> {
    let ip = pod.status.as_ref().and_then(|status| status.pod_ip.as_ref()).context("the pod's address")?;
    Ok(format!("{ip}:{port}"))
}

/// Gives the test a namespace beside its own, which the tests' operator does not serve.
pub(crate) async fn with_other_namespace(
    scene: &Scene,
    test: impl AsyncFnOnce(&Scene) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let namespace = format!("{}-other", scene.namespace);
    let object = serde_json::from_value(json!({ "metadata": { "name": namespace } }))?;
    let namespaces = Api::<Namespace>::all(scene.client.clone());
    namespaces.create(&PostParams::default(), &object).await?;
    let other = Scene { cluster: scene.cluster, client: scene.client.clone(), namespace };
    // A pod that comes before it is refused.
    let accounts = other.api::<ServiceAccount>();
    until_one(&accounts, "default", "the default account", limits::STEP, |_| Some(())).await?;
    let outcome = Box::pin(test(&other)).await;
    namespaces.delete(&other.namespace, &DeleteParams::background()).await?;
    outcome
}
