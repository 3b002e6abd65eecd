//! A network that obeys network policies, for one namespace of the tests' own cluster.
//!
//! The bridges of that cluster know nothing of policies. What a policy engine does on each node is done here from outside, as the
//! nodes are network namespaces of this machine: it watches, and writes rules of nftables into each of them.

mod engine;
mod policy;
mod tables;

use std::collections::BTreeSet;
use std::convert::Infallible;

use anyhow::{Context as _, bail, ensure};
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::api::ListParams;
use kube::{Api, ResourceExt};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::{Scene, limits};
use engine::{Engine, Written};
use tables::Tables;

/// Enforces the policies of a test's namespace until it is lifted or dropped.
#[derive(Debug)]
pub struct Network {
    blind_to: watch::Sender<Option<String>>,
    written: watch::Receiver<Written>,
    engine: JoinHandle<anyhow::Result<Infallible>>,
}

impl Network {
    /// Begins to enforce.
    ///
    /// # Errors
    /// It is not the own cluster, or the API server refuses.
    pub async fn enforce(scene: &Scene) -> anyhow::Result<Self> {
        Self::begin(scene, None).await
    }

    /// As [`Self::enforce`], by an engine that is late: until [`Self::sees_all`] it does not know pods with this `spark-role`, so
    /// that they are strangers to those that it guards.
    ///
    /// # Errors
    /// As [`Self::enforce`].
    pub async fn enforce_blind_to(scene: &Scene, role: &str) -> anyhow::Result<Self> {
        Self::begin(scene, Some(role.to_owned())).await
    }

    async fn begin(scene: &Scene, blind_to: Option<String>) -> anyhow::Result<Self> {
        ensure!(
            scene.cluster.is_own(),
            "the nodes of this cluster are not network namespaces of this machine"
        );
        let nodes = Api::<Node>::all(scene.client.clone()).list(&ListParams::default()).await?;
        let tables = Tables::new(&scene.namespace, nodes.iter().map(ResourceExt::name_any).collect())?;
        let (blind_to, blindness) = watch::channel(blind_to);
        let (writes, written) = watch::channel(Written::default());
        let engine = Engine::new(scene, blindness, tables, writes);
        Ok(Self { blind_to, written, engine: tokio::spawn(engine.run()) })
    }

    /// From now on no pod is overlooked.
    pub fn sees_all(&self) {
        self.blind_to.send_replace(None);
    }

    /// Waits until strangers are kept away from these pods.
    ///
    /// # Errors
    /// The engine has failed, or the time is over.
    pub async fn guards(&mut self, pods: &[&Pod]) -> anyhow::Result<()> {
        self.until(pods, "to be guarded", |written| &written.guarded).await
    }

    /// Waits until these pods are let in where a policy names them: who is kept out then is kept out for good.
    ///
    /// # Errors
    /// As [`Self::guards`].
    pub async fn knows(&mut self, pods: &[&Pod]) -> anyhow::Result<()> {
        self.until(pods, "to be known", |written| &written.known).await
    }

    async fn until(
        &mut self,
        pods: &[&Pod],
        what: &str,
        uids: impl Fn(&Written) -> &BTreeSet<String>,
    ) -> anyhow::Result<()> {
        let wanted: BTreeSet<String> = pods.iter().filter_map(|pod| pod.uid()).collect();
        let written = self.written.wait_for(|written| uids(written).is_superset(&wanted));
        match tokio::time::timeout(limits::STEP, written).await.map(|outcome| outcome.is_ok()) {
            Ok(true) => Ok(()),
            Ok(false) => match (&mut self.engine).await?.context("enforce network policies")? {},
            Err(_) => {
                let names: Vec<String> = pods.iter().map(|pod| pod.name_any()).collect();
                bail!("gave up waiting for {names:?} {what} by the network");
            }
        }
    }

    /// Ends it; strangers may do what they like when this returns.
    ///
    /// # Errors
    /// The engine has failed.
    pub async fn lift(mut self) -> anyhow::Result<()> {
        self.engine.abort();
        match (&mut self.engine).await {
            Err(error) if error.is_cancelled() => Ok(()),
            ended => match ended?.context("enforce network policies")? {},
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.engine.abort();
    }
}
