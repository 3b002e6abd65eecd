//! What the types of a spec cannot say: ranges, sizes, names and fields that exclude each other.
//!
//! Kubeflow's operator: the limits of the resource definition and the checks of its webhook.

mod pods;

use std::collections::{BTreeMap, BTreeSet};

use crate::application::{SparkApplication, SparkApplicationSpec};
use crate::driver::DriverSpec;
use crate::dynamic_allocation::DynamicAllocation;
use crate::executor::ExecutorSpec;
use crate::field_error::FieldError;
use crate::field_path::FieldPath;
use crate::names::{is_dns_1035_label, is_dns_1123_subdomain};
use crate::quantity::{is_quantity, memory_mib};
use crate::spark_conf::is_dynamic_allocation;

/// The longest name of a file on Linux.
const LONGEST_FILE_NAME: usize = 255;
/// The length of the `uid` of an object.
const UID_LENGTH: usize = 36;

/// Every field of an application whose value is not allowed, in the order of the fields.
pub fn validate(application: &SparkApplication) -> Vec<FieldError> {
    let mut check = Check::default();
    check.names(application);
    check.program(&application.spec);
    check.driver(&application.spec.driver);
    check.driver_pod_name(application);
    check.executor(&application.spec);
    check.restarts(&application.spec);
    check.timeouts(&application.spec);
    check.ports(&application.spec);
    check.placement(&application.spec);
    check.pods(&application.spec);
    check.errors
}

#[derive(Default)]
struct Check {
    errors: Vec<FieldError>,
}

impl Check {
    fn error(&mut self, path: FieldPath, problem: impl Into<String>) {
        self.errors.push(FieldError::new(path, problem));
    }

    fn at_least(&mut self, path: FieldPath, found: Option<impl Into<i64>>, least: i64) {
        if let Some(found) = found.map(Into::into)
            && found < least
        {
            self.error(path, format!("found {found}; at least {least} is needed"));
        }
    }

    fn memory(&mut self, path: FieldPath, text: Option<&str>, least: u64) {
        let Some(text) = text else { return };
        match memory_mib(text) {
            Err(problem) => self.error(path, problem.to_string()),
            Ok(mib) if mib < least => {
                self.error(path, format!("found {text:?}; at least {least}m is needed"))
            }
            Ok(_) => {}
        }
    }

    fn quantity(&mut self, path: FieldPath, text: Option<&str>) {
        if let Some(text) = text
            && !is_quantity(text)
        {
            self.error(
                path,
                format!(
                    "{text:?} is not a Kubernetes quantity; write a number and a unit, as in 500m, 2 or 2Gi"
                ),
            );
        }
    }

    fn names(&mut self, application: &SparkApplication) {
        let path = FieldPath::of(["metadata", "name"]);
        match (&application.metadata.name, &application.metadata.generate_name) {
            (Some(name), _) if !is_dns_1035_label(name) => self.error(
                path,
                format!(
                    "{name:?} is not a name; use at most 63 small letters, digits and dashes, a letter first \
                     and no dash last"
                ),
            ),
            (Some(_), _) => {}
            (None, Some(prefix)) if !prefix.is_empty() => {}
            (None, _) => self.error(path, "missing; an application needs a name"),
        }
    }

    fn program(&mut self, spec: &SparkApplicationSpec) {
        if spec.main_application_file.trim().is_empty() {
            self.error(
                FieldPath::of(["spec", "mainApplicationFile"]),
                "found nothing; name the program to run",
            );
        }
        self.factor(FieldPath::of(["spec", "memoryOverheadFactor"]), spec.memory_overhead_factor.as_deref());
    }

    fn factor(&mut self, path: FieldPath, text: Option<&str>) {
        if let Some(factor) = text
            && !factor.parse::<f64>().is_ok_and(|factor| factor >= 0.0 && factor.is_finite())
        {
            self.error(path, format!("{factor:?} is not a factor; write a number from 0, as in \"0.1\""));
        }
    }

