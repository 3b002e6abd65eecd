//! Secrets, config maps and claims that pods mount and that are not there: Kubernetes waits for them without end.

use anyhow::ensure;
use futures::future::try_join_all;
use hearth_cluster_tests::{in_namespace, limits};
use serde_json::json;

#[test]
fn what_a_pod_mounts_and_is_not_there_is_named_and_waited_for_as_long_as_the_manifest_says() {
    in_namespace("no-mount", async |scene| {
        let pi = |name| {
            let pi = scene.example("pi")?.with("/metadata/name", json!(name));
            anyhow::Ok(pi.with("/spec/executor/instances", json!(1)))
        };
        let impatient = |name| anyhow::Ok(pi(name)?.with("/spec/timeouts/imagePullSeconds", json!(3)));
        let secret = |name| json!([{ "name": name, "path": "/etc/mounted", "secretType": "Generic" }]);
        let maps = json!([{ "name": "no-map", "path": "/etc/mounted" }]);
        let claims = json!([{ "name": "data", "persistentVolumeClaim": { "claimName": "no-claim" } }]);
        let late = scene.apply(&pi("late")?.with("/spec/driver/secrets", secret("late"))).await?;
        let cases = [
            (impatient("secret")?.with("/spec/driver/secrets", secret("no-secret")), "secret \"no-secret\""),
            (impatient("map")?.with("/spec/driver/configMaps", maps.clone()), "config map \"no-map\""),
            (
                impatient("claim")?
                    .with("/spec/volumes", claims)
                    .with("/spec/driver/volumeMounts", json!([{ "name": "data", "mountPath": "/data" }])),
                "persistent volume claim \"no-claim\"",
            ),
        ];
        let apps = try_join_all(cases.iter().map(|(manifest, _)| scene.apply(manifest))).await?;
        // Of executors alone, the application waits for them.
        scene.apply(&impatient("executors")?.with("/spec/executor/configMaps", maps)).await?;
        for (app, (_, missing)) in apps.iter().zip(&cases) {
            app.reaches("FAILED").await?;
            ensure!(app.cause() == "ContainerConfig", "{}", app.status());
            let told = format!("the driver mounts {missing}, not found in namespace \"{}\"", scene.namespace);
            ensure!(app.error_message().contains(&told), "{}", app.error_message());
        }
        let event = scene.event("executors", "SparkExecutorPending").await?;
        ensure!(
            event.message.as_ref().is_some_and(|told| told.contains("config map \"no-map\"")),
            "{event:?}"
        );
        let event = scene.event("late", "SparkDriverPending").await?;
        ensure!(event.message.as_ref().is_some_and(|told| told.contains("secret \"late\"")), "{event:?}");
        scene
            .kubectl(&["create", "secret", "generic", "late", "--from-literal=key=value"], "")
            .await?
            .success()?;
        late.reaches_within("COMPLETED", limits::LONG_STEP).await
    });
}
