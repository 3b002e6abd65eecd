//! Which of the secrets and config maps that pods mount are not there.
//!
//! A node that cannot mount a volume tries again without end, and says so in its events only. So what a pod mounts is asked for,
//! but only once its node has prepared it for longer than that takes: an application that starts as it should costs no request.
//! Kubeflow's operator leaves such an application in `SUBMITTED` for ever.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use jiff::Timestamp;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{Api, Resource};
use parking_lot::Mutex;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::decide::left;
use crate::api::{Result, request};
use crate::context::Context;
use crate::key::Key;
use crate::pod_view::{PodView, Reference};

/// How long a node may prepare a pod before anybody asks why.
const PATIENCE: Duration = Duration::from_secs(10);
/// When to ask; a moment later, so that whoever asks does not find that it is a moment too soon.
const FIRST_LOOK: Duration = Duration::from_secs(11);
/// For how long an answer counts.
const FRESH: Duration = Duration::from_secs(3);
/// The longest wait until it is asked again for what was missing.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What is known of what pods mount. Forgotten when the operator is started anew.
#[derive(Debug, Default)]
pub struct Mounts {
    known: Mutex<HashMap<Key, Known>>,
}

#[derive(Debug)]
struct Known {
    /// What was there is not asked for again.
    there: BTreeSet<Reference>,
    missing: BTreeSet<Reference>,
    asked: Instant,
}

impl Mounts {
    /// What was missing when it was last asked for.
    pub fn missing(&self, key: &Key) -> BTreeSet<Reference> {
        self.known.lock().get(key).map(|known| known.missing.clone()).unwrap_or_default()
    }

    /// Nothing is asked about this application any more.
    pub fn forget(&self, key: &Key) {
        self.known.lock().remove(key);
    }

    /// What of `wanted` is to be asked for now.
    fn unknown(&self, key: &Key, wanted: &BTreeSet<Reference>) -> BTreeSet<Reference> {
        let mut known = self.known.lock();
        if wanted.is_empty() {
            known.remove(key);
        }
        let Some(known) = known.get(key) else { return wanted.clone() };
        let is_fresh = known.asked.elapsed() < FRESH;
        let is_known = |reference: &Reference| {
            known.there.contains(reference) || (is_fresh && known.missing.contains(reference))
        };
        wanted.iter().filter(|reference| !is_known(reference)).cloned().collect()
    }

    fn note(&self, key: &Key, answers: impl IntoIterator<Item = (Reference, bool)>) {
        let mut all = self.known.lock();
        let known = all.entry(key.clone()).or_insert_with(|| Known {
            there: BTreeSet::new(),
            missing: BTreeSet::new(),
            asked: Instant::now(),
        });
        known.asked = Instant::now();
        for (reference, is_there) in answers {
            if is_there {
                known.missing.remove(&reference);
                known.there.insert(reference);
            } else {
                known.missing.insert(reference);
            }
        }
    }
}

/// What is missing of what these pods mount.
pub async fn missing(ctx: &Context, key: &Key, pods: &[Arc<PodView>]) -> Result<BTreeSet<Reference>> {
    let now = Timestamp::now();
    let is_slow =
        |pod: &&Arc<PodView>| pod.preparing_since().is_some_and(|since| left(now, since, PATIENCE).is_none());
    let wanted: BTreeSet<Reference> = pods.iter().filter(is_slow).flat_map(|pod| pod.mounted()).collect();
    let unknown = ctx.mounts.unknown(key, &wanted);
    if !unknown.is_empty() {
        let questions = unknown.iter().map(|reference| async move {
            let is_there = match reference {
                Reference::Secret(name) => is_there::<Secret>(ctx, key, name).await?,
                Reference::ConfigMap(name) => is_there::<ConfigMap>(ctx, key, name).await?,
            };
            Ok::<_, crate::api::Error>((reference.clone(), is_there))
        });
        ctx.mounts.note(key, try_join_all(questions).await?);
    }
    Ok(ctx.mounts.missing(key))
}

async fn is_there<K>(ctx: &Context, key: &Key, name: &str) -> Result<bool>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned,
{
    let api: Api<K> = Api::namespaced(ctx.client.clone(), key.namespace());
    match request(|| format!("get {} {name}", K::plural(&())), api.get_metadata_opt(name)).await {
        Ok(found) => Ok(found.is_some()),
        // Whoever may not look cannot say that it is missing.
        Err(error) if error.refusal().is_some() => Ok(true),
        Err(error) => Err(error),
    }
}

/// When to ask what a pod lacks that is being prepared: once after a while, then, as long as something is missing, at growing
/// intervals, as its node tries again too.
pub fn look_again(now: Timestamp, pod: &PodView, missing: &BTreeSet<Reference>) -> Option<Duration> {
    let since = pod.preparing_since()?;
    let mounted = pod.mounted();
    if mounted.is_empty() {
        return None;
    }
    if let Some(wait) = left(now, since, FIRST_LOOK) {
        return Some(wait);
    }
    let elapsed = Duration::try_from(now.duration_since(since)).unwrap_or(PATIENCE);
    (!mounted.is_disjoint(missing)).then(|| elapsed.clamp(PATIENCE, LONGEST_WAIT))
}
