//! What watches the cluster, and keeps the rules of its nodes as the policies have them.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::fmt::Debug;

use anyhow::Context as _;
use futures::stream::{BoxStream, SelectAll, select_all};
use futures::{FutureExt as _, StreamExt as _};
use k8s_openapi::api::core::v1::{Namespace, Pod};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use kube::runtime::reflector::{Store, store};
use kube::runtime::{WatchStreamExt as _, reflector, watcher};
use kube::{Api, Resource, ResourceExt as _};
use serde::de::DeserializeOwned;
use tokio::sync::watch;

use super::policy::Known;
use super::tables::Tables;
use crate::Scene;

pub(super) struct Engine {
    policies: Store<NetworkPolicy>,
    pods: Store<Pod>,
    namespaces: Store<Namespace>,
    changes: SelectAll<BoxStream<'static, ()>>,
    blind_to: watch::Receiver<Option<String>>,
    tables: Tables,
    written: watch::Sender<Written>,
}

/// Which pods the rules in the nodes are about, by their UIDs.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Those that strangers are kept away from.
    pub guarded: BTreeSet<String>,
    /// Those that are let in where a policy names them.
    pub known: BTreeSet<String>,
}

impl Engine {
    /// Of the test's namespace; tells in `written` what the tables say.
    pub(super) fn new(
        scene: &Scene,
        blind_to: watch::Receiver<Option<String>>,
        tables: Tables,
        written: watch::Sender<Written>,
    ) -> Self {
        let (policies, of_policies) = follow(scene.api());
        let (pods, of_pods) = follow(Api::all(scene.client.clone()));
        let (namespaces, of_namespaces) = follow(Api::all(scene.client.clone()));
        let changes = select_all([of_policies, of_pods, of_namespaces]);
        Self { policies, pods, namespaces, changes, blind_to, tables, written }
    }

    /// Works until it is aborted.
    ///
    /// Writing does not pause, so that nothing is half written then.
    pub(super) async fn run(mut self) -> anyhow::Result<Infallible> {
        loop {
            tokio::select! {
                change = self.changes.next() => change.context("the watches ended")?,
                changed = self.blind_to.changed() => changed.context("the test ended")?,
            }
            let Some(known) = self.known() else { continue };
            let guarded = known.guarded()?;
            self.tables.write(&guarded)?;
            let guarded = guarded.into_iter().map(|pod| pod.uid).collect();
            self.written.send_replace(Written { guarded, known: known.with_address()? });
        }
    }

    /// Everything, once everything was listed.
    fn known(&self) -> Option<Known> {
        self.policies.wait_until_ready().now_or_never()?.ok()?;
        self.pods.wait_until_ready().now_or_never()?.ok()?;
        self.namespaces.wait_until_ready().now_or_never()?.ok()?;
        let overlooked = self.blind_to.borrow();
        let is_overlooked =
            |pod: &Pod| overlooked.is_some() && pod.labels().get("spark-role") == overlooked.as_ref();
        let mut pods = self.pods.state();
        pods.retain(|pod| !is_overlooked(pod));
        Some(Known { policies: self.policies.state(), pods, namespaces: self.namespaces.state() })
    }
}

/// The objects as they are now, and a stream that has to be read so that they are.
fn follow<K>(api: Api<K>) -> (Store<K>, BoxStream<'static, ()>)
where
    K: Resource<DynamicType = ()> + Clone + DeserializeOwned + Debug + Send + Sync + 'static,
{
    let (objects, writer) = store();
    let events = reflector(writer, watcher(api, watcher::Config::default())).default_backoff();
    // A watch that fails begins again.
    (objects, events.map(drop).boxed())
}
