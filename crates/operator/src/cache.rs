//! What the API server has, as far as the operator needs it: applications, their pools and their pods.
//!
//! Filled by watches, and by the answers to our own writes: so the cache is never behind what this operator did itself, and
//! nothing is done twice because a watch is late. Everything that belongs to an application is found by its [`Key`].
//! Kubeflow: informers of controller-runtime, whole objects.

mod object;
mod pods;
mod recent;
mod text;
mod watch;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hearth_crd::{ExecutorPool, SparkApplication};
use kube::Resource;
use parking_lot::Mutex;

pub use object::{Object, ParseError, Watched};
pub use watch::{NotSynced, Watches, watch_all};

use self::object::{Shared, application_of, identity, state_of};
use self::pods::{Pods, Upsert};
use self::recent::{Hot, Tombstones};
use crate::key::Key;
use crate::metrics::{ApplicationMetrics, LabelValues, Now};
use crate::names::{APP_NAME_LABEL, ROLE_LABEL};
use crate::pod_view::{Phase, PodView};

/// The cache.
#[derive(Debug, Default)]
pub struct Cache {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: HashMap<Key, Entry>,
    tombstones: Tombstones,
    hot: Hot,
    /// What the lists that are being read at the moment have named so far, by the number of the watch.
    relists: HashMap<usize, HashSet<(Key, Box<str>)>>,
}

/// Everything of one application.
#[derive(Debug, Default)]
struct Entry {
    application: Option<Application>,
    pool: Option<Shared>,
    pods: Pods,
    /// The last driver that is gone, if it had ended before: its end and its deletion may come faster than anybody looks.
    ended_driver: Option<Arc<PodView>>,
}

impl Entry {
    /// A pod is gone, and this is what was last known of it.
    fn remember(&mut self, last: Arc<PodView>) {
        if is_driver(&last) && matches!(last.phase(), Phase::Succeeded | Phase::Failed) {
            self.ended_driver = Some(last);
        }
    }
}

#[derive(Debug)]
struct Application {
    object: Shared,
    is_running: bool,
    labels: LabelValues,
}

/// Everything of one application, at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The application.
    pub application: Option<Shared>,
    /// Its pool.
    pub pool: Option<Shared>,
    /// Its driver and its executors, of every submission, and other pods with its label.
    pub pods: Vec<Arc<PodView>>,
    /// The driver that had ended when it was deleted, until there is another.
    pub ended_driver: Option<Arc<PodView>>,
}

impl Cache {
    /// Everything of an application.
    pub fn get(&self, key: &Key) -> Snapshot {
        let mut inner = self.inner.lock();
        let Inner { entries, hot, .. } = &mut *inner;
        let Some(entry) = entries.get_mut(key) else { return Snapshot::default() };
        let snapshot = Snapshot {
            application: entry.application.as_ref().map(|application| application.object.clone()),
            pool: entry.pool.clone(),
            pods: entry.pods.views(),
            ended_driver: entry.ended_driver.clone(),
        };
        if let Some(cold) = hot.touch(key)
            && let Some(entry) = entries.get_mut(&cold)
        {
            entry.pods.pack();
        }
        snapshot
    }

    /// Every application that is known, and whatever has its name.
    pub fn keys(&self) -> Vec<Key> {
        self.inner.lock().entries.keys().cloned().collect()
    }

    /// How many applications there are.
    pub fn applications(&self) -> usize {
        self.inner.lock().entries.values().filter(|entry| entry.application.is_some()).count()
    }

