//! What is counted about applications and their executors. Names and meanings are those of Kubeflow's operator.

use std::sync::Arc;

use hearth_crd::{ApplicationStateType, ExecutorState, SparkApplicationStatus};
use jiff::Timestamp;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry, histogram_opts};

use super::sums::Sums;
use crate::settings::MetricsSettings;

/// The values of the labels of one application, in the order of the settings.
pub type LabelValues = Arc<[String]>;

/// Counters and times, by the labels of applications.
#[derive(Debug)]
pub struct ApplicationMetrics {
    labels: Vec<String>,
    count: IntCounterVec,
    submits: IntCounterVec,
    failed_submits: IntCounterVec,
    successes: IntCounterVec,
    failures: IntCounterVec,
    running: IntGaugeVec,
    success_time: Sums,
    failure_time: Sums,
    submit_latency: Sums,
    submit_latencies: HistogramVec,
    start_latency: Sums,
    start_latencies: HistogramVec,
    apply_to_driver_running: prometheus::Histogram,
    executors_running: IntGaugeVec,
    executor_successes: IntCounterVec,
    executor_failures: IntCounterVec,
}

/// A status was written.
#[derive(Debug)]
pub struct Transition<'a> {
    /// The labels of the application.
    pub labels: &'a LabelValues,
    /// When it was created.
    pub created: Option<Timestamp>,
    /// The status before.
    pub before: Option<&'a SparkApplicationStatus>,
    /// The status now.
    pub after: &'a SparkApplicationStatus,
    /// When.
    pub now: Timestamp,
}

/// How many there are of something now.
#[derive(Debug)]
pub struct Now<'a> {
    /// The labels.
    pub labels: &'a LabelValues,
    /// Whether the application runs.
    pub is_running: bool,
    /// How many of its executors run.
    pub executors: usize,
}

