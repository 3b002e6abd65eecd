//! Which namespaces are served, where a selector of labels says so.

use std::collections::HashSet;
use std::sync::Arc;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Namespace;
use kube::core::PartialObjectMeta;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client, ResourceExt};
use tokio::sync::watch;
use tracing::warn;

use crate::cache::Cache;
use crate::key::Key;
use crate::queue::Queue;

/// The namespaces that are served.
#[derive(Clone, Debug, Default)]
pub struct Namespaces {
    /// Served whatever their labels are.
    named: HashSet<String>,
    /// Absent: all.
    selected: Option<Arc<watch::Sender<HashSet<String>>>>,
}

impl Namespaces {
    /// All of them.
    pub fn all() -> Self {
        Self::default()
    }

    /// Those with these names, and those that a watch of labels selects; none of the latter until it has begun.
    pub fn selected(named: &[String]) -> Self {
        Self { named: named.iter().cloned().collect(), selected: Some(Arc::default()) }
    }

    /// Whether applications of a namespace are served.
    pub fn has(&self, key: &Key) -> bool {
        let namespace = key.namespace();
        let Some(selected) = &self.selected else { return true };
        self.named.contains(namespace) || selected.borrow().contains(namespace)
    }

    /// Tells when further namespaces are served.
    pub fn joined(&self) -> Joined {
        Joined(self.selected.as_ref().map(|selected| selected.subscribe()))
    }

    /// Keeps the selection fresh. Applications of namespaces that join it are looked at.
    pub async fn watch(self, client: Client, selector: String, cache: Arc<Cache>, queue: Arc<Queue>) {
        let Some(selected) = &self.selected else { return };
        let config = watcher::Config::default().labels(&selector);
        let mut events =
            crate::watching::watch(Api::<PartialObjectMeta<Namespace>>::all(client), config).boxed();
        let mut listed = HashSet::new();
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::Init) => listed.clear(),
                Ok(Event::InitApply(namespace)) => {
                    listed.insert(namespace.name_any());
                }
                Ok(Event::InitDone) => {
                    let listed = std::mem::take(&mut listed);
                    selected.send_if_modified(|selected| {
                        let has_joined = !listed.is_subset(selected);
                        *selected = listed;
                        has_joined
                    });
                    push_all(&cache, &queue, |_| true);
                }
                Ok(Event::Apply(namespace)) => {
                    let name = namespace.name_any();
                    if selected.send_if_modified(|selected| selected.insert(name.clone())) {
                        push_all(&cache, &queue, |key| key.namespace() == name);
                    }
                }
                Ok(Event::Delete(namespace)) => {
                    selected.send_if_modified(|selected| {
                        selected.remove(&namespace.name_any());
                        false
                    });
                }
                Err(error) => {
                    warn!(error = %hearth_types::error_chain(&error), "the watch of namespaces broke off and is begun again");
                }
            }
        }
    }
}

/// Waits for namespaces that join those that are served.
#[derive(Debug)]
pub struct Joined(Option<watch::Receiver<HashSet<String>>>);

impl Joined {
    /// Waits for the next one; for ever, if all are served anyway.
    pub async fn next(&mut self) {
        let has_joined = match &mut self.0 {
            Some(selected) => selected.changed().await.is_ok(),
            None => false,
        };
        if !has_joined {
            std::future::pending::<()>().await;
        }
    }
}

fn push_all(cache: &Cache, queue: &Queue, wanted: impl Fn(&Key) -> bool) {
    cache.keys().iter().filter(|key| wanted(key)).for_each(|key| queue.push(key));
}
