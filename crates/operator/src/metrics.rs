//! What the operator counts, for Prometheus.
//!
//! Kubeflow's names where it has the same; beside them how long reconciling takes, what the API server is asked, how many
//! applications wait for their turn, and how long it takes from `kubectl apply` until the driver runs.

mod applications;
mod server;
mod sums;

use std::time::Duration;

use prometheus::{
    Encoder, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

pub use applications::{ApplicationMetrics, LabelValues, Now, Transition};
pub use server::{Refresh, serve};

use crate::settings::MetricsSettings;

/// Why metrics cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("make the metrics")]
pub struct Error {
    #[from]
    source: prometheus::Error,
}

/// Buckets from a millisecond to ten seconds.
const RECONCILE_BUCKETS: [f64; 12] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Buckets from what a bare pod takes to ten minutes.
const START_BUCKETS: [f64; 12] = [0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0, 600.0];

/// Everything that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// About applications and their executors.
    pub applications: ApplicationMetrics,
    reconciles: Histogram,
    reconcile_errors: IntCounter,
    api_requests: IntCounterVec,
    queue_depth: IntGauge,
    leader: IntGauge,
    events_dropped: IntCounter,
}

impl Metrics {
    /// All at zero.
    pub fn new(settings: &MetricsSettings) -> Result<Self, Error> {
        let registry = Registry::new();
        let prefix = &settings.prefix;
        let opts = |name: &str, help: &str| Opts::new(format!("{prefix}{name}"), help.to_owned());
        let reconciles = Histogram::with_opts(
            HistogramOpts::from(opts(
                "hearth_operator_reconcile_seconds",
                "How long one look at an application takes.",
            ))
            .buckets(RECONCILE_BUCKETS.to_vec()),
        )?;
        let metrics = Self {
            applications: ApplicationMetrics::new(&registry, settings, &START_BUCKETS)?,
            reconciles,
            reconcile_errors: IntCounter::with_opts(opts(
                "hearth_operator_reconcile_errors_total",
                "Looks at an application that failed and are repeated.",
            ))?,
            api_requests: IntCounterVec::new(
                opts(
                    "hearth_operator_api_requests_total",
                    "Requests to the API server; code 0 is no answer.",
                ),
                &["verb", "resource", "code"],
            )?,
            queue_depth: IntGauge::with_opts(opts(
                "hearth_operator_queue_depth",
                "Applications that wait for their turn.",
            ))?,
            leader: IntGauge::with_opts(opts("hearth_operator_leader", "1 while this operator leads."))?,
            events_dropped: IntCounter::with_opts(opts(
                "hearth_operator_events_dropped_total",
                "Events that were not published, because there were too many.",
            ))?,
            registry,
        };
        let registry = &metrics.registry;
        registry.register(Box::new(metrics.reconciles.clone()))?;
        registry.register(Box::new(metrics.reconcile_errors.clone()))?;
        registry.register(Box::new(metrics.api_requests.clone()))?;
        registry.register(Box::new(metrics.queue_depth.clone()))?;
        registry.register(Box::new(metrics.leader.clone()))?;
        registry.register(Box::new(metrics.events_dropped.clone()))?;
        registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
        Ok(metrics)
    }

    /// One look at an application is over.
    pub fn reconciled(&self, took: Duration, is_error: bool) {
        self.reconciles.observe(took.as_secs_f64());
        if is_error {
            self.reconcile_errors.inc();
        }
    }

    /// The API server answered a request with `code`, or not at all: 0.
    pub fn api_request(&self, verb: &str, resource: &str, code: u16) {
        let mut digits = [0u8; 3];
        let code = three_digits(code, &mut digits);
        self.api_requests.with_label_values(&[verb, resource, code]).inc();
    }

    /// How many requests of a verb on a resource were answered with `code`.
    pub fn api_requests(&self, verb: &str, resource: &str, code: u16) -> u64 {
        let mut digits = [0u8; 3];
        let code = three_digits(code, &mut digits);
        self.api_requests.with_label_values(&[verb, resource, code]).get()
    }

    /// So many applications wait for their turn.
    pub fn queue_depth(&self, depth: usize) {
        self.queue_depth.set(i64::try_from(depth).unwrap_or(i64::MAX));
    }

    /// Whether this operator leads.
    pub fn leads(&self, leads: bool) {
        self.leader.set(i64::from(leads));
    }

    /// An event was not published.
    pub fn event_dropped(&self) {
        self.events_dropped.inc();
    }

    /// The text that Prometheus reads.
    pub fn text(&self) -> Result<Vec<u8>, Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

/// The digits of a status code, without allocating.
fn three_digits(code: u16, digits: &mut [u8; 3]) -> &str {
    if code == 0 {
        return "0";
    }
    for (place, digit) in [100, 10, 1].into_iter().zip(digits.iter_mut()) {
        *digit = b'0' + u8::try_from(code / place % 10).unwrap_or(0);
    }
    std::str::from_utf8(digits).unwrap_or("0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_has_the_names_that_dashboards_know() {
        let metrics = Metrics::new(&MetricsSettings::default()).unwrap();
        metrics.api_request("create", "pods", 201);
        metrics.api_request("get", "pods", 0);
        let text = String::from_utf8(metrics.text().unwrap()).unwrap();
        assert!(
            text.contains(
                r#"hearth_operator_api_requests_total{code="201",resource="pods",verb="create"} 1"#
            ),
            "{text}"
        );
        for name in [
            "process_cpu_seconds_total",
            "hearth_operator_queue_depth",
            "hearth_operator_reconcile_seconds_bucket",
        ] {
            assert!(text.contains(name), "{name} is not in {text}");
        }
    }
}
