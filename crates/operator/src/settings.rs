//! What the operator's command line says, as types.
//!
//! Kubeflow: the flags of `spark-operator controller start`. Those that concern spark-submit and the webhook have no meaning here.

use std::net::SocketAddr;
use std::time::Duration;

use crate::application::build;

/// How the operator works.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Which applications are served.
    pub scope: Scope,
    /// How many applications are worked on at once.
    pub controller_threads: usize,
    /// How long the first listing of everything may take.
    pub cache_sync_timeout: Duration,
    /// The most executors of one application whose state its status tells.
    pub max_tracked_executors: usize,
    /// After how long an ended application is deleted whose spec does not say so itself.
    pub default_time_to_live: Option<Duration>,
    /// How long a driver pod may be missing after its creation.
    pub driver_pod_creation_grace_period: Duration,
    /// What is built for each application.
    pub build: build::Settings,
    /// How fast the API server is asked.
    pub api: ApiSettings,
    /// How one of several operators is chosen; absent: this one is alone.
    pub leader_election: Option<LeaderElection>,
    /// Where metrics are served; absent: nowhere.
    pub metrics: Option<MetricsSettings>,
    /// Where `/healthz` and `/readyz` are served; absent: nowhere.
    pub health_probe_bind_address: Option<SocketAddr>,
}

/// Which applications are served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The namespaces; all if there are none and no labels.
    pub namespaces: Vec<String>,
    /// The labels of further namespaces, as `kubectl --selector` has it.
    pub namespace_selector: Option<String>,
    /// The labels of the applications.
    pub application_selector: Option<String>,
}

impl Scope {
    /// What has to be watched: namespaces, or with `None` the whole cluster, as a namespace may get its labels later.
    pub fn watched(&self) -> Vec<Option<&str>> {
        if self.namespaces.is_empty() || self.namespace_selector.is_some() {
            return vec![None];
        }
        self.namespaces.iter().map(|namespace| Some(namespace.as_str())).collect()
    }
}

/// How fast the API server is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ApiSettings {
    /// Requests a second, in the long run.
    pub qps: f64,
    /// Requests at once.
    pub burst: u32,
}

/// How one of several operators is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaderElection {
    /// The name of the lease.
    pub lock_name: String,
    /// Its namespace.
    pub lock_namespace: String,
    /// After how long without a sign of life another may take over.
    pub lease_duration: Duration,
    /// After how long without a renewal the leader stops.
    pub renew_deadline: Duration,
    /// How often it is tried.
    pub retry_period: Duration,
}

/// Where and how metrics are served.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricsSettings {
    /// Where.
    pub bind_address: SocketAddr,
    /// The path.
    pub endpoint: String,
    /// What every name begins with.
    pub prefix: String,
    /// The labels of applications that become labels of metrics; `namespace` is the namespace.
    pub labels: Vec<String>,
    /// The buckets of the submission's latency, in seconds.
    pub submit_latency_buckets: Vec<f64>,
    /// The buckets of the start's latency, in seconds.
    pub start_latency_buckets: Vec<f64>,
}

/// Times with which two operators might work at once, or the leader would stop again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeaseTimesError {
    /// Another would take over while this one still works.
    #[error(
        "the renew deadline ({renew_deadline:?}) must be less than the lease's duration ({lease_duration:?})"
    )]
    Lease {
        /// After how long another takes over.
        lease_duration: Duration,
        /// After how long the leader stops.
        renew_deadline: Duration,
    },
    /// The leader would stop before it tries to renew.
    #[error("the retry period ({retry_period:?}) must be less than the renew deadline ({renew_deadline:?})")]
    Retry {
        /// After how long the leader stops.
        renew_deadline: Duration,
        /// How often it renews.
        retry_period: Duration,
    },
    /// Nothing else would be asked of the API server.
    #[error("the retry period must be more than 0")]
    NoPause,
}

impl LeaderElection {
    /// Whether these times keep a leader in office, and everybody else out of it. client-go: `NewLeaderElector`.
    pub fn check(&self) -> Result<(), LeaseTimesError> {
        let Self { lease_duration, renew_deadline, retry_period, .. } = *self;
        if renew_deadline >= lease_duration {
            return Err(LeaseTimesError::Lease { lease_duration, renew_deadline });
        }
        if retry_period >= renew_deadline {
            return Err(LeaseTimesError::Retry { renew_deadline, retry_period });
        }
        if retry_period.is_zero() {
            return Err(LeaseTimesError::NoPause);
        }
        Ok(())
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            scope: Scope::default(),
            controller_threads: 32,
            cache_sync_timeout: Duration::from_secs(30),
            max_tracked_executors: 1000,
            default_time_to_live: None,
            driver_pod_creation_grace_period: Duration::from_secs(10),
            build: build::Settings::default(),
            api: ApiSettings { qps: 500.0, burst: 1000 },
            leader_election: None,
            metrics: None,
            health_probe_bind_address: None,
        }
    }
}

impl Default for MetricsSettings {
    fn default() -> Self {
        Self {
            bind_address: SocketAddr::from(([0, 0, 0, 0], 8080)),
            endpoint: "/metrics".to_owned(),
            prefix: String::new(),
            labels: vec!["app_type".to_owned()],
            submit_latency_buckets: vec![0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0],
            start_latency_buckets: vec![
                1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 90.0, 120.0, 180.0, 240.0, 300.0,
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lease: u64, renew: u64, retry: u64) -> Result<(), LeaseTimesError> {
        let election = LeaderElection {
            lock_name: "lock".into(),
            lock_namespace: "hearth".into(),
            lease_duration: Duration::from_millis(lease),
            renew_deadline: Duration::from_millis(renew),
            retry_period: Duration::from_millis(retry),
        };
        election.check()
    }

    #[test]
    fn a_leader_renews_before_it_stops_and_stops_before_another_takes_over() {
        assert_eq!(check(15_000, 10_000, 2_000), Ok(()));
        assert!(matches!(check(15_000, 30_000, 2_000), Err(LeaseTimesError::Lease { .. })));
        assert!(matches!(check(15_000, 15_000, 2_000), Err(LeaseTimesError::Lease { .. })));
        assert!(matches!(check(15_000, 10_000, 10_000), Err(LeaseTimesError::Retry { .. })));
        assert_eq!(check(15_000, 10_000, 0), Err(LeaseTimesError::NoPause));
    }
}