    /// Tells the metrics what runs now.
    pub fn count_running(&self, metrics: &ApplicationMetrics) {
        let inner = self.inner.lock();
        let now = |entry: &'_ Entry| {
            let application = entry.application.as_ref()?;
            let executors = if application.is_running { entry.pods.running_executors() } else { 0 };
            Some((application.labels.clone(), application.is_running, executors))
        };
        let all: Vec<_> = inner.entries.values().filter_map(now).collect();
        drop(inner);
        metrics.set(all.iter().map(|(labels, is_running, executors)| Now {
            labels,
            is_running: *is_running,
            executors: *executors,
        }));
    }

    /// The API server answered this to a write of an application.
    pub fn wrote_application(&self, watched: Watched<SparkApplication>, metrics: &ApplicationMetrics) {
        let Some((key, application)) = read_application(watched, metrics) else { return };
        let mut inner = self.inner.lock();
        if !inner.tombstones.contains(&application.object.uid) {
            inner.note_in_relists(&key, &application.object.uid);
            inner.put_application(&key, application);
        }
    }

    /// The API server answered this to a write of a pool.
    pub fn wrote_pool(&self, watched: Watched<ExecutorPool>) {
        let Some((key, pool)) = read_pool(watched) else { return };
        let mut inner = self.inner.lock();
        if !inner.tombstones.contains(&pool.uid) {
            inner.note_in_relists(&key, &pool.uid);
            inner.put_pool(&key, pool);
        }
    }

    /// The API server answered this to a write of a pod.
    pub fn wrote_pod(&self, mut pod: PodView) {
        pod.trim();
        let Some(key) = key_of_pod(&pod) else { return };
        let mut inner = self.inner.lock();
        if !inner.tombstones.contains(pod.uid()) {
            inner.note_in_relists(&key, pod.uid());
            inner.put_pod(&key, pod);
        }
    }

    /// A pod with this identity is not there, as the API server says.
    pub fn pod_is_gone(&self, key: &Key, uid: &str) {
        let mut inner = self.inner.lock();
        inner.tombstones.insert(uid);
        inner.remove_pod(key, uid);
    }

    /// A pool with this identity is not there, as the API server says.
    pub fn pool_is_gone(&self, key: &Key, uid: &str) {
        let mut inner = self.inner.lock();
        inner.tombstones.insert(uid);
        inner.remove_pool(key, uid);
    }

    fn saw_application(
        &self,
        watched: Watched<SparkApplication>,
        metrics: &ApplicationMetrics,
    ) -> Option<Key> {
        if self.inner.lock().knows_application(&watched) {
            return None;
        }
        let (key, application) = read_application(watched, metrics)?;
        self.inner.lock().put_application(&key, application).then_some(key)
    }

    fn lost_application(&self, watched: &Watched<SparkApplication>) -> Option<Key> {
        let key = key_of(watched);
        let (uid, _) = identity(watched.meta());
        let mut inner = self.inner.lock();
        inner.tombstones.insert(&uid);
        inner.remove_application(&key, &uid).then_some(key)
    }

    fn saw_pool(&self, watched: Watched<ExecutorPool>) -> Option<Key> {
        if self.inner.lock().knows_pool(&watched) {
            return None;
        }
        let (key, pool) = read_pool(watched)?;
        self.inner.lock().put_pool(&key, pool).then_some(key)
    }

    fn lost_pool(&self, watched: &Watched<ExecutorPool>) -> Option<Key> {
        let key = key_of_pool(watched)?;
        let (uid, _) = identity(watched.meta());
        let mut inner = self.inner.lock();
        inner.tombstones.insert(&uid);
        inner.remove_pool(&key, &uid).then_some(key)
    }

    fn saw_pod(&self, mut pod: PodView) -> Option<Key> {
        pod.trim();
        let key = key_of_pod(&pod)?;
        self.inner.lock().put_pod(&key, pod).then_some(key)
    }

    fn lost_pod(&self, mut pod: PodView) -> Option<Key> {
        pod.trim();
        let key = key_of_pod(&pod)?;
        let mut inner = self.inner.lock();
        inner.tombstones.insert(pod.uid());
        let is_news = inner.remove_pod(&key, pod.uid());
        if let Some(entry) = inner.entries.get_mut(&key) {
            entry.remember(pod.into());
        }
        is_news.then_some(key)
    }

    /// A watch begins to list everything anew.
    fn begin_relist(&self, watch: usize) {
        self.inner.lock().relists.insert(watch, HashSet::new());
    }

    /// The list that a watch reads names this.
    fn listed(&self, watch: usize, key: &Key, uid: &str) {
        if let Some(seen) = self.inner.lock().relists.get_mut(&watch) {
            seen.insert((key.clone(), uid.into()));
        }
    }

    /// The list of a watch is complete: what it did not name is gone. Says which applications that concerns.
    fn end_relist(&self, watch: usize, kind: Kind, namespace: Option<&str>) -> Vec<Key> {
        let mut inner = self.inner.lock();
        let Some(seen) = inner.relists.remove(&watch) else { return Vec::new() };
        let mut gone = Vec::new();
        for (key, entry) in &inner.entries {
            if namespace.is_some_and(|namespace| namespace != key.namespace()) {
                continue;
            }
            let uids: Vec<Box<str>> = match kind {
                Kind::Applications => {
                    entry.application.iter().map(|application| application.object.uid.clone()).collect()
                }
                Kind::Pools => entry.pool.iter().map(|pool| pool.uid.clone()).collect(),
                Kind::Pods => entry.pods.uids(),
            };
            gone.extend(uids.into_iter().map(|uid| (key.clone(), uid)).filter(|one| !seen.contains(one)));
        }
        for (key, uid) in &gone {
            match kind {
                Kind::Applications => inner.remove_application(key, uid),
                Kind::Pools => inner.remove_pool(key, uid),
                Kind::Pods => inner.remove_pod(key, uid),
            };
        }
        gone.into_iter().map(|(key, _)| key).collect()
    }
}

/// What a watch is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Applications,
    Pools,
    Pods,
}

