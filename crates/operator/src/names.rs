//! The names, labels and annotations of everything that the operator makes. Clients find objects by them.
//!
//! Kubeflow's operator and Spark set them; ours are the same where theirs exist.

/// Label of every pod: the name of the application.
pub const APP_NAME_LABEL: &str = "sparkoperator.k8s.io/app-name";
/// Label of every pod: `true`.
pub const LAUNCHED_BY_LABEL: &str = "sparkoperator.k8s.io/launched-by-spark-operator";
/// Label of every pod: the submission that it belongs to.
pub const SUBMISSION_ID_LABEL: &str = "sparkoperator.k8s.io/submission-id";
/// Label of services, config maps and the like: `true`.
pub const CREATED_BY_LABEL: &str = "sparkoperator.k8s.io/created-by-spark-operator";
/// Label of every pod: `driver` or `executor`.
pub const ROLE_LABEL: &str = "spark-role";
/// Label of every pod: Spark's own id of the application.
pub const APP_SELECTOR_LABEL: &str = "spark-app-selector";
/// Label of every pod: Spark's own name of the application.
pub const SPARK_APP_NAME_LABEL: &str = "spark-app-name";
/// Label of every pod: the version of Spark that is followed.
pub const SPARK_VERSION_LABEL: &str = "spark-version";
/// Label of executors: their number.
pub const EXECUTOR_ID_LABEL: &str = "spark-exec-id";
/// Label of executors: `0`, the default profile.
pub const RESOURCE_PROFILE_LABEL: &str = "spark-exec-resourceprofile-id";
/// Annotation of drivers: their generation.
pub const DRIVER_EPOCH_ANNOTATION: &str = "hearth.dev/driver-epoch";
/// Annotation of a pool: `spec.executor.instances` when it was last taken from the application.
pub const INSTANCES_ANNOTATION: &str = "hearth.dev/instances";
/// Annotation of a pool: the service at which its executors find the driver.
pub const DRIVER_SERVICE_ANNOTATION: &str = "hearth.dev/driver-service";
/// Annotation of a pool: the image of those of its application's pods for which the manifest names none.
pub const DEFAULT_IMAGE_ANNOTATION: &str = "hearth.dev/default-image";
/// Annotation of a pool: `true` if the pods of executors that ended are kept, as `spec.executor.deleteOnTermination: false` says.
pub const KEEP_EXECUTORS_ANNOTATION: &str = "hearth.dev/keep-executors";

/// The container of a driver. Clients follow its log by this name.
pub const DRIVER_CONTAINER: &str = "spark-kubernetes-driver";
/// The container of an executor.
pub const EXECUTOR_CONTAINER: &str = "spark-kubernetes-executor";
/// Who applies fields, as server-side apply has it.
pub const FIELD_MANAGER: &str = "hearth-operator";

/// The longest name of a service, and of a label's value.
const LONGEST_LABEL: usize = 63;

/// The names of the objects of one application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names<'a> {
    application: &'a str,
}

impl<'a> Names<'a> {
    /// The names for the application `application`.
    pub fn of(application: &'a str) -> Self {
        Self { application }
    }

    /// The driver's pod, unless the spec names it.
    pub fn driver_pod(&self) -> String {
        format!("{}-driver", self.application)
    }

    /// The service at which executors find the driver, if that of the web UI cannot be it too.
    pub fn driver_service(&self) -> String {
        self.short("-driver-svc")
    }

    /// The service of the web UI, and of the driver where both can be one.
    pub fn ui_service(&self) -> String {
        self.short("-ui-svc")
    }

    /// The ingress of the web UI.
    pub fn ui_ingress(&self) -> String {
        self.short("-ui-ingress")
    }

    /// The certificates and the configuration.
    pub fn secret(&self) -> String {
        format!("{}-hearth", self.application)
    }

    /// The service account, the role and the binding of a driver that may scale its pool.
    pub fn driver_account(&self) -> String {
        format!("{}-driver", self.application)
    }

    /// The pool, which goes by the application's own name.
    pub fn pool(&self) -> String {
        self.application.to_owned()
    }

    /// The rules about who may connect.
    pub fn network_policy(&self) -> String {
        format!("{}-network", self.application)
    }

    /// The disruption budget of the driver.
    pub fn driver_disruption_budget(&self) -> String {
        format!("{}-driver-pdb", self.application)
    }

    /// The configuration of metrics.
    pub fn prometheus_config(&self) -> String {
        format!("{}-prom-conf", self.application)
    }

    /// The service of a further port of the driver.
    pub fn driver_port_service(&self, port: i32) -> String {
        self.short(&format!("-driver-{port}"))
    }

    /// The ingress of a further port of the driver.
    pub fn driver_port_ingress(&self, port: i32) -> String {
        self.short(&format!("-ing-{port}"))
    }

    /// The group of pods, for the coscheduling plugin.
    pub fn pod_group(&self) -> String {
        self.short("-pg")
    }

    /// The group of pods, for Volcano.
    pub fn volcano_pod_group(&self) -> String {
        format!("spark-{}-pg", self.application)
    }

    /// The pod of executor `number` of submission attempt `attempt`: another attempt never meets a name of this one.
    pub fn executor_pod(&self, attempt: u32, number: u32) -> String {
        format!("{}-{attempt}-exec-{number}", self.application)
    }

    /// The number of an executor of submission attempt `attempt` by the name of its pod.
    pub fn number_of_executor(&self, attempt: u32, pod: &str) -> Option<u32> {
        let rest = pod.strip_prefix(self.application)?.strip_prefix('-')?;
        rest.strip_prefix(&attempt.to_string())?.strip_prefix("-exec-")?.parse().ok()
    }

    /// The application's name with a suffix, cut and told apart by a digest where it would be too long for a service.
    fn short(&self, suffix: &str) -> String {
        short(self.application, suffix)
    }
}

/// The name of the volume of a config map or secret: such a name may be longer than a volume's, and have dots.
pub fn volume_name(of: &str, suffix: &str) -> String {
    if of.contains('.') {
        // Not only without the dots, as another may be called that.
        return shortened(of, suffix);
    }
    short(of, suffix)
}

fn short(name: &str, suffix: &str) -> String {
    let whole = format!("{name}{suffix}");
    if whole.len() <= LONGEST_LABEL { whole } else { shortened(name, suffix) }
}

fn shortened(name: &str, suffix: &str) -> String {
    let digest = uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes());
    let digest = &digest.simple().to_string()[..8];
    let room = LONGEST_LABEL - suffix.len() - digest.len() - 1;
    let head: String = name.replace('.', "-").chars().take(room).collect();
    format!("{}-{digest}{suffix}", head.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_clients_know() {
        let names = Names::of("pi");
        assert_eq!(names.driver_pod(), "pi-driver");
        assert_eq!(names.ui_service(), "pi-ui-svc");
        assert_eq!(names.driver_service(), "pi-driver-svc");
        assert_eq!(names.executor_pod(1, 2), "pi-1-exec-2");
        assert_eq!(names.number_of_executor(1, "pi-1-exec-2"), Some(2));
        assert_eq!(names.number_of_executor(1, "pi-11-exec-2"), None);
    }

    #[test]
    fn names_of_services_fit_and_stay_apart() {
        let (one, two) = ("a".repeat(63), format!("{}b", "a".repeat(62)));
        let names = [Names::of(&one).ui_service(), Names::of(&two).ui_service()];
        assert!(names.iter().all(|name| name.len() <= 63 && name.ends_with("-ui-svc")), "{names:?}");
        assert_ne!(names[0], names[1]);
    }
}
