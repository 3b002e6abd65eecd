//! The watches that fill the cache, and tell the queue what has changed.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures::{Stream, StreamExt};
use hearth_crd::{ExecutorPool, SparkApplication};
use k8s_openapi::NamespaceResourceScope;
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::watch as channel;
use tokio::task::JoinSet;
use tracing::warn;

use super::object::identity;
use super::{Cache, Kind, Watched, key_of, key_of_pod, key_of_pool};
use crate::key::Key;
use crate::metrics::Metrics;
use crate::names::LAUNCHED_BY_LABEL;
use crate::queue::Queue;
use crate::settings::Scope;
use crate::watching::watch;

/// How many objects of a list come at once: a page of applications takes a few megabytes while it is being read.
const PAGE_SIZE: u32 = 200;

/// The watches that run; they end when this is dropped.
#[derive(Debug)]
pub struct Watches {
    tasks: JoinSet<()>,
    synced: Vec<(String, channel::Receiver<bool>)>,
}

/// The caches did not fill in time.
#[derive(Debug, thiserror::Error)]
#[error("no complete list of {missing} within {} s; has the operator the right to list and watch them?", .after.as_secs())]
pub struct NotSynced {
    missing: String,
    after: Duration,
}

impl Watches {
    /// Waits until everything was listed once.
    pub async fn synced(&mut self, within: Duration) -> Result<(), NotSynced> {
        let all = async {
            for (_, synced) in &mut self.synced {
                // A watch that ended never lists anything; then the time passes.
                if synced.wait_for(|synced| *synced).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        if tokio::time::timeout(within, all).await.is_ok() {
            return Ok(());
        }
        let missing =
            self.synced.iter().filter(|(_, synced)| !*synced.borrow()).map(|(name, _)| name.clone());
        Err(NotSynced { missing: missing.collect::<Vec<_>>().join(", "), after: within })
    }

    /// Ends the watches.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

/// Watches all that is in `scope`.
pub fn watch_all(
    client: &Client,
    scope: &Scope,
    cache: &Arc<Cache>,
    queue: &Arc<Queue>,
    metrics: &Arc<Metrics>,
) -> Watches {
    let mut watches = Watches { tasks: JoinSet::new(), synced: Vec::new() };
    let config = watcher::Config::default().page_size(PAGE_SIZE);
    let of_applications = match &scope.application_selector {
        Some(selector) => config.clone().labels(selector),
        None => config.clone(),
    };
    let of_pods = config.clone().labels(&format!("{LAUNCHED_BY_LABEL}=true"));
    for namespace in scope.watched() {
        let sink = |kind| Sink {
            cache: cache.clone(),
            queue: queue.clone(),
            kind,
            namespace: namespace.map(str::to_owned),
            number: 0,
        };
        let of_applications = (api(client, namespace), of_applications.clone());
        let metrics = metrics.clone();
        watches.spawn(
            of_applications,
            sink(Kind::Applications),
            move |cache, change| match change {
                Change::Seen(application) => cache.saw_application(application, &metrics.applications),
                Change::Lost(application) => cache.lost_application(&application),
            },
            |application: &Watched<SparkApplication>| Some(key_of(application)),
        );
        watches.spawn(
            (api(client, namespace), config.clone()),
            sink(Kind::Pools),
            |cache, change| match change {
                Change::Seen(pool) => cache.saw_pool(pool),
                Change::Lost(pool) => cache.lost_pool(&pool),
            },
            |pool: &Watched<ExecutorPool>| key_of_pool(pool),
        );
        watches.spawn(
            (api(client, namespace), of_pods.clone()),
            sink(Kind::Pods),
            |cache, change| match change {
                Change::Seen(pod) => cache.saw_pod(pod),
                Change::Lost(pod) => cache.lost_pod(&pod),
            },
            key_of_pod,
        );
    }
    watches
}

fn api<K>(client: &Client, namespace: Option<&str>) -> Api<K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    }
}

/// An object was seen, or is gone.
enum Change<K> {
    Seen(K),
    Lost(K),
}

/// Where the events of one watch go.
struct Sink {
    cache: Arc<Cache>,
    queue: Arc<Queue>,
    kind: Kind,
    namespace: Option<String>,
    number: usize,
}

impl Watches {
    fn spawn<K>(
        &mut self,
        (api, config): (Api<K>, watcher::Config),
        mut sink: Sink,
        apply: impl Fn(&Cache, Change<K>) -> Option<Key> + Send + Sync + 'static,
        key: impl Fn(&K) -> Option<Key> + Send + Sync + 'static,
    ) where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + DeserializeOwned
            + Debug
            + Send
            + 'static,
    {
        sink.number = self.synced.len();
        let name = match &sink.namespace {
            Some(namespace) => format!("{} in {namespace}", K::plural(&())),
            None => K::plural(&()).into_owned(),
        };
        let (sender, receiver) = channel::channel(false);
        self.synced.push((name.clone(), receiver));
        let events = watch(api, config).boxed();
        self.tasks.spawn(async move { run(events, &sink, &name, &sender, apply, key).await });
    }
}

async fn run<K: Resource<DynamicType = ()>>(
    mut events: impl Stream<Item = watcher::Result<Event<K>>> + Unpin,
    sink: &Sink,
    name: &str,
    synced: &channel::Sender<bool>,
    apply: impl Fn(&Cache, Change<K>) -> Option<Key>,
    key: impl Fn(&K) -> Option<Key>,
) {
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Init) => sink.cache.begin_relist(sink.number),
            Ok(Event::InitApply(object)) => {
                if let Some(key) = key(&object) {
                    let (uid, _) = identity(object.meta());
                    sink.cache.listed(sink.number, &key, &uid);
                }
                sink.push(apply(&sink.cache, Change::Seen(object)));
            }
            Ok(Event::InitDone) => {
                let gone = sink.cache.end_relist(sink.number, sink.kind, sink.namespace.as_deref());
                gone.into_iter().for_each(|key| sink.push(Some(key)));
                synced.send_replace(true);
            }
            Ok(Event::Apply(object)) => sink.push(apply(&sink.cache, Change::Seen(object))),
            Ok(Event::Delete(object)) => sink.push(apply(&sink.cache, Change::Lost(object))),
            Err(error) => {
                warn!(watch = name, error = %hearth_types::error_chain(&error), "a watch broke off and is begun again");
            }
        }
    }
}

impl Sink {
    fn push(&self, key: Option<Key>) {
        if let Some(key) = key {
            self.queue.push(&key);
        }
    }
}

#[cfg(test)]
mod tests;
