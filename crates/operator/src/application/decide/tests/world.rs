//! Situations, and decisions as text.

use std::fmt::Write as _;
use std::sync::Arc;

use expect_test::Expect;
use hearth_crd::ApplicationStateType as State;
use hearth_crd::{
    ExecutorPool, FailureCause, FieldError, FieldPath, SparkApplication, SparkApplicationStatus,
};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::{Value, json};

use super::super::{decide, submission_failed, submitted};
use crate::application::decision::{Action, Decision, SubmitFailure};
use crate::application::observed::Observed;
use crate::application::submission::Submission;
use crate::pod_view::PodView;
use crate::testing::show_notes;

/// An application, what there is of it, and the time. Times are seconds after its creation.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) application: SparkApplication,
    pub(super) problems: Vec<FieldError>,
    pub(super) observed: Observed,
}

pub(super) fn at(seconds: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

impl World {
    /// `pi`, just made.
    pub(super) fn new() -> Self {
        let application = json!({
            "apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication",
            "metadata": {"name": "pi", "namespace": "default", "uid": "app", "generation": 1, "resourceVersion": "1",
                         "creationTimestamp": at(0).to_string()},
            "spec": {"type": "Rust", "sparkVersion": "4.3.0", "image": "hearth:1",
                     "mainApplicationFile": "local:///opt/hearth/pi", "driver": {}, "executor": {"instances": 2}},
        });
        Self {
            now: at(0),
            application: serde_json::from_value(application).unwrap(),
            problems: Vec::new(),
            observed: Observed { services_gone: true, ..Observed::default() },
        }
    }

    /// `pi`, submitted at 0 s, its driver pending.
    pub(super) fn submitted() -> Self {
        let mut world = Self::new();
        world.submit();
        world.observed.pool = Some(Arc::new(world.pool()));
        world.observed.services_gone = false;
        let pod = world.driver_pod(&json!({"phase": "Pending"}));
        world.observed.driver = Some(pod);
        world
    }

    /// `pi`, running since 2 s; now it is 10 s.
    pub(super) fn running() -> Self {
        let mut world = Self::submitted().after(2).driver(&running());
        world.apply();
        world.after(8)
    }

    /// Submits, and writes that down.
    pub(super) fn submit(&mut self) -> Submission {
        let decision = self.decide();
        let [Action::Submit(submission)] = decision.actions.as_slice() else {
            panic!("no submission: {decision:?}")
        };
        let service = ("pi-ui-svc".to_owned(), "10.0.0.1:4040".to_owned(), 4040);
        let submitted = submitted(self.now, &self.application, submission, Some(service));
        self.application.status = submitted.status;
        submission.clone()
    }

    /// Tries to submit and fails.
    pub(super) fn submit_in_vain(&mut self, cause: FailureCause, message: &str) -> Decision {
        let decision = self.decide();
        let [Action::Submit(submission)] = decision.actions.as_slice() else {
            panic!("no submission: {decision:?}")
        };
        let failure = SubmitFailure { cause, message: message.to_owned() };
        let decision = submission_failed(self.now, &self.application, submission, &failure);
        self.application.status = decision.status.clone();
        decision
    }

    pub(super) fn decide(&self) -> Decision {
        decide(self.now, &self.application, &self.problems, &self.observed)
    }

    /// Decides, writes the status, and deletes the pool if that was decided; the pods take their time.
    pub(super) fn apply(&mut self) -> Decision {
        let decision = self.apply_and_be_killed();
        if decision.actions.contains(&Action::DeleteExecutors) {
            self.observed.pool = None;
        }
        decision
    }

    /// Decides, and writes the status; what comes after that is not done.
    pub(super) fn apply_and_be_killed(&mut self) -> Decision {
        let decision = self.decide();
        if let Some(status) = &decision.status {
            // As the API server gives it back.
            let text = serde_json::to_string(status).unwrap();
            self.application.status = Some(serde_json::from_str(&text).unwrap());
        }
        decision
    }

    pub(super) fn after(mut self, seconds: i64) -> Self {
        self.now += SignedDuration::from_secs(seconds);
        self
    }

    /// Edits the spec.
    pub(super) fn spec(mut self, edit: impl FnOnce(&mut Value)) -> Self {
        let mut spec = serde_json::to_value(&self.application.spec).unwrap();
        edit(&mut spec);
        self.application.spec = serde_json::from_value(spec).unwrap();
        *self.application.metadata.generation.as_mut().unwrap() += 1;
        self
    }

    pub(super) fn restart(self, policy: &Value) -> Self {
        let policy = policy.clone();
        self.spec(|spec| spec["restartPolicy"] = policy)
    }

    /// Sets the status of the driver's pod.
    pub(super) fn driver(mut self, status: &Value) -> Self {
        self.observed.driver = Some(self.driver_pod(status));
        self
    }

    /// Says what the driver's pod mounts.
    pub(super) fn mounts(mut self, volumes: &Value) -> Self {
        let driver = Arc::make_mut(self.observed.driver.as_mut().unwrap());
        driver.spec.volumes = serde_json::from_value(volumes.clone()).unwrap();
        self
    }

    /// Asks the driver's pod to end.
    pub(super) fn terminating(mut self) -> Self {
        let driver = Arc::make_mut(self.observed.driver.as_mut().unwrap());
        driver.metadata.deletion_timestamp = Some(Time(self.now + SignedDuration::from_secs(30)));
        driver.metadata.deletion_grace_period_seconds = Some(30);
        self
    }

    pub(super) fn no_driver(mut self) -> Self {
        self.observed.driver = None;
        self
    }

    /// Nothing is left but the application.
    pub(super) fn all_gone(mut self) -> Self {
        self.observed.driver = None;
        self.observed.pool = None;
        self.observed.executors.clear();
        self.observed.services_gone = true;
        self
    }

    pub(super) fn problem(mut self, problem: &str) -> Self {
        self.problems = vec![FieldError::new(FieldPath::of(["spec", "driver", "cores"]), problem)];
        self
    }

    pub(super) fn executor(mut self, number: u32, created: i64, phase: &str) -> Self {
        let id = self.status().submission_id.clone();
        let pod = json!({
            "metadata": {
                "name": format!("pi-1-exec-{number}"), "uid": format!("exec-{number}"),
                "creationTimestamp": at(created).to_string(),
                "labels": {"sparkoperator.k8s.io/submission-id": id, "spark-exec-id": number.to_string()},
            },
            "status": {"phase": phase},
        });
        self.observed.executors.retain(|pod| pod.executor_number() != Some(number));
        self.observed.executors.push(Arc::new(serde_json::from_value(pod).unwrap()));
        self
    }

    pub(super) fn edit_pool(mut self, edit: impl FnOnce(&mut ExecutorPool)) -> Self {
        edit(Arc::make_mut(self.observed.pool.as_mut().unwrap()));
        self
    }

    pub(super) fn status(&self) -> &SparkApplicationStatus {
        self.application.status.as_ref().unwrap()
    }

    pub(super) fn state(&self) -> State {
        let state = self.application.status.as_ref().and_then(|status| status.application_state.as_ref());
        state.map(|state| state.state).unwrap_or_default()
    }

    pub(super) fn error(&self) -> &str {
        self.status().application_state.as_ref().unwrap().error_message.as_deref().unwrap_or_default()
    }

    pub(super) fn condition(&self, type_: &str) -> (String, String, String) {
        let all = self.status().conditions.as_ref().unwrap();
        let found = all.iter().find(|condition| condition.type_ == type_).unwrap();
        (found.status.clone(), found.reason.clone(), found.message.clone())
    }

    pub(super) fn driver_pod(&self, status: &Value) -> Arc<PodView> {
        let run = self.application.status.clone().unwrap_or_default();
        let pod = json!({
            "metadata": {
                "name": "pi-driver", "namespace": "default",
                "uid": format!("driver-{}", run.driver_epoch.unwrap_or(1)),
                "labels": {"sparkoperator.k8s.io/submission-id": run.submission_id},
                "annotations": {"hearth.dev/driver-epoch": run.driver_epoch.unwrap_or(1).to_string()},
                "ownerReferences": [{"apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication",
                                     "name": "pi", "uid": "app", "controller": true}],
            },
            "status": status,
        });
        Arc::new(serde_json::from_value(pod).unwrap())
    }

    pub(super) fn pool(&self) -> ExecutorPool {
        serde_json::from_value(json!({
            "apiVersion": "hearth.dev/v1alpha1", "kind": "ExecutorPool",
            "metadata": {"name": "pi", "uid": "pool", "annotations": {"hearth.dev/instances": "2"},
                         "labels": {"sparkoperator.k8s.io/submission-id": self.status().submission_id}},
            "spec": {"application": "pi", "replicas": 2},
        }))
        .unwrap()
    }

    /// Compares what is decided with what is expected.
    pub(super) fn check(&self, expected: &Expect) {
        expected.assert_eq(&shown(&self.decide()));
    }
}

/// The status of a pod that runs since 2 s.
pub(super) fn running() -> Value {
    let state = json!({"running": {"startedAt": at(2).to_string()}});
    json!({"phase": "Running", "containerStatuses": [{"name": "spark-kubernetes-driver", "ready": true, "state": state}]})
}

/// The status of a pod whose container ended.
pub(super) fn exited(code: i32, message: &str) -> Value {
    let reason = if code == 0 { "Completed" } else { "Error" };
    let state = json!({"terminated": {"exitCode": code, "reason": reason, "message": message, "finishedAt": at(9).to_string()}});
    let phase = if code == 0 { "Succeeded" } else { "Failed" };
    json!({"phase": phase, "containerStatuses": [{"name": "spark-kubernetes-driver", "state": state}]})
}

/// The status of a pod whose container waits since 0 s.
pub(super) fn waiting(reason: &str, message: &str) -> Value {
    let state = json!({"waiting": {"reason": reason, "message": message}});
    json!({"phase": "Pending", "startTime": at(0).to_string(),
        "containerStatuses": [{"name": "spark-kubernetes-driver", "image": "hearth:1", "state": state}]})
}

pub(super) fn unschedulable() -> Value {
    json!({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
        "message": "0/3 nodes are available.", "lastTransitionTime": at(1).to_string()}]})
}