    fn driver(&mut self, driver: &DriverSpec) {
        let path = FieldPath::of(["spec", "driver"]);
        self.at_least(path.key("cores"), driver.cores, 1);
        self.quantity(path.key("coreRequest"), driver.core_request.as_deref());
        self.quantity(path.key("coreLimit"), driver.core_limit.as_deref());
        self.memory(path.key("memory"), driver.memory.as_deref(), 1);
        self.memory(path.key("memoryOverhead"), driver.memory_overhead.as_deref(), 0);
        self.quantity(path.key("memoryLimit"), driver.memory_limit.as_deref());
        self.at_least(path.key("gpu").key("quantity"), driver.gpu.as_ref().map(|gpu| gpu.quantity), 1);
        self.at_least(path.key("terminationGracePeriodSeconds"), driver.termination_grace_period_seconds, 0);
        if let Some(name) = &driver.pod_name
            && !is_dns_1123_subdomain(name)
        {
            self.error(
                path.key("podName"),
                format!("{name:?} is not a pod name; use small letters, digits, dashes and dots"),
            );
        }
    }

    /// The API server takes a longer name, and then no node can start the pod: it makes a directory for its logs, named
    /// `NAMESPACE_NAME_UID`.
    fn driver_pod_name(&mut self, application: &SparkApplication) {
        let (Some(name), Some(namespace)) =
            (&application.spec.driver.pod_name, &application.metadata.namespace)
        else {
            return;
        };
        let longest = LONGEST_FILE_NAME.saturating_sub(namespace.len() + UID_LENGTH + "__".len());
        if name.len() > longest {
            self.error(
                FieldPath::of(["spec", "driver", "podName"]),
                format!("found {} characters; a pod of this namespace can have {longest}", name.len()),
            );
        }
    }

    fn executor(&mut self, spec: &SparkApplicationSpec) {
        let executor: &ExecutorSpec = &spec.executor;
        let path = FieldPath::of(["spec", "executor"]);
        let fewest = if is_dynamic_allocation(spec) { 0 } else { 1 };
        self.at_least(path.key("instances"), executor.instances, fewest);
        self.at_least(path.key("cores"), executor.cores, 1);
        self.quantity(path.key("coreRequest"), executor.core_request.as_deref());
        self.quantity(path.key("coreLimit"), executor.core_limit.as_deref());
        self.memory(path.key("memory"), executor.memory.as_deref(), 1);
        self.memory(path.key("memoryOverhead"), executor.memory_overhead.as_deref(), 0);
        self.quantity(path.key("memoryLimit"), executor.memory_limit.as_deref());
        self.at_least(path.key("gpu").key("quantity"), executor.gpu.as_ref().map(|gpu| gpu.quantity), 1);
        self.at_least(
            path.key("terminationGracePeriodSeconds"),
            executor.termination_grace_period_seconds,
            0,
        );
        if let Some(allocation) = &spec.dynamic_allocation {
            self.dynamic_allocation(allocation);
        }
    }

    fn dynamic_allocation(&mut self, allocation: &DynamicAllocation) {
        let path = FieldPath::of(["spec", "dynamicAllocation"]);
        let (least, initial, most) =
            (allocation.min_executors, allocation.initial_executors, allocation.max_executors);
        self.at_least(path.key("initialExecutors"), initial, 0);
        self.at_least(path.key("minExecutors"), least, 0);
        self.at_least(path.key("maxExecutors"), most, 1);
        self.at_least(path.key("shuffleTrackingTimeout"), allocation.shuffle_tracking_timeout, 0);
        if let (Some(least), Some(most)) = (least, most)
            && least > most
        {
            self.error(
                path.key("minExecutors"),
                format!("found {least}; at most maxExecutors, {most}, is allowed"),
            );
        }
        if let (Some(initial), Some(most)) = (initial, most)
            && initial > most
        {
            self.error(
                path.key("initialExecutors"),
                format!("found {initial}; at most maxExecutors, {most}, is allowed"),
            );
        }
    }

