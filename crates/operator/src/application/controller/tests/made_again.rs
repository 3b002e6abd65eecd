//! Applications that are deleted, and made again under their name while what the last one left is still going.

use super::*;

#[tokio::test]
async fn what_the_garbage_collector_takes_between_two_requests_is_no_failed_submission() {
    let api = FakeApi::default();
    api.put(APPLICATION, application());
    // It is there when a new one is made, and gone when somebody asks whose it is.
    api.refuse("secrets", 409, "secrets \"pi-hearth\" already exists");
    let error = settle(&operator(&api)).await.unwrap_err();
    assert!(error.is_expected(), "{error}");
    assert_eq!(state(&api), Value::Null);
}

#[tokio::test]
async fn an_application_that_was_edited_meanwhile_is_not_deleted_for_its_age() {
    let api = FakeApi::default();
    let mut old = application();
    old["spec"]["timeToLiveSeconds"] = json!(60);
    old["status"] = json!({
        "applicationState": { "state": "COMPLETED" }, "driverInfo": {}, "terminationTime": ago(100),
    });
    api.put(APPLICATION, old.clone());
    let ctx = operator(&api);
    let mut edited = api.get(APPLICATION).unwrap();
    edited["spec"]["timeToLiveSeconds"] = json!(6000);
    api.put(APPLICATION, edited);
    // No watch has told of it yet.
    settle(&ctx).await.unwrap();
    assert_eq!(api.get(APPLICATION).unwrap()["spec"]["timeToLiveSeconds"], 6000);
    api.put(APPLICATION, old);
    let deleted = settle(&operator(&api)).await;
    assert!(matches!(deleted, Ok(Outcome::After(_))) && api.get(APPLICATION).is_none(), "{deleted:?}");
}

/// Waits for an event that says this.
async fn told(events: &FakeApi, what: &str) {
    while events.all("events").iter().all(|event| event["note"] != what) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_service_that_a_finalizer_holds_is_told_of() {
    let (api, events) = (FakeApi::default(), FakeApi::default());
    api.put(APPLICATION, application());
    let owner = json!([{ "kind": "SparkApplication", "name": "pi", "uid": "predecessor" }]);
    let metadata = json!({ "name": "pi-ui-svc", "namespace": "ns", "ownerReferences": owner });
    api.put("/api/v1/namespaces/ns/services/pi-ui-svc", json!({ "metadata": metadata }));
    let error = settle(&operator_with_events(&api, &events)).await.unwrap_err();
    assert!(error.is_expected(), "{error}");
    told(&events, "waiting until services pi-ui-svc of an earlier application or submission is gone").await;
}

#[tokio::test]
async fn an_executor_of_a_node_that_is_gone_does_not_keep_its_name() {
    let api = FakeApi::default();
    let mut with_jvm = application();
    with_jvm["spec"]["mainClass"] = json!("Pi");
    api.put(APPLICATION, with_jvm);
    let events = FakeApi::default();
    let ctx = operator_with_events(&api, &events);
    let pod = |owner: &str| {
        json!({
            "metadata": {
                "name": "pi-1-exec-1", "namespace": "ns", "deletionTimestamp": ago(100),
                "ownerReferences": [{ "kind": owner, "name": "pi", "uid": "predecessor" }],
            },
            "status": { "phase": "Running", "conditions": [
                { "type": "ContainersReady", "status": "True" }, { "type": "Ready", "status": "False" },
            ] },
        })
    };
    let path = "/api/v1/namespaces/ns/pods/pi-1-exec-1";
    api.put(path, pod("StatefulSet"));
    assert!(settle(&ctx).await.unwrap_err().is_expected());
    assert!(api.get(path).is_some(), "it is somebody else's");
    // Said once, when the submission is written, whatever becomes of the executors.
    assert_eq!(state(&api), "SUBMITTED");
    told(&events, "spec.mainClass has no effect: there is no Java virtual machine").await;
    api.put(path, pod("ExecutorPool"));
    assert!(settle(&ctx).await.unwrap_err().is_expected());
    settle(&ctx).await.unwrap();
    assert!(api.get(path).unwrap()["metadata"]["deletionTimestamp"].is_null());
}
