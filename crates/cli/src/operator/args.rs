//! The options of `hearth operator`. Their names are those of Kubeflow's controller, so that charts and habits carry over.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args as ClapArgs;
use hearth_operator::application::build;
use hearth_operator::settings::{
    ApiSettings, LeaderElection, LeaseTimesError, MetricsSettings, Scope, Settings,
};
use k8s_openapi::api::networking::v1::{IngressTLS, NetworkPolicyPeer};

use super::values::{Bind, bind_address, duration, json, own_namespace, rate};

pub(crate) const LONG_ABOUT: &str = "Run the operator: turn SparkApplications of a cluster into driver and executor pods.\n\n\
    The chart starts it as a deployment. Outside of a cluster it uses KUBECONFIG, which is good for development.\n\n\
    The options have the names of Kubeflow's `spark-operator controller start`.";

pub(crate) const HELP: &str = "\
Examples:
  Serve every namespace of the cluster that KUBECONFIG names, alone:
    hearth operator --default-image hearth:0.1.0

  Serve two namespaces, with a standby beside it:
    hearth operator --namespaces=etl,reports --leader-election --leader-election-lock-namespace=hearth

  Give each web UI an address:
    hearth operator --ingress-url-format='{{$appName}}.spark.example.com' --ingress-class-name=nginx

  See what it counts and whether it is ready:
    curl -s localhost:8080/metrics | grep hearth_operator
    curl -s localhost:8081/readyz

It ends on SIGTERM after the work that has begun, at most 5 s later, and gives its lease back.";

/// A switch that may be written as `--x`, `--x=true` and `--x=false`.
macro_rules! switch {
    () => {
        clap::ArgAction::Set
    };
}

#[derive(Debug, ClapArgs)]
pub(crate) struct OperatorArgs {
    /// How many applications are worked on at once.
    #[arg(long, value_name = "N", default_value_t = 32)]
    controller_threads: usize,

    /// The namespaces to serve, with commas between; all if there is none or an empty one.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    namespaces: Vec<String>,

    /// Serve the namespaces with these labels too, as in team=etl.
    #[arg(long, value_name = "LABELS")]
    namespace_selector: Option<String>,

    /// Serve only the applications with these labels.
    #[arg(long, value_name = "LABELS")]
    label_selector_filter: Option<String>,

    /// How long the first listing of everything may take; then the operator serves what was listed, or ends if nothing was.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    cache_sync_timeout: Duration,

    /// The most executors of one application whose state its status tells.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    max_tracked_executor_per_app: usize,

    /// Delete applications so long after their end, if their spec does not say when; 0 means never.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    default_time_to_live_seconds: u64,

    /// How long a driver pod that was made may be missing before that counts as its loss.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    driver_pod_creation_grace_period: Duration,

    /// The image of applications that name none.
    #[arg(long, value_name = "IMAGE", env = "HEARTH_DEFAULT_IMAGE")]
    default_image: Option<String>,

    /// Make a disruption budget for each driver, so that a drain waits for it.
    #[arg(long, action = switch!(), num_args = 0..=1, require_equals = true, default_value_t = false)]
    #[arg(default_missing_value = "true", value_name = "BOOL")]
    enable_driver_pdb: bool,

    /// Make a service for each web UI.
    #[arg(long, action = switch!(), num_args = 0..=1, require_equals = true, default_value_t = true)]
    #[arg(default_missing_value = "true", value_name = "BOOL")]
    enable_ui_service: bool,

    /// Where each web UI is reached, with {{$appName}}, {{$appNamespace}} and {{$appId}}; without it there is no ingress.
    #[arg(long, value_name = "FORMAT")]
    ingress_url_format: Option<String>,

    /// The class of ingresses.
    #[arg(long, value_name = "CLASS")]
    ingress_class_name: Option<String>,

    /// The TLS of ingresses, as a JSON list.
    #[arg(long, value_name = "JSON", default_value = "", value_parser = json::<Tls>, hide_default_value = true)]
    ingress_tls: Tls,

    /// The annotations of ingresses, as a JSON object.
    #[arg(long, value_name = "JSON", default_value = "", value_parser = json::<Annotations>, hide_default_value = true)]
    ingress_annotations: Annotations,

    /// Make a network policy for each application: only its own pods reach its executors.
    #[arg(long, action = switch!(), num_args = 0..=1, require_equals = true, default_value_t = true)]
    #[arg(default_missing_value = "true", value_name = "BOOL")]
    enable_network_policy: bool,

    /// Who else may reach the web UI of drivers, as a JSON list of NetworkPolicyPeers; everybody if empty.
    #[arg(long, value_name = "JSON", default_value = "", value_parser = json::<Peers>, hide_default_value = true)]
    network_policy_ui_from: Peers,

    /// The batch scheduler of applications that name none: volcano, yunikorn or one of --kube-scheduler-names.
    #[arg(long, value_name = "NAME")]
    default_batch_scheduler: Option<String>,

    /// Schedulers that know the pod groups of scheduling.x-k8s.io, with commas between.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    kube_scheduler_names: Vec<String>,

    /// Requests to the API server a second, in the long run.
    #[arg(long, value_name = "N", default_value = "500", value_parser = rate)]
    kube_api_qps: f64,

    /// Requests to the API server at once.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    kube_api_burst: u32,

    /// Work only while this operator holds a lease, so that others may stand by.
    #[arg(long, action = switch!(), num_args = 0..=1, require_equals = true, default_value_t = false)]
    #[arg(default_missing_value = "true", value_name = "BOOL")]
    leader_election: bool,

    /// The name of the lease.
    #[arg(long, value_name = "NAME", default_value = "spark-operator-lock")]
    leader_election_lock_name: String,

