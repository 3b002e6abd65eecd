//! One scene for each thing that an application may wait for.

use expect_test::{Expect, expect};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::json;

use super::*;
use crate::testing;

/// A scene that a test changes.
struct Scene {
    application: SparkApplication,
    pods: Vec<Pod>,
    pool: Option<ExecutorPool>,
    events: Vec<Event>,
    quotas: Vec<ResourceQuota>,
}

impl Scene {
    fn new(state: &str) -> Self {
        let mut application = testing::application("pi");
        if !state.is_empty() {
            application.status = Some(testing::status(state));
        }
        Self { application, pods: Vec::new(), pool: None, events: Vec::new(), quotas: Vec::new() }
    }

    fn status(&mut self) -> &mut SparkApplicationStatus {
        self.application.status.as_mut().unwrap()
    }

    fn error(mut self, message: &str) -> Self {
        self.status().application_state.as_mut().unwrap().error_message = Some(message.to_owned());
        self
    }

    fn pod(mut self, pod: Pod) -> Self {
        self.pods.push(pod);
        self
    }

    fn pool(mut self, status: serde_json::Value) -> Self {
        let pool = json!({"apiVersion": "hearth.dev/v1alpha1", "kind": "ExecutorPool", "metadata": {"name": "pi"},
            "spec": {"application": "pi", "replicas": 2}, "status": status});
        self.pool = Some(serde_json::from_value(pool).unwrap());
        self
    }

    fn event(mut self, kind: &str, object: &str, reason: &str, message: &str) -> Self {
        let event = json!({"metadata": {}, "involvedObject": {"kind": kind, "name": object}, "type": "Warning",
            "reason": reason, "message": message, "lastTimestamp": "2026-01-01T00:09:00Z"});
        self.events.push(serde_json::from_value(event).unwrap());
        self
    }

    fn facts(&self) -> Facts<'_> {
        Facts {
            application: &self.application,
            pods: &self.pods,
            pool: self.pool.as_ref(),
            events: &self.events,
            quotas: &self.quotas,
            now: testing::now(),
        }
    }

    fn says(&self, expected: Expect) {
        expected.assert_eq(&answer(&self.facts()).text());
    }
}

fn running() -> Scene {
    Scene::new("RUNNING").pod(testing::pod("pi-driver", "driver", "Running"))
}

