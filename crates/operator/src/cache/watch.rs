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

/// How many watches each namespace has.
const KINDS: usize = 3;

/// The watches that run; they end when this is dropped.
#[derive(Debug)]
pub struct Watches {
    tasks: JoinSet<()>,
    /// What they watch, those of one namespace after each other.
    names: Vec<String>,
    lists: Arc<channel::Sender<Vec<Listed>>>,
}

/// How far the first list of a watch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listed {
    /// There was no answer yet.
    NotYet,
    /// The API server does not allow it. It is asked again all the same.
    Refused,
    /// It was read to its end.
    Complete,
}

/// The caches did not fill in time.
#[derive(Debug, thiserror::Error)]
#[error("no complete list of {missing} within {} s; has the operator the right to list and watch them?", .after.as_secs())]
pub struct NotSynced {
    missing: String,
    after: Duration,
}

impl Watches {
    /// Waits until everything was listed once, and answers with what may not be listed. A namespace that is gone, or where the
    /// operator has no rights, keeps nobody else waiting; its applications are looked at as soon as all of it was listed.
    pub async fn synced(&mut self, within: Duration) -> Result<Vec<String>, NotSynced> {
        let mut lists = self.lists.subscribe();
        let is_answered = |lists: &Vec<Listed>| {
            lists.iter().all(|listed| *listed != Listed::NotYet) && is_any_complete(lists)
        };
        let in_time = tokio::time::timeout(within, lists.wait_for(is_answered)).await.is_ok();
        let lists = self.lists.borrow().clone();
        let missing = self.names.iter().zip(&lists).filter(|(_, listed)| **listed != Listed::Complete);
        let missing: Vec<String> = missing.map(|(name, _)| name.clone()).collect();
        if in_time || is_any_complete(&lists) {
            return Ok(missing);
        }
        Err(NotSynced { missing: missing.join(", "), after: within })
    }

    /// Ends the watches.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

/// Whether there is a namespace of which everything is known.
fn is_any_complete(lists: &[Listed]) -> bool {
    lists.chunks(KINDS).any(is_complete)
}

/// Whether everything is known of the namespace of these lists.
fn is_complete(of_namespace: &[Listed]) -> bool {
    of_namespace.iter().all(|listed| *listed == Listed::Complete)
}

/// Watches all that is in `scope`.
pub fn watch_all(
    client: &Client,
    scope: &Scope,
    cache: &Arc<Cache>,
    queue: &Arc<Queue>,
    metrics: &Arc<Metrics>,
) -> Watches {
    let lists = vec![Listed::NotYet; scope.watched().len() * KINDS];
    let lists = Arc::new(channel::channel(lists).0);
    let mut watches = Watches { tasks: JoinSet::new(), names: Vec::new(), lists: lists.clone() };
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
            lists: lists.clone(),
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
                Change::Lost(pod) => cache.lost_pod(pod),
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
    lists: Arc<channel::Sender<Vec<Listed>>>,
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
        sink.number = self.names.len();
        let name = match &sink.namespace {
            Some(namespace) => format!("{} in {namespace}", K::plural(&())),
            None => K::plural(&()).into_owned(),
        };
        self.names.push(name.clone());
        let events = watch(api, config).boxed();
        self.tasks.spawn(async move { run(events, &sink, &name, apply, key).await });
    }
}

async fn run<K: Resource<DynamicType = ()>>(
    mut events: impl Stream<Item = watcher::Result<Event<K>>> + Unpin,
    sink: &Sink,
    name: &str,
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
                sink.completed();
            }
            Ok(Event::Apply(object)) => sink.push(apply(&sink.cache, Change::Seen(object))),
            Ok(Event::Delete(object)) => sink.push(apply(&sink.cache, Change::Lost(object))),
            Err(error) => {
                if is_refusal(&error) {
                    sink.refused();
                }
                warn!(watch = name, error = %hearth_types::error_chain(&error), "a watch broke off and is begun again");
            }
        }
    }
}

/// Whether the API server does not allow a list, or knows nothing of what is to be listed.
fn is_refusal(error: &watcher::Error) -> bool {
    matches!(error, watcher::Error::InitialListFailed(kube::Error::Api(status)) if matches!(status.code, 403 | 404))
}

impl Sink {
    /// Of a namespace of which not everything is known yet, nothing is looked at: what is not in the cache would count as lost.
    fn push(&self, key: Option<Key>) {
        if let Some(key) = key
            && self.is_all_known()
        {
            self.queue.push(&key);
        }
    }

    /// A list was read to its end; with the last one of a namespace all of it is looked at.
    fn completed(&self) {
        if !self.set(Listed::Complete) || !self.is_all_known() {
            return;
        }
        let is_of = |key: &&Key| self.namespace.as_ref().is_none_or(|namespace| namespace == key.namespace());
        self.cache.keys().iter().filter(is_of).for_each(|key| self.queue.push(key));
    }

    fn refused(&self) {
        self.set(Listed::Refused);
    }

    /// Whether everything of this namespace is known.
    fn is_all_known(&self) -> bool {
        self.lists.borrow().chunks(KINDS).nth(self.number / KINDS).is_some_and(is_complete)
    }

    /// Notes how far the first list is, which was complete once and for all. Answers whether that is news.
    fn set(&self, listed: Listed) -> bool {
        self.lists.send_if_modified(|lists| match lists.get_mut(self.number) {
            Some(known) if *known != Listed::Complete && *known != listed => {
                *known = listed;
                true
            }
            Some(_) | None => false,
        })
    }
}

#[cfg(test)]
mod tests;
