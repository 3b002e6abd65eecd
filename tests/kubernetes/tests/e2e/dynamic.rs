//! Dynamic allocation: executors that come and go with the work, within bounds that can be edited.

use std::time::Instant;

use anyhow::ensure;
use hearth_cluster_tests::{Scene, in_namespace, limits, until_one};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};

use crate::faults::{ends_well_after, start};

/// In one of them all executors are there at the same time, though a pod may come late.
const ROUNDS: u32 = 3;

#[test]
fn executors_grow_from_none_to_eight_with_the_work_and_shrink_to_none_and_the_sums_are_right() {
    in_namespace("dynamic", async |scene| {
        let manifest = scene.example("dynamic")?.with("/spec/arguments", json!([ROUNDS.to_string()]));
        let app = scene.apply(&manifest).await?;
        let pools = scene.pools();
        let pool = until_one(&pools, "dynamic", "the pool", limits::STEP, |pool| Some(pool.clone())).await?;
        ensure!(pool.metadata.generation != Some(1) || replicas(&pool) == Some(0), "{}", pool.data);
        scene.running("dynamic", "executor", 8).await?;
        are(&scene, "dynamic", 0).await?;
        app.reaches_within("COMPLETED", limits::LONG_STEP).await?;
        ensure!(app.settled_states() == ["SUBMITTED", "RUNNING", "COMPLETED"], "{:?}", app.settled_states());
        let log = scene.log("dynamic-driver").await?;
        let sums: Vec<&str> = log.lines().filter(|line| line.contains("sum of squares")).collect();
        let expected = (1..=ROUNDS).flat_map(|round| {
            let sums = [(1, 0), (8, 140), (40, 20_540), (8, 140), (1, 0)];
            sums.map(|(tasks, sum)| format!("round {round}: {tasks} tasks, sum of squares {sum}"))
        });
        ensure!(sums == expected.collect::<Vec<_>>(), "{log}");
        ensure!(log.contains(": 8 executors at most, "), "{log}");
        Ok(())
    });
}

#[test]
fn a_higher_bound_and_executors_that_somebody_took_away_are_made_good_while_the_work_goes_on() {
    in_namespace("bounds", async |scene| {
        let count = 120;
        let rounds = scene
            .program("rounds", "scenario", &["rounds", &count.to_string()])?
            .with("/spec/dynamicAllocation", json!({ "enabled": true, "minExecutors": 0, "maxExecutors": 1 }))
            .with("/spec/sparkConf/spark.dynamicAllocation.schedulerBacklogTimeout", json!("200ms"))
            .with("/spec/executor/terminationGracePeriodSeconds", json!(5));
        let app = start(&scene, &rounds.without("/spec/executor/instances")).await?;
        are(&scene, "rounds", 1).await?;
        let driver = driver(&scene, "rounds").await?;
        edit(&scene, "rounds", &json!({ "dynamicAllocation": { "maxExecutors": 3 } })).await?;
        are(&scene, "rounds", 3).await?;
        scene.running("rounds", "executor", 3).await?;
        scene.kubectl(&["scale", "executorpool/rounds", "--replicas=0"], "").await?.success()?;
        are(&scene, "rounds", 3).await?;
        ends_well_after(&scene, &app, count).await?;
        ensure!(app.settled_states() == ["SUBMITTED", "RUNNING", "COMPLETED"], "{:?}", app.settled_states());
        ensure!(self::driver(&scene, "rounds").await? == driver, "another driver");
        Ok(())
    });
}

#[test]
fn executors_of_a_minimum_that_is_raised_come_and_stay_though_they_are_idle() {
    in_namespace("minimum", async |scene| {
        let begun = Instant::now();
        // Two of them work for ever.
        let bounds = json!({ "enabled": true, "initialExecutors": 2, "minExecutors": 0, "maxExecutors": 4 });
        let endless = scene
            .program("endless", "scenario", &["wait", "/tmp"])?
            .with("/spec/dynamicAllocation", bounds)
            // More of them are made for the bounds alone.
            .with("/spec/sparkConf/spark.dynamicAllocation.schedulerBacklogTimeout", json!("1h"))
            .with("/spec/sparkConf/spark.dynamicAllocation.executorIdleTimeout", json!("2s"))
            .with("/spec/executor/terminationGracePeriodSeconds", json!(1));
        let app = scene.apply(&endless.without("/spec/executor/instances")).await?;
        scene.running("endless", "executor", 2).await?;
        edit(&scene, "endless", &json!({ "dynamicAllocation": { "minExecutors": 4 } })).await?;
        scene.running("endless", "executor", 4).await?;
        // The others have time to go until the application is ended.
        let run = begun.elapsed().as_secs() + 8;
        edit(&scene, "endless", &json!({ "timeouts": { "runSeconds": run } })).await?;
        app.reaches("FAILED").await?;
        ensure!(app.cause() == "DeadlineExceeded", "{}", app.status());
        let all = app.status().get("executorState").and_then(Value::as_object).map(serde_json::Map::len);
        ensure!(all == Some(4), "{}", app.status());
        Ok(())
    });
}

fn replicas(pool: &DynamicObject) -> Option<i64> {
    pool.data.pointer("/spec/replicas").and_then(Value::as_i64)
}

/// Waits until so many executors are wanted.
async fn are(scene: &Scene, application: &str, count: i64) -> anyhow::Result<()> {
    let what = format!("{count} executors to be wanted");
    until_one(&scene.pools(), application, &what, limits::STEP, |pool| {
        (replicas(pool) == Some(count)).then_some(())
    })
    .await
}

/// The identity of the driver's pod.
async fn driver(scene: &Scene, application: &str) -> anyhow::Result<Option<String>> {
    Ok(scene.api::<Pod>().get(&format!("{application}-driver")).await?.metadata.uid)
}

pub(crate) async fn edit(scene: &Scene, application: &str, spec: &Value) -> anyhow::Result<()> {
    let patch = Patch::Merge(json!({ "spec": spec }));
    scene.applications().patch(application, &PatchParams::default(), &patch).await?;
    Ok(())
}
