//! Applications are deleted wherever they are in their lives: nothing of them is left.
//! For those that run or have completed, see `pi`.

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
            anyhow::Ok(scene.program(name, "scenario", &["rounds", "3"])?.with("/spec/restartPolicy", always))
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
        let drivers = ListParams::default().labels("spark-role=driver");
        let what = "the drivers to be told to go";
        let held = until_all(&scene.api::<Pod>(), &drivers, what, limits::STEP, |pods| {
            pods.iter().all(|pod| pod.metadata.deletion_timestamp.is_some()).then(|| pods.to_vec())
        })
        .await?;
        ensure!(held.len() == apps.len(), "{} drivers", held.len());
        for pod in held {
            finalizers(&scene, &pod.name_any(), &Value::Null).await?;
        }
        nothing_is_left(&scene).await
    });
}

async fn delete_all(scene: &Scene) -> anyhow::Result<()> {
    scene.applications().delete_collection(&DeleteParams::default(), &ListParams::default()).await?;
    Ok(())
}

async fn finalizers(scene: &Scene, pod: &str, finalizers: &Value) -> anyhow::Result<()> {
    let patch = Patch::Merge(json!({ "metadata": { "finalizers": finalizers } }));
    scene.api::<Pod>().patch(pod, &PatchParams::default(), &patch).await.context("finalizers of a pod")?;
    Ok(())
}