    fn restarts(&mut self, spec: &SparkApplicationSpec) {
        let Some(policy) = &spec.restart_policy else { return };
        let path = FieldPath::of(["spec", "restartPolicy"]);
        self.at_least(path.key("onSubmissionFailureRetries"), policy.on_submission_failure_retries, 0);
        self.at_least(path.key("onFailureRetries"), policy.on_failure_retries, 0);
        self.at_least(
            path.key("onSubmissionFailureRetryInterval"),
            policy.on_submission_failure_retry_interval,
            1,
        );
        self.at_least(path.key("onFailureRetryInterval"), policy.on_failure_retry_interval, 1);
    }

    fn timeouts(&mut self, spec: &SparkApplicationSpec) {
        let Some(timeouts) = &spec.timeouts else { return };
        let path = FieldPath::of(["spec", "timeouts"]);
        self.at_least(path.key("queueSeconds"), timeouts.queue_seconds, 1);
        self.at_least(path.key("startSeconds"), timeouts.start_seconds, 1);
        self.at_least(path.key("runSeconds"), timeouts.run_seconds, 1);
        self.at_least(path.key("imagePullSeconds"), timeouts.image_pull_seconds, 1);
        self.at_least(path.key("unschedulableSeconds"), timeouts.unschedulable_seconds, 1);
        self.at_least(path.key("executorsRefusedSeconds"), timeouts.executors_refused_seconds, 1);
    }

    fn ports(&mut self, spec: &SparkApplicationSpec) {
        let exporter = spec.monitoring.as_ref().and_then(|monitoring| monitoring.prometheus.as_ref());
        if let Some(port) = exporter.and_then(|exporter| exporter.port)
            && !(1024..=49151).contains(&port)
        {
            self.error(
                FieldPath::of(["spec", "monitoring", "prometheus", "port"]),
                format!("found {port}; a port from 1024 to 49151 is allowed"),
            );
        }
        let (mut ports, mut formats) = (BTreeSet::new(), BTreeSet::new());
        for (index, options) in spec.driver_ingress_options.iter().flatten().enumerate() {
            let path = FieldPath::of(["spec", "driverIngressOptions"]).index(index);
            match options.service_port {
                None => self.error(path.key("servicePort"), "missing; it is required"),
                Some(port) if !ports.insert(port) => {
                    self.error(
                        path.key("servicePort"),
                        format!("found {port} a second time; ports are unique"),
                    );
                }
                Some(_) => {}
            }
            match options.ingress_url_format.as_deref().filter(|format| !format.is_empty()) {
                None => self.error(path.key("ingressURLFormat"), "missing; it is required"),
                Some(format) if !formats.insert(format) => self.error(
                    path.key("ingressURLFormat"),
                    format!("found {format:?} a second time; addresses are unique"),
                ),
                Some(_) => {}
            }
        }
    }

    fn placement(&mut self, spec: &SparkApplicationSpec) {
        let spec_path = FieldPath::of(["spec"]);
        let is_set = |selector: &Option<BTreeMap<String, String>>| {
            selector.as_ref().is_some_and(|selector| !selector.is_empty())
        };
        if is_set(&spec.node_selector) {
            for (role, selector) in
                [("driver", &spec.driver.node_selector), ("executor", &spec.executor.node_selector)]
            {
                if is_set(selector) {
                    self.error(
                        spec_path.key(role).key("nodeSelector"),
                        "found beside spec.nodeSelector; use one or the other",
                    );
                }
            }
        }
        for (role, template) in [("driver", &spec.driver.template), ("executor", &spec.executor.template)] {
            let Some(template) = template else { continue };
            let path = spec_path.key(role).key("template");
            if !template.is_object() {
                self.error(path, "found something else than a mapping; a pod template is expected");
            } else if is_before_spark_3(&spec.spark_version) {
                self.error(
                    path,
                    format!(
                        "found with sparkVersion {:?}; templates need 3.0.0 or later",
                        spec.spark_version
                    ),
                );
            }
        }
    }
}

/// Whether a version says that it is older than 3.0.0. An empty or unreadable one does not.
fn is_before_spark_3(version: &str) -> bool {
    let major = version.trim_start_matches('v').split('.').next().unwrap_or_default();
    major.parse::<u32>().is_ok_and(|major| major < 3)
}
