//! Applications are deleted wherever they are in their lives: nothing of them is left.
//! For those that run or have completed, see `pi`; for those whose operator or node is away, `deleted_unseen`.

use anyhow::{Context as _, ensure};
use futures::future::try_join_all;
use hearth_cluster_tests::{Application, Manifest, Scene, in_namespace, limits, until_all};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use serde_json::{Value, json};

use crate::pi::nothing_is_left;

#[test]
fn deleting_applications_that_rest_in_any_state_leaves_nothing() {
    in_namespace("rest-deleted", async |scene| {
        let later = json!({ "type": "OnFailure", "onFailureRetries": 3, "onFailureRetryInterval": 600,
            "onSubmissionFailureRetries": 3, "onSubmissionFailureRetryInterval": 600 });
        let exits = |name| scene.program(name, "scenario", &["exit", "3"]);
        let pi = |name| anyhow::Ok(scene.example("pi")?.with("/metadata/name", json!(name)));
        let rests = [
            (pi("suspended")?.with("/spec/suspend", json!(true)), "SUSPENDED"),
            (pi("unsupported")?.with("/spec/type", json!("Scala")), "SUBMISSION_FAILED"),
            // Refused when the other objects are made: the pods of a class that does not exist.
            (
                pi("refused")?
                    .with("/spec/driver/priorityClassName", json!("none"))
                    .with("/spec/restartPolicy", later.clone()),
                "SUBMISSION_FAILED",
            ),
            (pi("waiting")?.with("/spec/image", json!("hearth.test/nothing:here")), "SUBMITTED"),
            (exits("retried")?.with("/spec/restartPolicy", later), "FAILING"),
            (exits("failed")?, "FAILED"),
        ];
        let apps = try_join_all(rests.iter().map(|(manifest, _)| scene.post(manifest))).await?;
        for (app, (_, state)) in apps.iter().zip(&rests) {
            app.reaches(state).await?;
        }
        // And one that nobody has looked at yet, or just has.
        scene.post(&pi("new")?).await?;
        delete_all(&scene).await?;
        for (app, (_, state)) in apps.iter().zip(&rests) {
            ensure!(
                app.states().last().is_some_and(|last| last == state),
                "{}: {:?}",
                app.name,
                app.states()
            );
        }
        nothing_is_left(&scene).await
    });
}

#[test]
fn deleting_applications_that_wait_for_their_old_driver_to_go_leaves_nothing() {
    in_namespace("going-deleted", async |scene| {
        let endless = |name| {
            let endless = scene.program(name, "scenario", &["wait", "/tmp"])?;
            anyhow::Ok(endless.with("/spec/executor/terminationGracePeriodSeconds", json!(1)))
        };
        let ends = |name| {
            let always = json!({ "type": "Always" });
            // Not over before its driver is held.
            anyhow::Ok(
                scene.program(name, "scenario", &["rounds", "20"])?.with("/spec/restartPolicy", always),
            )
        };
        let cases: [(Manifest, Value, &str); 3] = [
            (endless("suspending")?, json!({ "suspend": true }), "SUSPENDING"),
            (endless("invalidating")?, json!({ "arguments": ["exit", "0"] }), "INVALIDATING"),
            (ends("rerun")?, json!({}), "PENDING_RERUN"),
        ];
        let apps = try_join_all(cases.iter().map(|(manifest, _, _)| scene.post(manifest))).await?;
        for (app, (_, edit, _)) in apps.iter().zip(&cases) {
            app.reaches("RUNNING").await?;
            // Somebody holds the driver's pod.
            finalizers(&scene, &format!("{}-driver", app.name), &json!(["hearth.test/held"])).await?;
            let edit = Patch::Merge(json!({ "spec": edit }));
            scene.applications().patch(&app.name, &PatchParams::default(), &edit).await?;
        }
        for (app, (_, _, state)) in apps.iter().zip(&cases) {
            app.reaches(state).await?;
        }
        delete_all(&scene).await?;
        try_join_all(apps.iter().map(Application::is_deleted)).await?;
        let held = told_to_go(&scene).await?;
        ensure!(held.len() == apps.len(), "{} drivers", held.len());
        for pod in held {
            finalizers(&scene, &pod.name_any(), &Value::Null).await?;
        }
        nothing_is_left(&scene).await
    });
}

