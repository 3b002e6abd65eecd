//! Executors that the API server refuses to make: told, tried again, and nothing else waits for them.

use super::*;

const POOL: &str = "/apis/hearth.dev/v1alpha1/namespaces/ns/executorpools/pi";

/// As the API server says it.
const NOBODY: &str = "pods \"pi-1-exec-3\" is forbidden: error looking up service account ns/nobody: serviceaccount \"nobody\" not found";

/// An application that runs, and where its events go.
async fn running(api: &FakeApi, events: &FakeApi) -> Context {
    api.put(APPLICATION, application());
    let ctx = operator_with_events(api, events);
    settle(&ctx).await.unwrap();
    for name in ["pi-driver", "pi-1-exec-1", "pi-1-exec-2"] {
        tell(api, &ctx, name, "Running", &json!({ "running": { "startedAt": ago(100) } }));
    }
    settle(&ctx).await.unwrap();
    ctx
}

fn fail_executor(api: &FakeApi, ctx: &Context) {
    let failed = json!({ "terminated": { "exitCode": 1, "finishedAt": ago(1), "startedAt": ago(100) } });
    tell(api, ctx, "pi-1-exec-1", "Failed", &failed);
}

/// The condition that says why no executor can be made.
fn blocked(api: &FakeApi) -> Value {
    let status = api.get(POOL).unwrap()["status"].clone();
    let is_it = |condition: &&Value| condition["type"] == "Blocked" && condition["status"] == "True";
    status["conditions"].as_array().unwrap().iter().find(is_it).unwrap().clone()
}

/// Waits for an event that says this.
async fn told(events: &FakeApi, what: &str) {
    let says = |event: &Value| event["note"].as_str().is_some_and(|note| note.contains(what));
    while !events.all("events").iter().any(says) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn executors_whose_account_does_not_come_are_told_as_refused() {
    let (api, events) = (FakeApi::default(), FakeApi::default());
    let ctx = running(&api, &events).await;
    api.refuse("pods", 403, NOBODY);
    fail_executor(&api, &ctx);
    // In a new namespace it may come in a moment.
    let error = settle(&ctx).await.unwrap_err();
    assert!(error.is_missing_account() && error.is_expected(), "{error}");
    // What was written before is told all the same.
    told(&events, "Executor pi-1-exec-1 failed").await;
    assert_eq!(
        api.get("/api/v1/namespaces/ns/pods/pi-driver").unwrap()["metadata"]["annotations"]["hearth.dev/executors"]
            .as_str()
            .map(|told| told.contains("\"executor\":1")),
        Some(true)
    );

    let mut old = api.get(POOL).unwrap();
    old["metadata"]["creationTimestamp"] = ago(100).into();
    api.put(POOL, old);
    ctx.cache.wrote_pool(serde_json::from_value::<Watched<ExecutorPool>>(api.get(POOL).unwrap()).unwrap());
    settle(&ctx).await.unwrap();
    assert_eq!(blocked(&api)["reason"], "Submission");
    told(&events, "executors cannot be made: create pod pi-1-exec-").await;
}

#[tokio::test]
async fn a_wrong_edit_makes_no_executors_until_it_is_corrected() {
    let (api, events) = (FakeApi::default(), FakeApi::default());
    let ctx = running(&api, &events).await;
    let edit = |generation: i64, image: &str, memory: &str| {
        let mut edited = api.get(APPLICATION).unwrap();
        (edited["spec"]["image"], edited["spec"]["executor"]["memory"]) = (image.into(), memory.into());
        edited["metadata"]["generation"] = generation.into();
        api.put(APPLICATION, edited);
        let watched = serde_json::from_value::<Watched<SparkApplication>>(api.get(APPLICATION).unwrap());
        ctx.cache.wrote_application(watched.unwrap(), &ctx.metrics.applications);
    };
    edit(2, "hearth:2", "lots");
    fail_executor(&api, &ctx);
    settle(&ctx).await.unwrap();
    assert_eq!(names(&api, &["pods"]), ["pods/pi-1-exec-2", "pods/pi-driver"]);
    assert_eq!(blocked(&api)["reason"], "InvalidSpec");
    told(
        &events,
        "executors cannot be made: the spec was edited, and cannot be run as it is: spec.executor.memory",
    )
    .await;
    edit(3, "hearth:0.1.0", "1g");
    settle(&ctx).await.unwrap();
    assert_eq!(names(&api, &["pods"]), ["pods/pi-1-exec-2", "pods/pi-1-exec-3", "pods/pi-driver"]);
}
