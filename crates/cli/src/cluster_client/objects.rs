//! The objects of an application on the cluster.

use hearth_crd::{ExecutorPool, SparkApplication, nearest};
use k8s_openapi::api::core::v1::{Event, Pod, ResourceQuota};
use kube::api::ListParams;
use kube::{Api, Client, ResourceExt};

use super::{APP_NAME_LABEL, Error};

/// Who applies fields, as server-side apply has it.
pub(crate) const FIELD_MANAGER: &str = "hearth-cli";

/// A cluster, and a namespace of it.
#[derive(Clone)]
pub(crate) struct Cluster {
    pub(super) client: Client,
    /// The address of the API server.
    pub(super) server: String,
    pub(super) namespace: String,
}

impl Cluster {
    /// The cluster behind this client.
    #[cfg(test)]
    pub(crate) fn of(client: Client) -> Self {
        Self { client, server: "https://cluster.test".to_owned(), namespace: "default".to_owned() }
    }

    pub(crate) fn namespace(&self) -> &str {
        &self.namespace
    }

    pub(crate) fn applications(&self) -> Api<SparkApplication> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    pub(crate) fn applications_everywhere(&self) -> Api<SparkApplication> {
        Api::all(self.client.clone())
    }

    pub(crate) fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    pub(crate) fn pools(&self) -> Api<ExecutorPool> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// What an error of the client means, where `what` was tried.
    pub(crate) fn error(&self, what: &str, source: &kube::Error) -> Error {
        Error::of(source, what, &self.server, &self.namespace)
    }

    /// The application, or none if there is none of that name.
    pub(crate) async fn find(&self, name: &str) -> Result<Option<SparkApplication>, Error> {
        match self.applications().get(name).await {
            Ok(application) => Ok(Some(application)),
            Err(source) if Error::is_absence(&source) => Ok(None),
            Err(source) => Err(self.error(&format!("read application {name}"), &source)),
        }
    }

    /// The application.
    ///
    /// # Errors
    ///
    /// There is none of that name; the error names the nearest that there is.
    pub(crate) async fn get(&self, name: &str) -> Result<SparkApplication, Error> {
        if let Some(application) = self.find(name).await? {
            return Ok(application);
        }
        let others = self.applications().list(&ListParams::default()).await;
        let others: Vec<String> =
            others.map(|list| list.items.iter().map(ResourceExt::name_any).collect()).unwrap_or_default();
        Err(Error::NoApplication {
            what: format!("read application {name}"),
            name: name.to_owned(),
            namespace: self.namespace.clone(),
            nearest: nearest(name, others.iter().map(String::as_str)).map(str::to_owned),
        })
    }

    /// The pods of an application by name, those of the driver and of its executors.
    pub(crate) async fn pods_of(&self, name: &str) -> Result<Vec<Pod>, Error> {
        let params = ListParams::default().labels(&format!("{APP_NAME_LABEL}={name}"));
        let pods = self.pods().list(&params).await;
        pods.map(|list| list.items).map_err(|source| self.error(&format!("list the pods of {name}"), &source))
    }

    /// The pool of an application's executors, if there is one and it may be read.
    pub(crate) async fn pool_of(&self, name: &str) -> Option<ExecutorPool> {
        self.pools().get_opt(name).await.ok().flatten()
    }

    /// The events about an application, its pods and its pool, oldest first; none where they may not be read.
    pub(crate) async fn events_of(&self, name: &str, pods: &[Pod]) -> Vec<Event> {
        let api: Api<Event> = Api::namespaced(self.client.clone(), &self.namespace);
        let listed = api.list(&ListParams::default()).await.map(|list| list.items).unwrap_or_default();
        let mut events: Vec<Event> = listed
            .into_iter()
            .filter(|event| {
                let object = &event.involved_object;
                let object_name = object.name.as_deref().unwrap_or_default();
                match object.kind.as_deref() {
                    Some("SparkApplication" | "ExecutorPool") => object_name == name,
                    Some("Pod") => pods.iter().any(|pod| pod.metadata.name.as_deref() == Some(object_name)),
                    _ => false,
                }
            })
            .collect();
        events.sort_by_key(event_time);
        events
    }

    /// The quotas of the namespace; none where they may not be read.
    pub(crate) async fn quotas(&self) -> Vec<ResourceQuota> {
        let api: Api<ResourceQuota> = Api::namespaced(self.client.clone(), &self.namespace);
        api.list(&ListParams::default()).await.map(|list| list.items).unwrap_or_default()
    }
}

/// When an event was seen last.
pub(crate) fn event_time(event: &Event) -> Option<jiff::Timestamp> {
    let series =
        event.series.as_ref().and_then(|series| series.last_observed_time.as_ref()).map(|time| time.0);
    let last = event.last_timestamp.as_ref().map(|time| time.0);
    let first = event.event_time.as_ref().map(|time| time.0);
    let made = event.metadata.creation_timestamp.as_ref().map(|time| time.0);
    series.or(last).or(first).or(made)
}