#[test]
fn an_application_that_nobody_looks_at_waits_for_the_operator() {
    Scene::new("").says(expect![[r#"
        pi (NEW): no operator has looked at it since 10m: none runs, or none watches the namespace default
        What to do, in namespace default: see whether it runs: kubectl get pods -A -l app.kubernetes.io/name=hearth; and whether the chart's value spark.jobNamespaces has default
    "#]]);
}

#[test]
fn an_application_that_was_made_again_waits_for_what_the_last_one_left() {
    let mut pod = testing::pod("pi-driver", "driver", "Running");
    pod.metadata.deletion_timestamp = Some(Time(testing::now()));
    Scene::new("").pod(pod).says(expect![[r#"
        pi (NEW): an application of this name was deleted, and this one begins once what that one left is gone; its pods are given time to end: pi-driver
    "#]]);
    let said = "waiting until services pi-ui-svc of an earlier application or submission is gone";
    Scene::new("").event("SparkApplication", "pi", "SparkApplicationWaiting", said).says(expect![[r#"
        pi (NEW): an application of this name was deleted, and this one begins once what that one left is gone; waiting until services pi-ui-svc of an earlier application or submission is gone
        What to do, in namespace default: see who holds it back: its metadata.finalizers
    "#]]);
    let mut earlier = Scene::new("").event("SparkApplication", "pi", "SparkApplicationWaiting", said);
    earlier.events[0].involved_object.uid = Some("earlier".to_owned());
    assert!(matches!(find(&earlier.facts()), (Reason::Operator, _, _)));
}

#[test]
fn a_suspended_application_waits_for_its_queue_or_for_somebody() {
    let mut scene = Scene::new("SUSPENDED");
    scene.says(expect![[r#"
        pi (SUSPENDED): it is suspended: spec.suspend is true, and no queue is named that would change it
        What to do, in namespace default: to let it go: kubectl patch sparkapp pi --type merge -p '{"spec":{"suspend":false}}'
    "#]]);
    scene.application.metadata.labels = Some([(QUEUE_LABEL.to_owned(), "research".to_owned())].into());
    scene.says(expect![[r#"
        pi (SUSPENDED): it is suspended until Kueue has room for it in the queue research
        What to do, in namespace default: see what the queue holds: kubectl get workloads; kubectl describe localqueue research
    "#]]);
}

#[test]
fn a_driver_that_no_node_fits_says_what_it_lacks() {
    let said = "0/2 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint {gpu: true}.";
    Scene::new("SUBMITTED").pod(testing::pending_pod("pi-driver", "driver", said)).says(expect![[r#"
        pi (SUBMITTED): the driver (pi-driver) waits: no node fits it: 0/2 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint {gpu: true}
        What to do, in namespace default: ask for less in spec.driver.memory or spec.driver.memoryOverhead; or add spec.driver.tolerations for the taints; or add nodes, or end what takes the room: hearth list -A
    "#]]);
}

#[test]
fn a_driver_whose_volume_is_missing_says_so() {
    let mut pod = testing::pod("pi-driver", "driver", "Pending");
    let placed = json!({"type": "PodScheduled", "status": "True"});
    pod.status.as_mut().unwrap().conditions = Some(vec![serde_json::from_value(placed).unwrap()]);
    Scene::new("SUBMITTED")
        .pod(pod)
        .event("Pod", "pi-driver", "FailedMount", "MountVolume.SetUp failed: secret \"keys\" not found")
        .says(expect![[r#"
            pi (SUBMITTED): the driver (pi-driver) waits: its node prepares it, and has trouble: FailedMount: MountVolume.SetUp failed: secret "keys" not found
            What to do, in namespace default: see that the volumes, secrets and config maps of spec.driver exist
        "#]]);
}

#[test]
fn a_full_quota_is_named_with_what_is_used() {
    let said = "pods \"pi-driver\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2";
    let mut scene = Scene::new("SUBMISSION_FAILED").error(said);
    let quota =
        json!({"metadata": {"name": "small"}, "status": {"hard": {"pods": "2"}, "used": {"pods": "2"}}});
    scene.quotas.push(serde_json::from_value(quota).unwrap());
    scene.says(expect![[r#"
        pi (SUBMISSION_FAILED): the quota small of the namespace has no room for another pod: requested: pods=1, used: pods=2, limited: pods=2 (now: pods 2 of 2)
        What to do, in namespace default: end what takes the room: hearth list; or ask for less in spec.driver and spec.executor; or have the quota raised: kubectl describe resourcequota small
    "#]]);
}

#[test]
fn a_retry_says_when() {
    let mut scene = Scene::new("FAILING").error("driver container failed with ExitCode: 3");
    let policy = json!({"type": "OnFailure", "onFailureRetries": 3, "onFailureRetryInterval": 30});
    scene.application.spec.restart_policy = serde_json::from_value(policy).unwrap();
    let status = scene.status();
    status.submission_attempts = Some(2);
    status.last_submission_attempt_time = serde_json::from_value(json!("2026-01-01T00:09:30Z")).unwrap();
    scene.says(expect![[r#"
        pi (FAILING): attempt 2 failed: driver container failed with ExitCode: 3. It is tried again in 30.0 s, if spec.restartPolicy allows it
        What to do, in namespace default: see hearth status pi for the attempts and hearth logs pi for the log
    "#]]);
}

#[test]
fn an_application_with_all_its_executors_waits_for_nothing() {
    running()
        .pod(testing::pod("pi-1-exec-1", "executor", "Running"))
        .pod(testing::pod("pi-1-exec-2", "executor", "Running"))
        .says(expect![[r#"
            pi (RUNNING): it waits for nothing: the driver runs, and 2 executors, all that it is to have
            What to do, in namespace default: to see what it does: hearth logs -f pi
        "#]]);
}

#[test]
fn missing_executors_say_why_they_are_missing() {
    running()
        .pod(testing::pod("pi-1-exec-1", "executor", "Pending"))
        .pod(testing::pending_pod("pi-1-exec-2", "executor", "2 Insufficient cpu."))
        .says(expect![[r#"
            pi (RUNNING): 0 of 2 executors run, so it works more slowly or not at all: an executor (pi-1-exec-2) waits: no node fits it: 2 Insufficient cpu
            What to do, in namespace default: ask for less in spec.executor.cores or spec.executor.coreRequest; or add nodes, or end what takes the room: hearth list -A
        "#]]);
    let failure = json!({"executor": 3, "podName": "pi-1-exec-3", "time": "2026-01-01T00:09:00Z", "cause": "ExitCode",
        "message": "the executor ended with exit code 1"});
    let pool = json!({"failedStarts": 3, "retryTime": "2026-01-01T00:10:40Z", "failures": [failure]});
    running().pool(pool).says(expect![[r#"
        pi (RUNNING): 0 of 2 executors run, so it works more slowly or not at all: 3 executors in a row failed before they were ready, so the next is made in 40s; the latest: the executor ended with exit code 1
        What to do, in namespace default: see hearth status pi for their causes
    "#]]);
    let said = "pods \"pi-1-exec-1\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2";
    running().event("ExecutorPool", "pi", "FailedCreate", said).says(expect![[r#"
        pi (RUNNING): 0 of 2 executors run, so it works more slowly or not at all: the quota small of the namespace has no room for another pod: requested: pods=1, used: pods=2, limited: pods=2
        What to do, in namespace default: end what takes the room: hearth list; or ask for less in spec.driver and spec.executor; or have the quota raised: kubectl describe resourcequota small
    "#]]);
}

#[test]
fn a_pod_that_does_not_go_is_named() {
    let mut pod = testing::pod("pi-driver", "driver", "Running");
    pod.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
    Scene::new("PENDING_RERUN").pod(pod).says(expect![[r#"
        pi (PENDING_RERUN): it is about to be submitted again, but the pod pi-driver does not go: its node may be gone, or a finalizer holds it
        What to do, in namespace default: see kubectl describe pod pi-driver; if its node is gone for good: kubectl delete pod pi-driver --force
    "#]]);
}

#[test]
fn an_end_is_no_wait() {
    Scene::new("COMPLETED").says(expect![[r#"
        pi (COMPLETED): it ended well and waits for nothing
        What to do, in namespace default: to run it again: hearth rerun pi
    "#]]);
    Scene::new("FAILED").error("the driver used more memory than 896Mi").says(expect![[r#"
        pi (FAILED): it failed and waits for nothing: the driver used more memory than 896Mi
        What to do, in namespace default: see hearth status pi and hearth logs pi; to run it again: hearth rerun pi
    "#]]);
}

#[test]
fn every_state_has_an_answer() {
    for state in ApplicationStateType::ALL {
        let name = serde_json::to_value(state).unwrap();
        let scene = Scene::new(name.as_str().unwrap());
        let facts = Facts {
            application: &scene.application,
            pods: &[],
            pool: None,
            events: &[],
            quotas: &[],
            now: testing::now(),
        };
        assert!(answer(&facts).text().starts_with("pi ("), "{state:?}");
    }
}

#[test]
fn who_may_not_see_pods_is_answered_where_none_matter() {
    for (state, depends) in
        [("", true), ("SUBMITTED", true), ("RUNNING", true), ("SUSPENDED", false), ("COMPLETED", false)]
    {
        assert_eq!(depends_on_pods(&Scene::new(state).application), depends, "{state}");
    }
}