    /// Its namespace; that of this pod if absent.
    #[arg(long, value_name = "NAMESPACE")]
    leader_election_lock_namespace: Option<String>,

    /// After how long without a sign of life another operator takes over.
    #[arg(long, value_name = "DURATION", default_value = "15s", value_parser = duration)]
    leader_election_lease_duration: Duration,

    /// After how long without a renewal this operator stops; less than the lease's duration.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration)]
    leader_election_renew_deadline: Duration,

    /// How often the lease is renewed or tried for; less than the renew deadline.
    #[arg(long, value_name = "DURATION", default_value = "2s", value_parser = duration)]
    leader_election_retry_period: Duration,

    /// Serve metrics for Prometheus.
    #[arg(long, action = switch!(), num_args = 0..=1, require_equals = true, default_value_t = true)]
    #[arg(default_missing_value = "true", value_name = "BOOL")]
    enable_metrics: bool,

    /// Where metrics are served; 0 for nowhere.
    #[arg(long, value_name = "ADDRESS", default_value = ":8080", value_parser = bind_address)]
    metrics_bind_address: Bind,

    /// The path of the metrics.
    #[arg(long, value_name = "PATH", default_value = "/metrics")]
    metrics_endpoint: String,

    /// What the name of every metric begins with.
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    metrics_prefix: String,

    /// The labels of applications that become labels of metrics, with commas between; `namespace` is the namespace.
    #[arg(long, value_name = "LABELS", value_delimiter = ',', default_value = "app_type")]
    metrics_labels: Vec<String>,

    /// The buckets of the histogram of submission times, in seconds.
    #[arg(long, value_name = "SECONDS", value_delimiter = ',')]
    metrics_job_submit_latency_buckets: Vec<f64>,

    /// The buckets of the histogram of start times, in seconds.
    #[arg(long, value_name = "SECONDS", value_delimiter = ',')]
    metrics_job_start_latency_buckets: Vec<f64>,

    /// Where /healthz and /readyz are served; 0 for nowhere.
    #[arg(long, value_name = "ADDRESS", default_value = ":8081", value_parser = bind_address)]
    health_probe_bind_address: Bind,
}

type Annotations = BTreeMap<String, String>;
/// Named, so that clap takes them for one value each and not for lists of values.
type Tls = Values<IngressTLS>;
type Peers = Values<NetworkPolicyPeer>;

/// A list that is one value of the command line.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Values<T>(Vec<T>);

impl<T> Default for Values<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl OperatorArgs {
    /// What they say.
    ///
    /// # Errors
    ///
    /// The times of the lease contradict each other.
    pub(crate) fn settings(&self) -> Result<Settings, LeaseTimesError> {
        let given = |names: &[String]| -> Vec<String> {
            names.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
        };
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let ttl = self.default_time_to_live_seconds;
        let election = self.leader_election.then(|| self.election());
        election.as_ref().map_or(Ok(()), LeaderElection::check)?;
        Ok(Settings {
            scope: Scope {
                // An empty name stands for all of them, as it does for Kubeflow's operator.
                namespaces: if self.namespaces.iter().any(|name| name.trim().is_empty()) {
                    Vec::new()
                } else {
                    given(&self.namespaces)
                },
                namespace_selector: text(&self.namespace_selector),
                application_selector: text(&self.label_selector_filter),
            },
            controller_threads: self.controller_threads,
            cache_sync_timeout: self.cache_sync_timeout,
            max_tracked_executors: self.max_tracked_executor_per_app,
            default_time_to_live: (ttl > 0).then(|| Duration::from_secs(ttl)),
            driver_pod_creation_grace_period: self.driver_pod_creation_grace_period,
            build: build::Settings {
                default_image: text(&self.default_image),
                ui_service: self.enable_ui_service,
                ingress_url_format: text(&self.ingress_url_format),
                ingress_class_name: text(&self.ingress_class_name),
                ingress_tls: self.ingress_tls.0.clone(),
                ingress_annotations: self.ingress_annotations.clone(),
                network_policy: self.enable_network_policy,
                ui_from: self.network_policy_ui_from.0.clone(),
                default_batch_scheduler: text(&self.default_batch_scheduler),
                kube_scheduler_names: given(&self.kube_scheduler_names),
                driver_disruption_budget: self.enable_driver_pdb,
            },
            api: ApiSettings { qps: self.kube_api_qps, burst: self.kube_api_burst },
            leader_election: election,
            metrics: self.metrics_bind_address.0.filter(|_| self.enable_metrics).map(|bind_address| {
                let default = MetricsSettings::default();
                let buckets =
                    |given: &[f64], default| if given.is_empty() { default } else { given.to_vec() };
                MetricsSettings {
                    bind_address,
                    endpoint: format!("/{}", self.metrics_endpoint.trim_start_matches('/')),
                    prefix: self.metrics_prefix.clone(),
                    labels: given(&self.metrics_labels),
                    submit_latency_buckets: buckets(
                        &self.metrics_job_submit_latency_buckets,
                        default.submit_latency_buckets,
                    ),
                    start_latency_buckets: buckets(
                        &self.metrics_job_start_latency_buckets,
                        default.start_latency_buckets,
                    ),
                }
            }),
            health_probe_bind_address: self.health_probe_bind_address.0,
        })
    }

    fn election(&self) -> LeaderElection {
        let namespace = self.leader_election_lock_namespace.clone().filter(|namespace| !namespace.is_empty());
        LeaderElection {
            lock_name: self.leader_election_lock_name.clone(),
            lock_namespace: namespace.unwrap_or_else(own_namespace),
            lease_duration: self.leader_election_lease_duration,
            renew_deadline: self.leader_election_renew_deadline,
            retry_period: self.leader_election_retry_period,
        }
    }
}
