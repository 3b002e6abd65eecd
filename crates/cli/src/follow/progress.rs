//! What to tell somebody who waits for an application: each change in one line. Values only.

use hearth_crd::{ApplicationStateType, SparkApplication, is_dynamic_allocation, with_defaults};
use k8s_openapi::api::core::v1::Pod;

use crate::cluster_client::{
    DRIVER_CONTAINER, ROLE_LABEL, Wait, container_exit_code, is_ended, is_running, wait,
};

/// What was told last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    state: Option<(ApplicationStateType, i32)>,
    driver_wait: Option<String>,
    executor_wait: Option<String>,
    executors: Option<(usize, Option<usize>)>,
}

impl Progress {
    /// The lines for what is new.
    pub(crate) fn observe(&mut self, application: &SparkApplication, pods: &[&Pod]) -> Vec<String> {
        let name = application.metadata.name.as_deref().unwrap_or_default();
        let mut lines = Vec::new();
        self.state(application, &mut lines);
        self.driver(pods, &mut lines);
        self.executors(application, pods, &mut lines);
        lines.into_iter().map(|line| format!("{name}: {line}")).collect()
    }

    fn state(&mut self, application: &SparkApplication, lines: &mut Vec<String>) {
        let Some(status) = &application.status else { return };
        let state = status.application_state.as_ref().map_or(ApplicationStateType::New, |state| state.state);
        let attempt = status.submission_attempts.unwrap_or_default();
        if self.state == Some((state, attempt)) {
            return;
        }
        self.state = Some((state, attempt));
        let error = status.application_state.as_ref().and_then(|state| state.error_message.as_deref());
        let because = error.map(|error| format!(": {}", error.trim())).unwrap_or_default();
        let again = if attempt > 1 { format!(" (attempt {attempt})") } else { String::new() };
        lines.extend(match state {
            ApplicationStateType::Submitted => Some(format!("submitted{again}")),
            ApplicationStateType::Running => Some(format!("running{again}")),
            ApplicationStateType::Failing => Some(format!("failing{again}{because}")),
            ApplicationStateType::SubmissionFailed => Some(format!("the submission failed{because}")),
            ApplicationStateType::PendingRerun => Some("about to be submitted again".to_owned()),
            ApplicationStateType::Invalidating => {
                Some("the spec was changed; the run under the old one is being ended".to_owned())
            }
            ApplicationStateType::Suspending => Some("being suspended".to_owned()),
            ApplicationStateType::Suspended => Some("suspended; it waits to be let go".to_owned()),
            ApplicationStateType::Resuming => Some("let go".to_owned()),
            ApplicationStateType::Unknown => {
                Some("the driver's node does not answer; its state is unknown".to_owned())
            }
            // The end is told by the command.
            ApplicationStateType::New
            | ApplicationStateType::Succeeding
            | ApplicationStateType::Completed
            | ApplicationStateType::Failed => None,
        });
    }

    fn driver(&mut self, pods: &[&Pod], lines: &mut Vec<String>) {
        let problem = pods.iter().filter(|pod| role(pod) == "driver").find_map(|pod| problem(pod));
        if problem != self.driver_wait {
            lines.extend(problem.as_ref().map(|message| format!("the driver waits: {message}")));
            self.driver_wait = problem;
        }
    }

