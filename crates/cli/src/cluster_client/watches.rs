//! What happens to an application and to its pods, as the cluster tells it.

use futures::StreamExt;
use futures::stream::BoxStream;
use hearth_crd::SparkApplication;
use hearth_operator::watching::watch;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::watcher::{self, Event};

use super::{APP_NAME_LABEL, Cluster};

/// What happens; begun again after each error, with a list of what there is if too much was missed.
pub(crate) type Watch<K> = BoxStream<'static, watcher::Result<Event<K>>>;

impl Cluster {
    /// What happens to the application of this name.
    pub(crate) fn watch_application(&self, name: &str) -> Watch<SparkApplication> {
        let by_name = watcher::Config::default().fields(&format!("metadata.name={name}"));
        watch(self.applications(), by_name).boxed()
    }

    /// What happens to its pods, those of the driver and of its executors.
    pub(crate) fn watch_pods_of(&self, name: &str) -> Watch<Pod> {
        let by_label = watcher::Config::default().labels(&format!("{APP_NAME_LABEL}={name}"));
        watch(self.pods(), by_label).boxed()
    }
}

/// The error of a watch that trying again does not help.
pub(crate) fn refusal(error: &watcher::Error) -> Option<&kube::Error> {
    let source = match error {
        watcher::Error::InitialListFailed(source)
        | watcher::Error::WatchStartFailed(source)
        | watcher::Error::WatchFailed(source) => source,
        watcher::Error::WatchError(_) | watcher::Error::NoResourceVersion => return None,
    };
    match source {
        kube::Error::Api(status) => matches!(status.code, 401 | 403 | 404).then_some(source),
        _ => None,
    }
}
