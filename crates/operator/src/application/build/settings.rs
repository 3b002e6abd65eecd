//! What whoever installs the operator decides for every application. Kubeflow's operator: its command line.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hearth_crd::ExecutorPool;
use k8s_openapi::api::networking::v1::{IngressTLS, NetworkPolicyPeer};

use crate::names::DEFAULT_IMAGE_ANNOTATION;

/// What the chart's values say about the objects of applications.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The image of applications that name none: the operator's own.
    pub default_image: Option<String>,
    /// Whether there is a service for the web UI.
    pub ui_service: bool,
    /// Where the web UI is reached from outside, as in `{{$appName}}.example.com`; no ingress if absent.
    pub ingress_url_format: Option<String>,
    /// The class of ingresses.
    pub ingress_class_name: Option<String>,
    /// The certificates of ingresses, unless the application has its own.
    pub ingress_tls: Vec<IngressTLS>,
    /// Annotations of ingresses, which those of the application win over.
    pub ingress_annotations: BTreeMap<String, String>,
    /// Whether there is a network policy for each application.
    pub network_policy: bool,
    /// Who may reach the web UI and what else of the driver is open, beside its own pods; everybody if there is none.
    pub ui_from: Vec<NetworkPolicyPeer>,
    /// The batch scheduler of applications that name none.
    pub default_batch_scheduler: Option<String>,
    /// Schedulers that know the pod groups of `scheduling.x-k8s.io`.
    pub kube_scheduler_names: Vec<String>,
    /// Whether a driver has a disruption budget if its application does not say.
    pub driver_disruption_budget: bool,
}

impl Settings {
    /// The settings for further pods of a submission that was begun with `pool`: its image is that of its first pods. An operator
    /// that was upgraded meanwhile may have another by now, and driver and executors of two builds refuse each other.
    pub fn of_submission(&self, pool: &ExecutorPool) -> Cow<'_, Self> {
        let annotations = pool.metadata.annotations.as_ref();
        match annotations.and_then(|annotations| annotations.get(DEFAULT_IMAGE_ANNOTATION)) {
            Some(image) if self.default_image.as_ref() != Some(image) => {
                Cow::Owned(Self { default_image: Some(image.clone()), ..self.clone() })
            }
            Some(_) | None => Cow::Borrowed(self),
        }
    }
}

impl Default for Settings {
    /// As the chart's values are when nobody changes them.
    fn default() -> Self {
        Self {
            default_image: None,
            ui_service: true,
            ingress_url_format: None,
            ingress_class_name: None,
            ingress_tls: Vec::new(),
            ingress_annotations: BTreeMap::new(),
            network_policy: true,
            ui_from: Vec::new(),
            default_batch_scheduler: None,
            kube_scheduler_names: Vec::new(),
            driver_disruption_budget: false,
        }
    }
}
