//! The limits of `spec.timeouts`: one that has passed ends the application, and is named.

use anyhow::ensure;
use futures::future::try_join_all;
use hearth_cluster_tests::{in_namespace, limits, until_gone};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use serde_json::json;

#[test]
fn an_application_that_waits_or_runs_longer_than_it_may_is_ended_by_the_limit_that_has_passed() {
    in_namespace("deadlines", async |scene| {
        let pi = |name| anyhow::Ok(scene.example("pi")?.with("/metadata/name", json!(name)));
        let nowhere = json!({ "hearth.dev/no-such": "node" });
        let endless = scene.program("running", "scenario", &["wait", "/tmp"])?;
        let cases = [
            ("queueSeconds", pi("queued")?.with("/spec/suspend", json!(true))),
            ("startSeconds", pi("starting")?.with("/spec/driver/nodeSelector", nowhere)),
            ("runSeconds", endless.with("/spec/executor/terminationGracePeriodSeconds", json!(1))),
        ];
        let manifests: Vec<_> = cases
            .into_iter()
            .map(|(limit, manifest)| (limit, manifest.with(&format!("/spec/timeouts/{limit}"), json!(2))))
            .collect();
        let apps = try_join_all(manifests.iter().map(|(_, manifest)| scene.post(manifest))).await?;
        for (app, (limit, _)) in apps.iter().zip(&manifests) {
            app.reaches("FAILED").await?;
            ensure!(app.cause() == "DeadlineExceeded", "{}", app.status());
            let named = format!("spec.timeouts.{limit} (2 s)");
            ensure!(app.error_message().contains(&named), "{}", app.error_message());
        }
        let executors = ListParams::default().labels("spark-role=executor");
        until_gone(&scene.api::<Pod>(), &executors, "the executors to be gone", limits::STEP).await
    });
}
