//! The driver of an application.

use crate::pod::pod_spec;

pod_spec! {
    /// The driver: the pod that runs the program and schedules its tasks.
    pub struct DriverSpec {
        /// The name of the pod; `<application>-driver` if absent.
        #[schemars(regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"))]
        pub pod_name: Option<String>,
        /// The address of the Kubernetes API server that the driver uses.
        pub kubernetes_master: Option<String>,
        /// Annotations of the driver's service.
        pub service_annotations: Option<std::collections::BTreeMap<String, String>>,
        /// Labels of the driver's service.
        pub service_labels: Option<std::collections::BTreeMap<String, String>>,
    }
}
