//! A cache that does not show the operator's own last write, as the answer was lost and the watch is late: no driver is made or
//! deleted that should not be, and no count is lost.

use super::*;

const PODS: &str = "/api/v1/namespaces/ns/pods";
const DRIVER: &str = "/api/v1/namespaces/ns/pods/pi-driver";

/// The watches tell everything at last.
fn tell_all(api: &FakeApi, ctx: &Context) {
    for application in api.all("sparkapplications") {
        let watched: Watched<SparkApplication> = serde_json::from_value(application).unwrap();
        ctx.cache.wrote_application(watched, &ctx.metrics.applications);
    }
    let key = Key::new("ns", "pi");
    let pools = api.all("executorpools");
    if let Some(pool) = ctx.cache.get(&key).pool
        && pools.iter().all(|there| there["metadata"]["uid"] != *pool.uid)
    {
        ctx.cache.pool_is_gone(&key, &pool.uid);
    }
    for pool in pools {
        ctx.cache.wrote_pool(serde_json::from_value::<Watched<ExecutorPool>>(pool).unwrap());
    }
    let pods = api.all("pods");
    for pod in ctx.cache.get(&key).pods {
        if pods.iter().all(|there| there["metadata"]["uid"] != *pod.uid()) {
            ctx.cache.pod_is_gone(&key, pod.uid());
        }
    }
    for pod in pods {
        ctx.cache.wrote_pod(serde_json::from_value::<PodView>(pod).unwrap());
    }
}

/// Works until nothing is left to do. After each failure `look` says what is to be seen while the cache is behind.
async fn settle_late(api: &FakeApi, ctx: &Context, look: &mut impl AsyncFnMut()) {
    for _ in 0..40 {
        match reconcile(ctx, &Key::new("ns", "pi")).await {
            Ok(Outcome::Again) => {}
            Ok(_) => {
                let known = ctx.cache.get(&Key::new("ns", "pi")).pods.len();
                tell_all(api, ctx);
                if known == ctx.cache.get(&Key::new("ns", "pi")).pods.len() {
                    return;
                }
            }
            Err(_) => {
                look().await;
                tell_all(api, ctx);
            }
        }
    }
    panic!("it never comes to rest");
}

/// Runs an application whose first executor fails, whose driver fails then, and that is run once more.
async fn retried(api: &FakeApi, ctx: &Context, mut look: impl AsyncFnMut()) {
    settle_late(api, ctx, &mut look).await;
    let running = json!({ "running": { "startedAt": ago(100) } });
    let failed = json!({ "terminated": { "exitCode": 1, "finishedAt": ago(1), "startedAt": ago(100) } });
    for name in ["pi-driver", "pi-1-exec-1", "pi-1-exec-2"] {
        tell(api, ctx, name, "Running", &running);
    }
    settle_late(api, ctx, &mut look).await;
    tell(api, ctx, "pi-1-exec-1", "Failed", &failed);
    settle_late(api, ctx, &mut look).await;
    // One that another was made for, as the answer to its making was lost, or that other one, has gone again.
    assert_eq!(names(api, &["pods"]).len(), 3);
    // The submission was a while ago.
    let mut old = api.get(APPLICATION).unwrap();
    old["status"]["lastSubmissionAttemptTime"] = ago(100).into();
    api.put(APPLICATION, old);
    tell_all(api, ctx);
    tell(api, ctx, "pi-driver", "Failed", &failed);
    settle_late(api, ctx, &mut look).await;
}

fn retrying() -> FakeApi {
    let api = FakeApi::default();
    let mut application = application();
    application["spec"]["restartPolicy"] =
        json!({ "type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 1 });
    api.put(APPLICATION, application);
    api
}

/// One driver and two executors of the second run, one retry counted, and one driver made for each run.
fn check(api: &FakeApi, case: &str) {
    let status = api.get(APPLICATION).unwrap()["status"].clone();
    assert_eq!(status["applicationState"]["state"], "SUBMITTED", "{case}");
    assert_eq!(
        (&status["executionAttempts"], &status["submissionAttempts"]),
        (&2.into(), &2.into()),
        "{case}"
    );
    assert_eq!(status["attempts"].as_array().unwrap().len(), 1, "{case}: {}", status["attempts"]);
    assert_eq!(names(api, &["pods"]), ["pods/pi-2-exec-1", "pods/pi-2-exec-2", "pods/pi-driver"], "{case}");
    let made = ["pi-driver", "pi-2-exec-"].map(|name| api.made(&format!("{PODS}/{name}")));
    assert_eq!(made, [2, 2], "{case}");
}

#[tokio::test]
async fn a_status_whose_answer_was_lost_is_not_written_over_and_nothing_is_done_anew() {
    for (status, writes) in [("sparkapplications/status", 4), ("executorpools/status", 1)] {
        for write in 0..writes {
            let api = retrying();
            let ctx = operator(&api);
            api.lose_answer_to(&format!("PUT {status}"), write);
            let mut looks = 0;
            let look = async || {
                looks += 1;
                let all = || [api.all("sparkapplications"), api.all("executorpools"), api.all("pods")];
                let before = all();
                let error = reconcile(&ctx, &Key::new("ns", "pi")).await.unwrap_err();
                assert!(error.is_conflict() && error.is_expected(), "{error}");
                assert_eq!(all(), before);
            };
            retried(&api, &ctx, look).await;
            check(&api, &format!("write {write} of {status}"));
            assert_eq!(looks, 1);
        }
    }
}

#[tokio::test]
async fn any_answer_may_be_lost_and_no_driver_is_made_twice() {
    for lost in 1.. {
        let api = retrying();
        let ctx = operator(&api);
        api.break_after(lost, true);
        let mut looks = 0;
        let look = async || {
            looks += 1;
            api.mend();
            // The line works again before the watches tell what the lost answer would have told.
            drop(reconcile(&ctx, &Key::new("ns", "pi")).await);
        };
        retried(&api, &ctx, look).await;
        check(&api, &format!("answer {lost}"));
        if looks == 0 {
            assert!(lost > 20, "{lost} requests");
            break;
        }
    }
}

#[tokio::test]
async fn a_driver_that_the_cache_does_not_show_yet_outlives_the_deletion_of_the_one_that_it_shows() {
    let api = retrying();
    let ctx = operator(&api);
    settle(&ctx).await.unwrap();
    let mut next = api.get(DRIVER).unwrap();
    next["metadata"]["uid"] = "another".into();
    api.put(DRIVER, next);
    let mut suspended = api.get(APPLICATION).unwrap();
    suspended["spec"]["suspend"] = true.into();
    api.put(APPLICATION, suspended);
    let application: Watched<SparkApplication> =
        serde_json::from_value(api.get(APPLICATION).unwrap()).unwrap();
    ctx.cache.wrote_application(application, &ctx.metrics.applications);
    api.take_log();
    settle(&ctx).await.unwrap();
    let log = api.take_log();
    assert!(log.contains(&"DELETE pods".to_owned()), "{log:?}");
    assert_eq!(api.get(DRIVER).unwrap()["metadata"]["uid"], "another");
    assert!(ctx.cache.get(&Key::new("ns", "pi")).pods.iter().all(|pod| pod.name() != "pi-driver"));
}