    fn executors(&mut self, application: &SparkApplication, pods: &[&Pod], lines: &mut Vec<String>) {
        let executors: Vec<&&Pod> =
            pods.iter().filter(|pod| role(pod) == "executor" && !is_ended(pod)).collect();
        let problem = executors.iter().find_map(|pod| problem(pod));
        if problem != self.executor_wait {
            lines.extend(problem.as_ref().map(|message| format!("an executor waits: {message}")));
            self.executor_wait = problem;
        }
        let status = application.status.as_ref();
        let state = status.and_then(|status| status.application_state.as_ref()).map(|state| state.state);
        let has_ended = |pod: &Pod| is_ended(pod) || container_exit_code(pod, DRIVER_CONTAINER).is_some();
        // With the driver the executors end, which is no news.
        let is_over = pods.iter().any(|pod| role(pod) == "driver" && has_ended(pod));
        if state != Some(ApplicationStateType::Running) || is_over {
            self.executors = None;
            return;
        }
        let running = executors.iter().filter(|pod| is_running(pod)).count();
        let wanted = wanted(application);
        if self.executors != Some((running, wanted)) {
            self.executors = Some((running, wanted));
            lines.push(match wanted {
                Some(wanted) => format!("executors {running}/{wanted}"),
                None => format!("executors {running}"),
            });
        }
    }
}

/// How many executors the spec asks for; none where the load decides.
pub(crate) fn wanted(application: &SparkApplication) -> Option<usize> {
    if is_dynamic_allocation(&application.spec) {
        return None;
    }
    let spec = with_defaults(application.spec.clone());
    let in_conf = || spec.spark_conf.as_ref()?.get("spark.executor.instances")?.trim().parse().ok();
    spec.executor.instances.and_then(|count| usize::try_from(count).ok()).or_else(in_conf)
}

/// `driver` or `executor`.
pub(crate) fn role(pod: &Pod) -> &str {
    pod.metadata.labels.as_ref().and_then(|labels| labels.get(ROLE_LABEL)).map_or("", String::as_str)
}

fn problem(pod: &Pod) -> Option<String> {
    wait(pod).filter(|Wait { reason, .. }| reason.is_problem()).map(|Wait { message, .. }| message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing;

    #[test]
    fn each_change_is_told_once() {
        let mut progress = Progress::default();
        let mut application = testing::application("pi");
        assert_eq!(progress.observe(&application, &[]), [""; 0]);

        application.status = Some(testing::status("SUBMITTED"));
        let unplaced = testing::pending_pod("pi-driver", "driver", "2 Insufficient cpu.");
        assert_eq!(
            progress.observe(&application, &[&unplaced]),
            ["pi: submitted", "pi: the driver waits: no node fits it: 2 Insufficient cpu"]
        );
        assert_eq!(progress.observe(&application, &[&unplaced]), [""; 0]);

        application.status = Some(testing::status("RUNNING"));
        let driver = testing::pod("pi-driver", "driver", "Running");
        let one = testing::pod("pi-1-exec-1", "executor", "Running");
        let two = testing::pod("pi-1-exec-2", "executor", "Pending");
        assert_eq!(
            progress.observe(&application, &[&driver, &one, &two]),
            ["pi: running", "pi: executors 1/2"]
        );
        let two = testing::pod("pi-1-exec-2", "executor", "Running");
        assert_eq!(progress.observe(&application, &[&driver, &one, &two]), ["pi: executors 2/2"]);

        let driver = testing::pod("pi-driver", "driver", "Succeeded");
        assert_eq!(progress.observe(&application, &[&driver]), [""; 0]);

        let mut status = testing::status("FAILING");
        status.application_state.as_mut().unwrap().error_message = Some("exit code 3".to_owned());
        application.status = Some(status);
        assert_eq!(progress.observe(&application, &[]), ["pi: failing: exit code 3"]);

        let mut status = testing::status("SUBMITTED");
        status.submission_attempts = Some(2);
        application.status = Some(status);
        assert_eq!(progress.observe(&application, &[]), ["pi: submitted (attempt 2)"]);
    }

    #[test]
    fn the_load_decides_how_many_executors_there_are_with_dynamic_allocation() {
        let mut application = testing::application("pi");
        assert_eq!(wanted(&application), Some(2));
        let allocation = json!({"enabled": true, "maxExecutors": 8});
        application.spec.dynamic_allocation = serde_json::from_value(allocation).unwrap();
        assert_eq!(wanted(&application), None);
    }
}
