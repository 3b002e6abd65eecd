//! Lives of applications against an API server in memory: what is asked of it, and that nothing is done twice.

use std::sync::Arc;

use hearth_crd::{ExecutorPool, SparkApplication};
use serde_json::{Value, json};

use super::*;
use crate::cache::{Cache, Watched};
use crate::events::Events;
use crate::metrics::Metrics;
use crate::pod_view::PodView;
use crate::settings::{MetricsSettings, Settings};
use crate::testing::FakeApi;

mod ending;
mod gap;
mod late_news;
mod made_again;
mod refused;
mod upgraded;

const APPLICATION: &str = "/apis/sparkoperator.k8s.io/v1beta2/namespaces/ns/sparkapplications/pi";

fn application() -> Value {
    json!({
        "apiVersion": "sparkoperator.k8s.io/v1beta2", "kind": "SparkApplication",
        "metadata": {
            "name": "pi", "namespace": "ns", "uid": "uid-of-pi", "generation": 1,
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {
            "type": "Rust", "sparkVersion": "4.3.0", "image": "hearth:0.1.0",
            "mainApplicationFile": "local:///opt/hearth/pi",
            "driver": { "cores": 1, "memory": "512m" },
            "executor": { "instances": 2, "cores": 1, "memory": "1g" },
        },
    })
}

/// An operator that has just been started: its cache is what the API server has.
fn operator(api: &FakeApi) -> Context {
    // Events are asked for elsewhere, so that they are not among the requests that are counted.
    operator_with_events(api, &FakeApi::default())
}

/// The same, whose events go to `events`.
fn operator_with_events(api: &FakeApi, events: &FakeApi) -> Context {
    let metrics = Arc::new(Metrics::new(&MetricsSettings::default()).unwrap());
    let ctx = Context {
        client: api.client(),
        cache: Arc::new(Cache::default()),
        settings: Arc::new(Settings::default()),
        metrics: metrics.clone(),
        events: Events::start(events.client(), metrics, "test"),
        surplus: Arc::default(),
        mounts: Arc::default(),
    };
    for application in api.all("sparkapplications") {
        let watched: Watched<SparkApplication> = serde_json::from_value(application).unwrap();
        ctx.cache.wrote_application(watched, &ctx.metrics.applications);
    }
    for pool in api.all("executorpools") {
        ctx.cache.wrote_pool(serde_json::from_value::<Watched<ExecutorPool>>(pool).unwrap());
    }
    for pod in api.all("pods") {
        ctx.cache.wrote_pod(serde_json::from_value::<PodView>(pod).unwrap());
    }
    ctx
}

/// Looks until nothing is left to do, or something fails.
async fn settle(ctx: &Context) -> Result<Outcome> {
    for _ in 0..20 {
        let outcome = reconcile(ctx, &Key::new("ns", "pi")).await?;
        if outcome != Outcome::Again {
            return Ok(outcome);
        }
    }
    panic!("it never comes to rest");
}

fn state(api: &FakeApi) -> Value {
    api.get(APPLICATION).unwrap()["status"]["applicationState"]["state"].clone()
}

#[tokio::test]
async fn a_submission_takes_five_requests_beside_its_pods() {
    let api = FakeApi::default();
    api.put(APPLICATION, application());
    let ctx = operator(&api);
    settle(&ctx).await.unwrap();
    assert_eq!(state(&api), "SUBMITTED");
    let mut log = api.take_log();
    log.sort();
    assert_eq!(
        log,
        [
            "POST executorpools",
            "POST networkpolicies",
            "POST pods",
            "POST pods",
            "POST pods",
            "POST secrets",
            "POST services",
            "PUT sparkapplications/status",
        ]
    );
    // Nothing more as long as nothing happens.
    settle(&ctx).await.unwrap();
    assert_eq!(api.take_log(), Vec::<String>::new());
}

/// What the nodes say of a pod that was made a while ago.
fn tell(api: &FakeApi, ctx: &Context, name: &str, phase: &str, state: &Value) {
    let path = format!("/api/v1/namespaces/ns/pods/{name}");
    let mut pod = api.get(&path).unwrap();
    pod["metadata"]["creationTimestamp"] = ago(100).into();
    pod["status"] = json!({
        "phase": phase, "conditions": [{ "type": "Ready", "status": "True" }],
        "containerStatuses": [{ "name": pod["spec"]["containers"][0]["name"], "state": state }],
    });
    api.put(&path, pod);
    ctx.cache.wrote_pod(serde_json::from_value::<PodView>(api.get(&path).unwrap()).unwrap());
}

fn ago(seconds: i64) -> String {
    Timestamp::from_second(Timestamp::now().as_second() - seconds).unwrap().to_string()
}

/// An application that goes through every state, each seen and written, and whose executors run only after the driver.
/// Answers with all requests beside those that make its pods.
async fn requests_of_a_life(is_long: bool) -> Vec<String> {
    let api = FakeApi::default();
    api.put(APPLICATION, application());
    let ctx = operator_with_events(&api, &api);
    settle(&ctx).await.unwrap();
    let running = json!({ "running": { "startedAt": ago(100) } });
    tell(&api, &ctx, "pi-driver", "Running", &running);
    settle(&ctx).await.unwrap();
    assert_eq!(state(&api), "RUNNING");
    tell(&api, &ctx, "pi-1-exec-1", "Running", &running);
    tell(&api, &ctx, "pi-1-exec-2", "Running", &running);
    if is_long {
        let path = "/apis/hearth.dev/v1alpha1/namespaces/ns/executorpools/pi";
        let mut pool = api.get(path).unwrap();
        pool["metadata"]["creationTimestamp"] = ago(100).into();
        api.put(path, pool);
        let pool = api.get(path).unwrap();
        ctx.cache.wrote_pool(serde_json::from_value::<Watched<ExecutorPool>>(pool).unwrap());
    }
    settle(&ctx).await.unwrap();
    assert_eq!(api.get(APPLICATION).unwrap()["status"]["executorState"]["pi-1-exec-2"], "RUNNING");
    let ended = json!({ "terminated": { "exitCode": 0, "finishedAt": ago(1) } });
    tell(&api, &ctx, "pi-driver", "Succeeded", &ended);
    settle(&ctx).await.unwrap();
    assert_eq!(state(&api), "COMPLETED");
    for pod in ctx.cache.get(&Key::new("ns", "pi")).pods.iter().filter(|pod| pod.name() != "pi-driver") {
        ctx.cache.pod_is_gone(&Key::new("ns", "pi"), pod.uid());
    }
    settle(&ctx).await.unwrap();
    let names: Vec<Value> = api.all("pods").into_iter().map(|pod| pod["metadata"]["name"].clone()).collect();
    assert_eq!(names, ["pi-driver"]);
    while api.all("events").len() < 2 {
        tokio::task::yield_now().await;
    }
    let mut log = api.take_log();
    log.retain(|request| request != "POST pods");
    log.sort();
    log
}

#[tokio::test]
async fn an_application_costs_twelve_requests_beside_its_pods_with_every_state_seen() {
    let short = requests_of_a_life(false).await;
    assert_eq!(
        short,
        [
            "DELETE executorpools",
            "DELETE pods",
            // That the driver runs, and that it completed.
            "POST events",
            "POST events",
            "POST executorpools",
            "POST networkpolicies",
            "POST secrets",
            "POST services",
            // SUBMITTED, RUNNING, the executors run, COMPLETED.
            "PUT sparkapplications/status",
            "PUT sparkapplications/status",
            "PUT sparkapplications/status",
            "PUT sparkapplications/status",
        ]
    );
    // One that runs for more than ten seconds has the counts of its pool written.
    let mut long = requests_of_a_life(true).await;
    long.retain(|request| request != "PUT executorpools/status");
    assert_eq!(long, short);
}

#[tokio::test]
async fn an_operator_that_is_killed_at_any_request_leaves_one_driver_and_two_executors() {
    for last_is_obeyed in [false, true] {
        for requests in 1..=12 {
            let api = FakeApi::default();
            api.put(APPLICATION, application());
            api.break_after(requests, last_is_obeyed);
            drop(settle(&operator(&api)).await);
            api.mend();
            // Its successor knows only what the API server has.
            settle(&operator(&api)).await.unwrap();
            let case = format!("{requests} requests, obeyed: {last_is_obeyed}");
            assert_eq!(state(&api), "SUBMITTED", "{case}");
            let names: Vec<Value> =
                api.all("pods").into_iter().map(|pod| pod["metadata"]["name"].clone()).collect();
            assert_eq!(names, ["pi-1-exec-1", "pi-1-exec-2", "pi-driver"], "{case}");
            assert_eq!(api.get(APPLICATION).unwrap()["status"]["submissionAttempts"], 1, "{case}");
        }
    }
}

#[tokio::test]
async fn a_refused_driver_is_a_failed_submission_with_the_words_of_the_api_server() {
    let api = FakeApi::default();
    api.put(APPLICATION, application());
    api.refuse("pods", 403, "pods \"pi-driver\" is forbidden: exceeded quota: small");
    settle(&operator(&api)).await.unwrap();
    let status = api.get(APPLICATION).unwrap()["status"].clone();
    let error = status["applicationState"]["errorMessage"].as_str().unwrap();
    assert_eq!(status["applicationState"]["state"], "FAILED");
    assert!(
        error.contains("exceeded quota: small") && error.contains("failed to run spark-submit"),
        "{error}"
    );
}

#[tokio::test]
async fn a_broken_api_server_is_no_failed_submission() {
    let api = FakeApi::default();
    api.put(APPLICATION, application());
    api.refuse("pods", 500, "etcd is slow today");
    assert!(settle(&operator(&api)).await.is_err());
    assert_eq!(state(&api), Value::Null);
}

#[tokio::test]
async fn a_status_that_somebody_else_wrote_meanwhile_is_not_overwritten() {
    let api = FakeApi::default();
    api.put(APPLICATION, application());
    let ctx = operator(&api);
    let mut changed = api.get(APPLICATION).unwrap();
    changed["metadata"]["labels"] = json!({ "touched": "true" });
    api.put(APPLICATION, changed);
    let error = settle(&ctx).await.unwrap_err();
    assert!(error.is_conflict() && error.is_expected(), "{error}");
}

#[tokio::test]
async fn a_foreign_secret_in_the_way_is_left_alone() {
    let api = FakeApi::default();
    api.put(APPLICATION, application());
    let secret = "/api/v1/namespaces/ns/secrets/pi-hearth";
    api.put(secret, json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "pi-hearth", "namespace": "ns" } }));
    settle(&operator(&api)).await.unwrap();
    let error = api.get(APPLICATION).unwrap()["status"]["applicationState"]["errorMessage"].clone();
    assert!(error.as_str().unwrap().contains("pi-hearth already exists, and does not belong"), "{error}");
    assert_eq!(api.get(secret).unwrap()["data"], Value::Null);
}

