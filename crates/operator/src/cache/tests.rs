//! Late news, deletions, lists that are read anew, and how much memory all of it takes.

use serde_json::json;

use super::*;
use crate::names::{EXECUTOR_ID_LABEL, LAUNCHED_BY_LABEL, ROLE_LABEL, SUBMISSION_ID_LABEL};
use crate::settings::MetricsSettings;

fn metrics() -> crate::metrics::Metrics {
    crate::metrics::Metrics::new(&MetricsSettings::default()).unwrap()
}

fn application(name: &str, version: u64) -> Watched<SparkApplication> {
    let managed = json!([{ "manager": "kubectl", "operation": "Apply", "fieldsV1": { "f:spec": {} } }]);
    serde_json::from_value(json!({
        "metadata": {
            "name": name, "namespace": "ns", "uid": format!("uid-of-{name}"), "resourceVersion": version.to_string(),
            "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z", "managedFields": managed,
            "annotations": { "kubectl.kubernetes.io/last-applied-configuration": "x".repeat(1000) },
        },
        "spec": {
            "type": "Rust", "sparkVersion": "4.3.0", "image": "hearth:0.1.0", "mainApplicationFile": "local:///opt/hearth/pi",
            "arguments": ["2", "100000"], "mode": "cluster", "imagePullPolicy": "IfNotPresent",
            "driver": { "cores": 1, "memory": "512m", "serviceAccount": "spark-operator-spark" },
            "executor": { "instances": 2, "cores": 1, "memory": "1g" },
        },
        "status": { "driverInfo": {}, "applicationState": { "state": "RUNNING" } },
    }))
    .unwrap()
}

fn pod(application: &str, name: &str, version: u64) -> PodView {
    let conditions = ["PodScheduled", "Ready", "ContainersReady", "Initialized"].map(
        |type_| json!({ "type": type_, "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z" }),
    );
    serde_json::from_value(json!({
        "metadata": {
            "name": name, "namespace": "ns", "uid": format!("uid-of-{name}"), "resourceVersion": version.to_string(),
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": {
                APP_NAME_LABEL: application, ROLE_LABEL: "executor", LAUNCHED_BY_LABEL: "true", EXECUTOR_ID_LABEL: "1",
                SUBMISSION_ID_LABEL: "4a1c9b4e-1111-2222-3333-444455556666", "spark-app-selector": "spark-0123456789",
            },
            "ownerReferences": [{
                "apiVersion": "hearth.dev/v1alpha1", "kind": "ExecutorPool", "name": application,
                "uid": "4a1c9b4e-1111-2222-3333-444455556666", "controller": true, "blockOwnerDeletion": true,
            }],
        },
        "spec": {
            "nodeName": "node-0",
            "containers": [{ "name": "spark-kubernetes-executor", "resources": { "limits": { "memory": "1408Mi" } } }],
        },
        "status": {
            "phase": "Running", "podIP": "10.0.0.1", "startTime": "2026-01-01T00:00:00Z",
            "conditions": conditions,
            "containerStatuses": [{
                "name": "spark-kubernetes-executor", "ready": true, "image": "hearth:0.1.0",
                "state": { "running": { "startedAt": "2026-01-01T00:00:00Z" } },
            }],
        },
    }))
    .unwrap()
}

#[test]
fn late_news_changes_nothing_and_wakes_nobody() {
    let (cache, metrics) = (Cache::default(), metrics());
    let key = Key::new("ns", "pi");
    cache.wrote_application(application("pi", 7), &metrics.applications);
    assert_eq!(cache.saw_application(application("pi", 7), &metrics.applications), None);
    assert_eq!(cache.saw_application(application("pi", 6), &metrics.applications), None);
    assert_eq!(cache.get(&key).application.unwrap().version, 7);
    assert_eq!(cache.saw_application(application("pi", 8), &metrics.applications), Some(key));
}

#[test]
fn the_answer_to_a_write_does_not_bring_back_what_was_deleted_meanwhile() {
    let cache = Cache::default();
    let key = Key::new("ns", "pi");
    cache.saw_pod(pod("pi", "pi-driver", 3));
    assert_eq!(cache.lost_pod(pod("pi", "pi-driver", 4)), Some(key.clone()));
    cache.wrote_pod(pod("pi", "pi-driver", 3));
    assert!(cache.get(&key).pods.is_empty());
}

