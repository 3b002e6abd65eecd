//! Applications that are changed, that end by themselves, and that there are many of.

use anyhow::ensure;
use futures::future::try_join_all;
use hearth_cluster_tests::{Scene, alone, in_namespace, limits, until_one};
use kube::ResourceExt as _;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

#[test]
fn an_application_with_a_time_to_live_is_deleted_after_its_end() {
    in_namespace("ttl", async |scene| {
        let app = scene.apply(&scene.example("pi")?.with("/spec/timeToLiveSeconds", json!(1))).await?;
        app.reaches("COMPLETED").await?;
        app.is_deleted().await
    });
}

#[test]
fn an_edit_runs_a_completed_application_again_and_takes_away_what_it_does_not_want_any_more() {
    in_namespace("edited", async |scene| {
        let ingress = json!([{ "servicePort": 80, "ingressURLFormat": "{{$appName}}.example.com" }]);
        let manifest = scene
            .example("pi")?
            .without("/spec/driver/serviceAccount")
            .with("/spec/dynamicAllocation", json!({ "enabled": true, "maxExecutors": 2 }))
            .with("/spec/driverPodDisruptionBudget", json!(true))
            .with("/spec/driverIngressOptions", ingress);
        let app = scene.apply(&manifest).await?;
        app.reaches("COMPLETED").await?;
        ensure!(of_the_operator(&scene).await? == 5, "not all are there");
        let unwanted = json!({ "dynamicAllocation": null, "driverPodDisruptionBudget": null, "driverIngressOptions": null });
        let mut patch = json!({ "spec": unwanted });
        patch["spec"]["arguments"] = json!(["4", "1000"]);
        let edited = scene.applications().patch("pi", &PatchParams::default(), &Patch::Merge(patch)).await?;
        app.status_is("the end of the second run", limits::STEP, |status| {
            status.get("observedGeneration") == Some(&json!(edited.metadata.generation))
                && status.pointer("/applicationState/state") == Some(&json!("COMPLETED"))
        })
        .await?;
        let states = app.settled_states();
        let again = states.iter().skip_while(|state| *state != "INVALIDATING").cloned().collect::<Vec<_>>();
        let expected = ["INVALIDATING", "PENDING_RERUN", "SUBMITTED", "RUNNING", "COMPLETED"];
        ensure!(again == expected, "{states:?}");
        let left = of_the_operator(&scene).await?;
        ensure!(left == 0, "{left} are left");
        Ok(())
    });
}

/// How many rights, budgets and ingresses there are.
async fn of_the_operator(scene: &Scene) -> anyhow::Result<usize> {
    let kinds = "role,rolebinding,poddisruptionbudget,ingress,serviceaccount";
    let names = scene.kubectl(&["get", kinds, "--output=name"], "").await?.success()?;
    Ok(names.lines().filter(|name| name.contains("/pi-")).count())
}

#[test]
fn more_executors_are_given_to_a_running_application_without_a_restart() {
    in_namespace("instances", async |scene| {
        let app = scene.apply(&scene.program("grows", "scenario", &["wait", "/tmp"])?).await?;
        let before = scene.running("grows", "executor", 2).await?;
        let patch = json!({ "spec": { "executor": { "instances": 3 } } });
        scene.applications().patch("grows", &PatchParams::default(), &Patch::Merge(patch)).await?;
        let after = scene.running("grows", "executor", 3).await?;
        for pod in before {
            ensure!(after.iter().any(|other| other.uid() == pod.uid()), "{} was restarted", pod.name_any());
        }
        ensure!(app.settled_states() == ["SUBMITTED", "RUNNING"], "{:?}", app.settled_states());
        Ok(())
    });
}

#[test]
fn a_pool_is_scaled_with_kubectl_scale() {
    in_namespace("scaled", async |scene| {
        let _app = scene.apply(&scene.program("scaled", "scenario", &["wait", "/tmp"])?).await?;
        scene.running("scaled", "executor", 2).await?;
        scene.kubectl(&["scale", "executorpool/scaled", "--replicas=4"], "").await?.success()?;
        scene.running("scaled", "executor", 4).await?;
        let ready = |pool: &kube::api::DynamicObject| {
            let count = pool.data.pointer("/status/readyReplicas").and_then(Value::as_i64);
            (count == Some(4)).then_some(())
        };
        until_one(&scene.pools(), "scaled", "the counts of the pool", limits::STEP, ready).await?;
        let table = scene.kubectl(&["get", "executorpool", "scaled"], "").await?.success()?;
        let rows: Vec<Vec<&str>> = table.lines().map(|row| row.split_whitespace().collect()).collect();
        let head = ["NAME", "APPLICATION", "DESIRED", "CURRENT", "READY", "FAILED", "AGE"];
        ensure!(rows[0] == head && rows[1][..6] == ["scaled", "scaled", "4", "4", "4", "0"], "{table}");
        scene.kubectl(&["scale", "executorpool/scaled", "--replicas=1"], "").await?.success()?;
        scene.running("scaled", "executor", 1).await?;
        Ok(())
    });
}

#[test]
fn fifty_applications_at_once_all_complete() {
    // They fill the cluster, and others would wait for room in it.
    alone("many", async |scene| {
        let manifests = scene.small_examples(50)?;
        let apps = try_join_all(manifests.iter().map(|manifest| scene.post(manifest))).await?;
        try_join_all(apps.iter().map(|app| app.reaches_within("COMPLETED", limits::TEST))).await?;
        Ok(())
    });
}

#[test]
fn a_pool_of_a_million_is_refused_with_the_limit() {
    in_namespace("million", async |scene| {
        let _app = scene.apply(&scene.program("scaled", "scenario", &["wait", "/tmp"])?).await?;
        scene.running("scaled", "executor", 2).await?;
        for arguments in [
            &["scale", "executorpool/scaled", "--replicas=1000000"][..],
            &["patch", "executorpool/scaled", "--type=merge", "--patch={\"spec\":{\"replicas\":1000000}}"],
        ] {
            let output = scene.kubectl(arguments, "").await?;
            ensure!(output.status != Some(0), "it was accepted");
            ensure!(output.stderr.contains("less than or equal to"), "{}", output.stderr);
        }
        Ok(())
    });
}