#[tokio::test]
async fn a_spec_that_does_not_parse_concerns_nobody_else() {
    let api = FakeApi::default();
    let mut broken = application();
    broken["spec"]["driver"]["cores"] = json!(4_000_000_000_i64);
    api.put(APPLICATION, broken);
    settle(&operator(&api)).await.unwrap();
    let status = api.get(APPLICATION).unwrap()["status"].clone();
    let error = status["applicationState"]["errorMessage"].as_str().unwrap();
    assert!(error.contains("4000000000"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn what_a_pod_mounts_is_asked_for_once_its_node_is_slow() {
    let api = FakeApi::default();
    let mut mounting = application();
    mounting["spec"]["driver"]["secrets"] =
        json!([{ "name": "keys", "path": "/keys", "secretType": "Generic" }]);
    api.put(APPLICATION, mounting);
    let ctx = operator(&api);
    settle(&ctx).await.unwrap();
    let waiting = json!({ "waiting": { "reason": "ContainerCreating" } });
    let prepare = |since: i64| {
        let path = "/api/v1/namespaces/ns/pods/pi-driver";
        let mut pod = api.get(path).unwrap();
        pod["status"] = json!({
            "phase": "Pending", "startTime": ago(since),
            "containerStatuses": [{ "name": "spark-kubernetes-driver", "state": waiting }],
        });
        api.put(path, pod);
        ctx.cache.wrote_pod(serde_json::from_value::<PodView>(api.get(path).unwrap()).unwrap());
    };
    prepare(5);
    api.take_log();
    settle(&ctx).await.unwrap();
    assert_eq!(api.take_log(), Vec::<String>::new());
    prepare(20);
    settle(&ctx).await.unwrap();
    // What is there is asked for once, and what is not, no more than every few seconds.
    assert_eq!(api.take_log(), ["GET secrets", "GET secrets", "PUT sparkapplications/status"]);
    let progressing = || {
        let status = api.get(APPLICATION).unwrap()["status"].clone();
        let all = status["conditions"].as_array().unwrap().clone();
        all.iter().find(|condition| condition["type"] == "Progressing").unwrap()["message"].clone()
    };
    assert_eq!(
        progressing(),
        "the driver mounts secret \"keys\", not found in namespace \"ns\"; create it there, or correct the name in the manifest"
    );
    let keys =
        json!({ "apiVersion": "v1", "kind": "Secret", "metadata": { "name": "keys", "namespace": "ns" } });
    api.put("/api/v1/namespaces/ns/secrets/keys", keys);
    tokio::time::advance(Duration::from_secs(100)).await;
    prepare(119);
    settle(&ctx).await.unwrap();
    assert_eq!(api.take_log(), ["GET secrets", "PUT sparkapplications/status"]);
    assert_eq!(
        (state(&api), progressing()),
        ("SUBMITTED".into(), "the driver's pod is being started".into())
    );
    prepare(300);
    settle(&ctx).await.unwrap();
    assert_eq!(api.take_log(), Vec::<String>::new());
}

/// The names of everything there is of these kinds, as in `services/pi-ui-svc`.
fn names(api: &FakeApi, kinds: &[&str]) -> Vec<String> {
    let of = |kind: &&str| {
        let all = api.all(kind).into_iter();
        all.map(|object| format!("{kind}/{}", object["metadata"]["name"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    kinds.iter().flat_map(of).collect()
}

#[tokio::test]
async fn what_an_edited_spec_does_not_want_any_more_goes() {
    const KINDS: [&str; 9] = [
        "configmaps",
        "ingresses",
        "networkpolicies",
        "poddisruptionbudgets",
        "podgroups",
        "rolebindings",
        "roles",
        "serviceaccounts",
        "services",
    ];
    let api = FakeApi::default();
    let mut rich = application();
    rich["spec"]["driverPodDisruptionBudget"] = json!(true);
    rich["spec"]["dynamicAllocation"] = json!({ "enabled": true });
    rich["spec"]["batchScheduler"] = json!("volcano");
    rich["spec"]["driverIngressOptions"] =
        json!([{ "servicePort": 8080, "ingressURLFormat": "pi.example.com" }]);
    rich["spec"]["monitoring"] = json!({ "exposeDriverMetrics": true, "exposeExecutorMetrics": false,
        "metricsProperties": "x=y" });
    api.put(APPLICATION, rich);
    settle(&operator(&api)).await.unwrap();
    assert_eq!(
        names(&api, &KINDS),
        [
            "configmaps/pi-prom-conf",
            "ingresses/pi-ing-8080",
            "networkpolicies/pi-network",
            "poddisruptionbudgets/pi-driver-pdb",
            "podgroups/spark-pi-pg",
            "rolebindings/pi-driver",
            "roles/pi-driver",
            "serviceaccounts/pi-driver",
            "services/pi-driver-8080",
            "services/pi-ui-svc",
        ]
    );
    // Somebody else's, by the name of one of ours.
    let foreign = "/apis/scheduling.x-k8s.io/v1alpha1/namespaces/ns/podgroups/pi-pg";
    api.put(foreign, json!({ "metadata": { "name": "pi-pg", "namespace": "ns" } }));
    let mut plain = api.get(APPLICATION).unwrap();
    plain["spec"] = application()["spec"].clone();
    plain["metadata"]["generation"] = 2.into();
    api.put(APPLICATION, plain);
    for _ in 0..5 {
        settle(&operator(&api)).await.unwrap();
    }
    assert_eq!(state(&api), "SUBMITTED");
    assert_eq!(names(&api, &KINDS), ["networkpolicies/pi-network", "podgroups/pi-pg", "services/pi-ui-svc"]);
}