#[test]
fn news_of_the_deletion_of_a_pod_leave_its_successor() {
    let cache = Cache::default();
    let mut next = pod("pi", "pi-driver", 9);
    next.metadata.uid = Some("another".into());
    cache.wrote_pod(next);
    assert_eq!(cache.lost_pod(pod("pi", "pi-driver", 4)), None);
    assert_eq!(cache.get(&Key::new("ns", "pi")).pods.len(), 1);
}

#[test]
fn a_list_that_is_read_anew_drops_what_it_does_not_name_but_for_what_was_just_written() {
    let cache = Cache::default();
    for name in ["a", "b"] {
        cache.saw_pod(pod("pi", name, 1));
    }
    let key = Key::new("ns", "pi");
    cache.begin_relist(0);
    cache.listed(0, &key, "uid-of-a");
    cache.wrote_pod(pod("pi", "c", 5));
    assert_eq!(cache.end_relist(0, Kind::Pods, Some("elsewhere")), Vec::new());
    cache.begin_relist(0);
    cache.listed(0, &key, "uid-of-a");
    cache.wrote_pod(pod("pi", "d", 6));
    cache.listed(0, &key, "uid-of-c");
    assert_eq!(cache.end_relist(0, Kind::Pods, None), vec![key.clone()]);
    let mut names: Vec<String> = cache.get(&key).pods.iter().map(|pod| pod.name().to_owned()).collect();
    names.sort();
    assert_eq!(names, ["a", "c", "d"]);
}

#[test]
fn pods_survive_being_packed() {
    let cache = Cache::default();
    let key = Key::new("ns", "pi");
    cache.saw_pod(pod("pi", "a", 1));
    let before = cache.get(&key).pods;
    for other in 0..300 {
        cache.saw_pod(pod(&format!("other-{other}"), &format!("p-{other}"), 1));
    }
    assert!(cache.inner.lock().entries[&key].pods.is_packed());
    assert_eq!(cache.get(&key).pods, before);
}

#[test]
fn an_application_with_three_pods_takes_less_than_two_kilobytes() {
    let (cache, metrics) = (Cache::default(), metrics());
    let key = Key::new("ns", "pi");
    cache.saw_application(application("pi", 1), &metrics.applications);
    for name in ["pi-driver", "pi-1-exec-1", "pi-1-exec-2"] {
        cache.saw_pod(pod("pi", name, 1));
    }
    let mut inner = cache.inner.lock();
    let entry = inner.entries.get_mut(&key).unwrap();
    entry.pods.pack();
    let application = entry.application.as_ref().unwrap().object.size();
    let pods = entry.pods.size();
    let all = size_of::<Entry>() + application + pods;
    assert!(all < 2_000, "{all} bytes: {application} for the application, {pods} for its pods");
}

#[test]
fn what_runs_is_counted_by_label() {
    let (cache, metrics) = (Cache::default(), metrics());
    cache.saw_application(application("pi", 1), &metrics.applications);
    cache.saw_pod(pod("pi", "pi-1-exec-1", 1));
    cache.count_running(&metrics.applications);
    let text = String::from_utf8(metrics.text().unwrap()).unwrap();
    assert!(text.contains(r#"spark_executor_running_count{app_type="Unknown"} 1"#), "{text}");
}

#[test]
fn a_driver_that_had_ended_when_it_was_deleted_is_remembered_until_the_next() {
    let cache = Cache::default();
    let key = Key::new("ns", "pi");
    cache.saw_application(application("pi", 1), &metrics().applications);
    let driver = |uid: &str, phase: &str, version| {
        let mut pod = serde_json::to_value(pod("pi", uid, version)).unwrap();
        pod["metadata"]["labels"][ROLE_LABEL] = json!("driver");
        pod["status"]["phase"] = json!(phase);
        serde_json::from_value::<PodView>(pod).unwrap()
    };
    let remembered = || cache.get(&key).ended_driver.map(|pod| pod.uid().to_owned());
    cache.saw_pod(driver("first", "Running", 2));
    assert_eq!(cache.lost_pod(driver("first", "Failed", 3)), Some(key.clone()));
    assert_eq!(remembered().as_deref(), Some("uid-of-first"));
    cache.saw_pod(driver("second", "Running", 4));
    assert_eq!(remembered(), None);
    cache.lost_pod(driver("second", "Running", 5));
    assert_eq!(remembered(), None, "it had not ended");
    cache.saw_pod(driver("third", "Succeeded", 6));
    cache.begin_relist(0);
    assert_eq!(
        cache.end_relist(0, Kind::Pods, None),
        std::slice::from_ref(&key),
        "it went while nobody watched"
    );
    assert_eq!(remembered().as_deref(), Some("uid-of-third"));
}