impl ApplicationMetrics {
    pub(super) fn new(
        registry: &Registry,
        settings: &MetricsSettings,
        fine_buckets: &[f64],
    ) -> Result<Self, prometheus::Error> {
        let prefix = &settings.prefix;
        let names: Vec<String> = settings.labels.iter().map(|label| label_name(label)).collect();
        let labels: Vec<&str> = names.iter().map(String::as_str).collect();
        let name = |name: &str| format!("{prefix}{name}");
        let counter = |counter: &str, help: &str| -> Result<IntCounterVec, prometheus::Error> {
            let counter = IntCounterVec::new(Opts::new(name(counter), help.to_owned()), &labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let gauge = |gauge: &str, help: &str| -> Result<IntGaugeVec, prometheus::Error> {
            let gauge = IntGaugeVec::new(Opts::new(name(gauge), help.to_owned()), &labels)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        let sums = |sum: &str, help: &str| -> Result<Sums, prometheus::Error> {
            let sums = Sums::new(name(sum), help, names.clone())?;
            registry.register(Box::new(sums.clone()))?;
            Ok(sums)
        };
        let histogram =
            |histogram: &str, help: &str, buckets: &[f64]| -> Result<HistogramVec, prometheus::Error> {
                let opts: HistogramOpts = histogram_opts!(name(histogram), help, buckets.to_vec());
                let histogram = HistogramVec::new(opts, &labels)?;
                registry.register(Box::new(histogram.clone()))?;
                Ok(histogram)
            };
        let apply_to_driver_running = prometheus::Histogram::with_opts(histogram_opts!(
            name("hearth_operator_apply_to_driver_running_seconds"),
            "From the creation of an application until its first driver runs.",
            fine_buckets.to_vec()
        ))?;
        registry.register(Box::new(apply_to_driver_running.clone()))?;
        Ok(Self {
            count: counter(
                "spark_application_count",
                "Applications that were submitted for the first time.",
            )?,
            submits: counter("spark_application_submit_count", "Submissions.")?,
            failed_submits: counter("spark_application_failed_submission_count", "Submissions that failed.")?,
            successes: counter("spark_application_success_count", "Applications that ended well.")?,
            failures: counter("spark_application_failure_count", "Applications that failed.")?,
            running: gauge("spark_application_running_count", "Applications that run.")?,
            success_time: sums(
                "spark_application_success_execution_time_seconds",
                "From the last submission to a good end.",
            )?,
            failure_time: sums(
                "spark_application_failure_execution_time_seconds",
                "From the last submission to a failure.",
            )?,
            submit_latency: sums(
                "spark_application_submit_latency_seconds",
                "From the creation to the submission.",
            )?,
            submit_latencies: histogram(
                "spark_application_submit_latency_seconds_histogram",
                "From the creation to the submission.",
                &settings.submit_latency_buckets,
            )?,
            start_latency: sums(
                "spark_application_start_latency_seconds",
                "From the creation until the driver runs.",
            )?,
            start_latencies: histogram(
                "spark_application_start_latency_seconds_histogram",
                "From the creation until the driver runs.",
                &settings.start_latency_buckets,
            )?,
            apply_to_driver_running,
            executors_running: gauge("spark_executor_running_count", "Executors that run.")?,
            executor_successes: counter("spark_executor_success_count", "Executors that ended well.")?,
            executor_failures: counter("spark_executor_failure_count", "Executors that failed.")?,
            labels: settings.labels.clone(),
        })
    }

    /// The values of the labels of an application.
    pub fn label_values<'a>(&self, namespace: &str, label: impl Fn(&str) -> Option<&'a str>) -> LabelValues {
        let value = |name: &String| match name.as_str() {
            "namespace" => namespace.to_owned(),
            // Kubeflow's value for a label that is not there.
            name => label(name).unwrap_or("Unknown").to_owned(),
        };
        self.labels.iter().map(value).collect()
    }

    /// Counts what happened between two statuses.
    pub fn transition(&self, transition: &Transition<'_>) {
        let Transition { labels, created, before, after, now } = transition;
        let values: Vec<&str> = labels.iter().map(String::as_str).collect();
        self.executors(&values, *before, after);
        let (from, to) = (before.map_or(ApplicationStateType::New, state), state(after));
        if from == to {
            return;
        }
        let since = |start: Timestamp| now.duration_since(start).as_secs_f64().max(0.0);
        let submitted = after.last_submission_attempt_time.as_ref().map(|time| time.0);
        let is_first = before.is_none_or(|before| !was_submitted(before));
        let begins = [ApplicationStateType::Submitted, ApplicationStateType::SubmissionFailed];
        if is_first && begins.contains(&to) {
            self.count.with_label_values(&values).inc();
        }
        match to {
            ApplicationStateType::Submitted => {
                self.submits.with_label_values(&values).inc();
                if is_first && let Some(created) = created {
                    self.submit_latency.observe(labels, since(*created));
                    self.submit_latencies.with_label_values(&values).observe(since(*created));
                }
            }
            ApplicationStateType::Running => {
                let is_first_run = after.execution_attempts.unwrap_or(1) <= 1 && !was_run(after);
                if is_first_run
                    && from == ApplicationStateType::Submitted
                    && let Some(created) = created
                {
                    self.start_latency.observe(labels, since(*created));
                    self.start_latencies.with_label_values(&values).observe(since(*created));
                    self.apply_to_driver_running.observe(since(*created));
                }
            }
            ApplicationStateType::SubmissionFailed => self.failed_submits.with_label_values(&values).inc(),
            ApplicationStateType::Completed => {
                self.successes.with_label_values(&values).inc();
                if let Some(start) = submitted {
                    self.success_time.observe(labels, since(start));
                }
            }
            ApplicationStateType::Failed => {
                self.failures.with_label_values(&values).inc();
                if let Some(start) = submitted {
                    self.failure_time.observe(labels, since(start));
                }
            }
            ApplicationStateType::New
            | ApplicationStateType::Succeeding
            | ApplicationStateType::Failing
            | ApplicationStateType::PendingRerun
            | ApplicationStateType::Invalidating
            | ApplicationStateType::Suspending
            | ApplicationStateType::Suspended
            | ApplicationStateType::Resuming
            | ApplicationStateType::Unknown => {}
        }
    }

    fn executors(
        &self,
        values: &[&str],
        before: Option<&SparkApplicationStatus>,
        after: &SparkApplicationStatus,
    ) {
        let known = before.and_then(|status| status.executor_state.as_ref());
        for (pod, state) in after.executor_state.iter().flatten() {
            if known.and_then(|known| known.get(pod)) == Some(state) {
                continue;
            }
            match state {
                ExecutorState::Completed => self.executor_successes.with_label_values(values).inc(),
                ExecutorState::Failed => self.executor_failures.with_label_values(values).inc(),
                ExecutorState::Pending | ExecutorState::Running | ExecutorState::Unknown => {}
            }
        }
    }

    /// Sets what there is of everything now.
    pub fn set<'a>(&self, all: impl Iterator<Item = Now<'a>>) {
        self.running.reset();
        self.executors_running.reset();
        for now in all {
            let values: Vec<&str> = now.labels.iter().map(String::as_str).collect();
            if now.is_running {
                self.running.with_label_values(&values).inc();
            }
            if now.executors > 0 {
                let executors = i64::try_from(now.executors).unwrap_or(i64::MAX);
                self.executors_running.with_label_values(&values).add(executors);
            }
        }
    }
}

fn state(status: &SparkApplicationStatus) -> ApplicationStateType {
    status.application_state.as_ref().map_or(ApplicationStateType::New, |state| state.state)
}

/// Whether anything was submitted so far; the counters begin anew with each change of the spec.
fn was_submitted(status: &SparkApplicationStatus) -> bool {
    status.submission_attempts.unwrap_or(0) > 0
        || status.attempts.iter().flatten().any(|attempt| attempt.number > 0)
}

/// Whether a run has ended already.
fn was_run(status: &SparkApplicationStatus) -> bool {
    status.attempts.iter().flatten().any(|attempt| attempt.start_time.is_some())
}

/// A label of Kubernetes as one of Prometheus, which knows letters, digits and `_`.
fn label_name(label: &str) -> String {
    let name: String = label.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use hearth_crd::{ApplicationState, AttemptOutcome};
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

    use super::*;
    use crate::application::history;

    fn status(state: ApplicationStateType) -> SparkApplicationStatus {
        SparkApplicationStatus {
            application_state: Some(ApplicationState { state, error_message: None }),
            submission_attempts: Some(1),
            last_submission_attempt_time: Some(Time(Timestamp::UNIX_EPOCH)),
            ..SparkApplicationStatus::default()
        }
    }

    #[test]
    fn a_life_is_counted_once() {
        let registry = Registry::new();
        let settings = MetricsSettings {
            labels: vec!["app.kubernetes.io/part-of".into()],
            ..MetricsSettings::default()
        };
        let metrics = ApplicationMetrics::new(&registry, &settings, &[1.0]).unwrap();
        let labels =
            metrics.label_values("ns", |name| (name == "app.kubernetes.io/part-of").then_some("etl"));
        let now = Timestamp::from_second(100).unwrap();
        let created = Some(Timestamp::from_second(97).unwrap());
        let mut before: Option<SparkApplicationStatus> = None;
        for next in [
            ApplicationStateType::Submitted,
            ApplicationStateType::Running,
            ApplicationStateType::Running,
            ApplicationStateType::Completed,
            // The spec is edited.
            ApplicationStateType::PendingRerun,
            ApplicationStateType::Submitted,
            ApplicationStateType::Running,
        ] {
            let mut after = status(next);
            after.attempts = before.as_ref().and_then(|before| before.attempts.clone());
            if next == ApplicationStateType::Completed {
                history::record(&mut after, now, AttemptOutcome::Succeeded, None);
            }
            if next == ApplicationStateType::PendingRerun {
                after.submission_attempts = Some(0);
            }
            metrics.transition(&Transition {
                labels: &labels,
                created,
                before: before.as_ref(),
                after: &after,
                now,
            });
            before = Some(after);
        }
        let mut text = String::new();
        prometheus::TextEncoder::new().encode_utf8(&registry.gather(), &mut text).unwrap();
        for line in [
            r#"spark_application_count{app_kubernetes_io_part_of="etl"} 1"#,
            r#"spark_application_submit_count{app_kubernetes_io_part_of="etl"} 2"#,
            r#"spark_application_success_count{app_kubernetes_io_part_of="etl"} 1"#,
            r#"spark_application_start_latency_seconds_sum{app_kubernetes_io_part_of="etl"} 3"#,
            r#"spark_application_start_latency_seconds_count{app_kubernetes_io_part_of="etl"} 1"#,
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in {text}");
        }
    }
}