/// A decision as text: actions, the state and its error, events, the wait.
pub(super) fn shown(decision: &Decision) -> String {
    let mut text = String::new();
    for action in &decision.actions {
        let action = match action {
            Action::Submit(submission) => {
                format!("submit {} epoch {}", submission.attempt, submission.driver_epoch)
            }
            Action::DeleteDriver { uid, force } => {
                format!("delete pod {uid}{}", if *force { " by force" } else { "" })
            }
            Action::DeleteExecutors => "delete executors".to_owned(),
            Action::DeleteServices => "delete services".to_owned(),
            Action::DeletePodGroup => "delete pod group".to_owned(),
            Action::ScalePool { instances } => format!("scale pool to {instances}"),
            Action::BoundPool { min, max } => format!("bound pool by {min:?} and {max:?}"),
            Action::DeleteApplication => "delete application".to_owned(),
        };
        writeln!(text, "{action}").unwrap();
    }
    if let Some(status) = &decision.status {
        let state = status.application_state.clone().unwrap_or_default();
        let name = serde_json::to_value(state.state).unwrap();
        let counts = [status.execution_attempts, status.submission_attempts].map(|count| count.unwrap_or(0));
        writeln!(text, "{} run {} submission {}", name.as_str().unwrap(), counts[0], counts[1]).unwrap();
        if let Some(error) = state.error_message {
            writeln!(text, "  {error}").unwrap();
        }
    }
    show_notes(&mut text, &decision.notes, decision.look_again);
    if text.is_empty() { "nothing".to_owned() } else { text }
}