#[test]
fn deleting_an_application_that_cannot_resume_before_an_older_driver_is_gone_leaves_nothing() {
    in_namespace("resuming-deleted", async |scene| {
        let endless = scene.program("endless", "scenario", &["wait", "/tmp"])?;
        let endless = endless.with("/spec/executor/terminationGracePeriodSeconds", json!(1));
        let older = scene.post(&endless).await?;
        older.reaches("RUNNING").await?;
        finalizers(&scene, "endless-driver", &json!(["hearth.test/held"])).await?;
        delete_all(&scene).await?;
        older.is_deleted().await?;
        // Another of that name is made at once, as by a queue that holds it back first.
        let app = scene.post(&endless.with("/spec/suspend", json!(true))).await?;
        app.reaches("SUSPENDED").await?;
        let resume = Patch::Merge(json!({ "spec": { "suspend": false } }));
        scene.applications().patch("endless", &PatchParams::default(), &resume).await?;
        app.reaches("RESUMING").await?;
        delete_all(&scene).await?;
        app.is_deleted().await?;
        let states = app.states();
        ensure!(states.last().is_some_and(|last| last == "RESUMING"), "{states:?}");
        ensure!(told_to_go(&scene).await?.len() == 1, "another driver");
        finalizers(&scene, "endless-driver", &Value::Null).await?;
        nothing_is_left(&scene).await
    });
}

#[test]
fn an_application_that_is_deleted_while_it_runs_and_made_again_at_once_completes() {
    in_namespace("made-again", async |scene| {
        // With everything that is made for an application, as all of it is in the way of the next one.
        let allocation =
            json!({ "enabled": true, "initialExecutors": 1, "minExecutors": 1, "maxExecutors": 1 });
        let runs = |arguments: &[&str]| {
            let runs = scene.program("again", "scenario", arguments)?;
            anyhow::Ok(
                runs.with("/spec/dynamicAllocation", allocation.clone())
                    .with("/spec/driverPodDisruptionBudget", json!(true))
                    .with("/spec/executor/terminationGracePeriodSeconds", json!(1)),
            )
        };
        scene.post(&runs(&["wait", "/tmp"])?).await?.reaches("RUNNING").await?;
        let delete = ["delete", "sparkapplication", "again", "--wait=false"];
        scene.kubectl(&delete, "").await?.success()?;
        let again = scene.post(&runs(&["exit", "0"])?).await?;
        again.reaches("COMPLETED").await?;
        ensure!(!again.states().contains(&"SUBMISSION_FAILED".to_owned()), "{:?}", again.states());
        Ok(())
    });
}

/// Waits until every driver is told to go, and returns them: in a new cluster the garbage collector takes its time.
pub(crate) async fn told_to_go(scene: &Scene) -> anyhow::Result<Vec<Pod>> {
    let drivers = ListParams::default().labels("spark-role=driver");
    let what = "the drivers to be told to go";
    until_all(&scene.api::<Pod>(), &drivers, what, limits::STEP, |pods| {
        pods.iter().all(|pod| pod.metadata.deletion_timestamp.is_some()).then(|| pods.to_vec())
    })
    .await
}

pub(crate) async fn delete_all(scene: &Scene) -> anyhow::Result<()> {
    scene.applications().delete_collection(&DeleteParams::default(), &ListParams::default()).await?;
    Ok(())
}

pub(crate) async fn finalizers(scene: &Scene, pod: &str, finalizers: &Value) -> anyhow::Result<()> {
    let patch = Patch::Merge(json!({ "metadata": { "finalizers": finalizers } }));
    scene.api::<Pod>().patch(pod, &PatchParams::default(), &patch).await.context("finalizers of a pod")?;
    Ok(())
}
