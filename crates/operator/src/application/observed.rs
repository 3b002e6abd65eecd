//! What there is of an application on the cluster, as far as [`super::decide`] wants to know.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use hearth_crd::{ExecutorPool, SparkApplication};

use crate::names::Names;
use crate::pod_view::{PodView, Reference};

/// What there is of an application on the cluster.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The pod with the name of the application's driver, whoever made it: `decide` looks at its owner and its labels.
    /// From the cache of pods. `None` where the status speaks of a driver is taken for its loss, so a cache that was not
    /// filled yet must not be shown.
    pub driver: Option<Arc<PodView>>,
    /// The last driver that is gone, if it had ended when it was deleted.
    pub ended_driver: Option<Arc<PodView>>,
    /// The application's executors: every pod with its name in the label `sparkoperator.k8s.io/app-name` and the role
    /// `executor`, of whatever submission, ended and terminating ones too. From the cache of pods.
    pub executors: Vec<Arc<PodView>>,
    /// The pool with the application's name that belongs to it. From the cache of pools.
    pub pool: Option<Arc<ExecutorPool>>,
    /// Whether nothing is left of what [`Action::DeleteServices`] deletes.
    /// Asked for in the states `INVALIDATING`, `SUSPENDING`, and not read in any other.
    ///
    /// [`Action::DeleteServices`]: super::decision::Action::DeleteServices
    pub services_gone: bool,
    /// Whether a batch scheduler knows the pods as a group.
    pub has_pod_group: bool,
    /// What pods of the application mount and is not there. Asked for when a node has been preparing a pod for a while.
    pub missing: BTreeSet<Reference>,
    /// What the operator's settings say.
    pub limits: Limits,
}

/// What the operator's settings say about every application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a driver pod may be missing after it was made, as the cache may not know it yet.
    pub creation_grace: Duration,
    /// After how long an application that ended is deleted if its spec does not say so; never if absent.
    pub default_time_to_live: Option<Duration>,
    /// Of how many executors the status tells the state.
    pub max_tracked_executors: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            creation_grace: Duration::from_secs(10),
            default_time_to_live: None,
            max_tracked_executors: 1000,
        }
    }
}

/// The name of an application's driver pod: `driver.podName`, or the setting `spark.kubernetes.driver.pod.name`, or after the
/// application.
pub fn driver_pod_name(application: &SparkApplication) -> String {
    let conf = application.spec.spark_conf.as_ref();
    let by_key = conf.and_then(|conf| conf.get("spark.kubernetes.driver.pod.name")).map(|name| name.trim());
    let by_field = application.spec.driver.pod_name.as_deref();
    let given = [by_field, by_key].into_iter().flatten().find(|name| !name.is_empty());
    let name = application.metadata.name.as_deref().unwrap_or_default();
    given.map_or_else(|| Names::of(name).driver_pod(), str::to_owned)
}
