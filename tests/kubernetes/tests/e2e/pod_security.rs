//! A namespace whose policy is the strictest that Kubernetes has.

use anyhow::ensure;
use hearth_cluster_tests::{in_namespace, kubectl, run};
use serde_json::json;

#[test]
fn a_restricted_namespace_runs_what_the_manifest_leaves_alone_and_refuses_what_it_widens_with_a_reason() {
    in_namespace("restricted", async |scene| {
        let mut label = kubectl(scene.cluster);
        label.args(["label", "namespace", &scene.namespace, "pod-security.kubernetes.io/enforce=restricted"]);
        tokio::task::spawn_blocking(move || run(label, "")).await??.success()?;

        let pi = |name| anyhow::Ok(scene.example("pi")?.with("/metadata/name", json!(name)));
        let privileged = json!({ "spec": { "containers": [
            { "name": "spark-kubernetes-driver", "securityContext": { "privileged": true } },
        ] } });
        let volumes = json!([{ "name": "node", "hostPath": { "path": "/etc" } }]);
        let mounts = json!([{ "name": "node", "mountPath": "/node" }]);
        let plain = scene.apply(&pi("plain")?).await?;
        let cases = [
            (pi("privileged")?.with("/spec/driver/template", privileged), "privileged"),
            (
                pi("host-path")?
                    .with("/spec/volumes", volumes.clone())
                    .with("/spec/driver/volumeMounts", mounts.clone()),
                "hostPath",
            ),
        ];
        for (manifest, why) in &cases {
            let app = scene.apply(manifest).await?;
            app.reaches("FAILED").await?;
            ensure!(app.settled_states() == ["SUBMISSION_FAILED", "FAILED"], "{:?}", app.settled_states());
            ensure!(app.cause() == "Submission", "{}", app.status());
            let error = app.error_message();
            ensure!(error.contains("violates PodSecurity \"restricted:latest\""), "{error}");
            ensure!(error.contains(why), "{error}");
        }
        // Of executors the driver knows nothing before they come.
        let executors =
            pi("executors")?.with("/spec/volumes", volumes).with("/spec/executor/volumeMounts", mounts);
        scene.apply(&executors).await?;
        let event = scene.event("executors", "SparkExecutorFailed").await?;
        let told = event.message.unwrap_or_default();
        ensure!(told.contains("violates PodSecurity") && told.contains("hostPath"), "{told}");
        plain.reaches("COMPLETED").await
    });
}
