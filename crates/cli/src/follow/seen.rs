//! What is seen of an application: the latest of the object and of its pods, from two watches.

use std::collections::BTreeMap;

use hearth_crd::SparkApplication;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::watcher::Event;

use super::progress::role;

/// What is seen of an application.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(super) application: Option<SparkApplication>,
    /// Whether it was deleted.
    pub(super) is_deleted: bool,
    pods: BTreeMap<String, Pod>,
    /// The names that the list of a new watch has had so far.
    listed: Option<Vec<String>>,
    listed_application: bool,
}

impl Seen {
    pub(crate) fn on_application(&mut self, event: Event<SparkApplication>) {
        match event {
            Event::Init => self.listed_application = false,
            Event::InitApply(application) | Event::Apply(application) => {
                self.listed_application = true;
                self.application = Some(application);
            }
            Event::InitDone => self.is_deleted |= !self.listed_application,
            Event::Delete(application) => {
                self.application = Some(application);
                self.is_deleted = true;
            }
        }
    }

    /// The application as it is now, which is nothing if it is gone; no answer until either is known.
    pub(crate) fn known(&self) -> Option<Option<&SparkApplication>> {
        if self.is_deleted { Some(None) } else { self.application.as_ref().map(Some) }
    }

    pub(super) fn on_pod(&mut self, event: Event<Pod>) {
        match event {
            Event::Init => self.listed = Some(Vec::new()),
            Event::InitApply(pod) => {
                if let Some(listed) = &mut self.listed {
                    listed.extend(pod.metadata.name.clone());
                }
                self.put(pod);
            }
            Event::InitDone => {
                let listed = self.listed.take().unwrap_or_default();
                self.pods.retain(|name, _| listed.contains(name));
            }
            Event::Apply(pod) => self.put(pod),
            Event::Delete(pod) => {
                self.pods.remove(pod.metadata.name.as_deref().unwrap_or_default());
            }
        }
    }

    /// Takes the pods from a list.
    pub(super) fn replace_pods(&mut self, pods: Vec<Pod>) {
        self.pods.clear();
        pods.into_iter().for_each(|pod| self.put(pod));
    }

    fn put(&mut self, pod: Pod) {
        if let Some(name) = pod.metadata.name.clone() {
            self.pods.insert(name, pod);
        }
    }

    pub(super) fn pods(&self) -> impl Iterator<Item = &Pod> {
        self.pods.values()
    }

    pub(super) fn driver(&self) -> Option<&Pod> {
        self.pods().find(|pod| role(pod) == "driver")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_new_list_drops_the_pods_that_are_gone() {
        let mut seen = Seen::default();
        seen.on_pod(Event::Apply(testing::pod("old", "executor", "Running")));
        seen.on_pod(Event::Init);
        seen.on_pod(Event::InitApply(testing::pod("pi-driver", "driver", "Running")));
        assert_eq!(seen.pods().count(), 2);
        seen.on_pod(Event::InitDone);
        assert_eq!(seen.driver().and_then(|pod| pod.metadata.name.as_deref()), Some("pi-driver"));
        assert_eq!(seen.pods().count(), 1);
    }

    #[test]
    fn an_application_that_a_list_does_not_have_was_deleted() {
        let mut seen = Seen::default();
        seen.on_application(Event::Init);
        seen.on_application(Event::InitApply(testing::application("pi")));
        seen.on_application(Event::InitDone);
        assert!(!seen.is_deleted);
        seen.on_application(Event::Init);
        seen.on_application(Event::InitDone);
        assert!(seen.is_deleted);
    }
}