/// What a watch tells of our own writes is known from their answers: it need not be written as text once more.
impl Inner {
    fn knows_application(&self, watched: &Watched<SparkApplication>) -> bool {
        let known = self.entries.get(&key_of(watched)).and_then(|entry| entry.application.as_ref());
        known.is_some_and(|known| known.object.version >= identity(watched.meta()).1)
    }

    fn knows_pool(&self, watched: &Watched<ExecutorPool>) -> bool {
        let entry = key_of_pool(watched).and_then(|key| self.entries.get(&key));
        let known = entry.and_then(|entry| entry.pool.as_ref());
        known.is_some_and(|known| known.version >= identity(watched.meta()).1)
    }
}

/// Each answers whether that was news.
impl Inner {
    fn put_application(&mut self, key: &Key, application: Application) -> bool {
        let entry = self.entries.entry(key.clone()).or_default();
        let known = entry.application.as_ref().map(|known| known.object.version);
        let is_newer = known.is_none_or(|known| application.object.version > known);
        if is_newer {
            entry.application = Some(application);
        }
        is_newer
    }

    fn put_pool(&mut self, key: &Key, pool: Shared) -> bool {
        let entry = self.entries.entry(key.clone()).or_default();
        let is_newer = entry.pool.as_ref().is_none_or(|known| pool.version > known.version);
        if is_newer {
            entry.pool = Some(pool);
        }
        is_newer
    }

    fn put_pod(&mut self, key: &Key, pod: PodView) -> bool {
        let entry = self.entries.entry(key.clone()).or_default();
        entry.ended_driver.take_if(|_| is_driver(&pod));
        let upsert = entry.pods.upsert(pod);
        if let Some(cold) = self.hot.touch(key)
            && let Some(entry) = self.entries.get_mut(&cold)
        {
            entry.pods.pack();
        }
        upsert == Upsert::Newer
    }

    fn remove_application(&mut self, key: &Key, uid: &str) -> bool {
        self.remove(key, |entry| entry.application.take_if(|known| *known.object.uid == *uid).is_some())
    }

    fn remove_pool(&mut self, key: &Key, uid: &str) -> bool {
        self.remove(key, |entry| entry.pool.take_if(|known| *known.uid == *uid).is_some())
    }

    fn remove_pod(&mut self, key: &Key, uid: &str) -> bool {
        self.remove(key, |entry| entry.pods.remove(uid).map(|last| entry.remember(last)).is_some())
    }

    fn remove(&mut self, key: &Key, remove: impl FnOnce(&mut Entry) -> bool) -> bool {
        let Some(entry) = self.entries.get_mut(key) else { return false };
        let is_removed = remove(entry);
        if entry.application.is_none() && entry.pool.is_none() && entry.pods.is_empty() {
            self.entries.remove(key);
        }
        is_removed
    }

    /// What was written while a list is being read may be missing in it.
    fn note_in_relists(&mut self, key: &Key, uid: &str) {
        for seen in self.relists.values_mut() {
            seen.insert((key.clone(), uid.into()));
        }
    }
}

fn is_driver(pod: &PodView) -> bool {
    pod.label(ROLE_LABEL) == Some("driver")
}

/// The key of an application.
fn key_of<K: Resource>(application: &K) -> Key {
    let metadata = application.meta();
    Key::new(metadata.namespace.as_deref().unwrap_or_default(), metadata.name.as_deref().unwrap_or_default())
}

fn key_of_pool(pool: &Watched<ExecutorPool>) -> Option<Key> {
    let namespace = pool.meta().namespace.as_deref()?;
    Some(Key::new(namespace, application_of(pool)?))
}

fn key_of_pod(pod: &PodView) -> Option<Key> {
    let namespace = pod.metadata.namespace.as_deref()?;
    Some(Key::new(namespace, pod.label(APP_NAME_LABEL)?))
}

fn read_application(
    watched: Watched<SparkApplication>,
    metrics: &ApplicationMetrics,
) -> Option<(Key, Application)> {
    let key = key_of(&watched);
    let label = |name: &str| watched.meta().labels.as_ref()?.get(name).map(String::as_str);
    let labels = metrics.label_values(key.namespace(), label);
    let is_running = state_of(&watched) == Some("RUNNING");
    let object = Arc::new(readable(watched.into_object(), &key)?);
    Some((key, Application { object, is_running, labels }))
}

fn read_pool(watched: Watched<ExecutorPool>) -> Option<(Key, Shared)> {
    let key = key_of_pool(&watched)?;
    let pool = Arc::new(readable(watched.into_object(), &key)?);
    Some((key, pool))
}

/// What came from the API server can be written as text again.
fn readable(object: Result<Object, ParseError>, key: &Key) -> Option<Object> {
    object.inspect_err(|error| tracing::error!(application = %key, %error, "cannot keep an object")).ok()
}

#[cfg(test)]
mod tests;
