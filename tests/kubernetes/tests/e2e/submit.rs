//! `hearth submit` and the commands that go with it, as a CI pipeline and its owner use them.

use anyhow::ensure;
use hearth_cluster_tests::{in_namespace, limits, until_gone, until_one};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use serde_json::json;

#[test]
fn submit_follow_prints_what_the_program_prints_and_ends_with_0() {
    in_namespace("submit-pi", async |scene| {
        let pi = scene.example("pi")?.text();
        let output = scene.hearth(&["submit", "-", "--follow", "--timeout=2m"], &pi).await?;
        ensure!(output.status == Some(0), "{output:?}");
        ensure!(output.stdout.starts_with("Pi is roughly 3"), "{output:?}");
        ensure!(output.stdout.lines().count() == 1, "{output:?}");
        Ok(())
    });
}

#[test]
fn submit_follow_ends_with_the_exit_status_of_the_program() {
    in_namespace("submit-exit", async |scene| {
        let exits = scene.program("exits", "scenario", &["exit", "7"])?.text();
        let output = scene.hearth(&["submit", "-", "--follow", "--timeout=2m"], &exits).await?;
        ensure!(output.status == Some(7), "{output:?}");
        ensure!(output.stdout == "10\n", "{output:?}");
        ensure!(output.stderr.contains("ExitCode: 7"), "{output:?}");
        // Once more, with the status in the end, as nothing of the first life is left.
        let output = scene.hearth(&["rerun", "exits", "--wait", "--timeout=2m"], "").await?;
        ensure!(output.status == Some(7), "{output:?}");
        Ok(())
    });
}

#[test]
fn a_manifest_with_an_error_is_not_sent() {
    in_namespace("submit-error", async |scene| {
        let manifest = scene.example("pi")?.with("/spec/executor/memory", json!("much")).text();
        let output = scene.hearth(&["submit", "-"], &manifest).await?;
        ensure!(output.status == Some(2), "{output:?}");
        ensure!(output.stderr.contains("executor.memory"), "{output:?}");
        ensure!(scene.applications().get_opt("pi").await?.is_none(), "it was sent");
        Ok(())
    });
}

#[test]
fn why_names_what_an_application_waits_for_and_kill_leaves_nothing() {
    in_namespace("why", async |scene| {
        let manifest =
            scene.example("pi")?.with("/spec/driver/nodeSelector", json!({ "hearth.dev/no-such": "node" }));
        let app = scene.apply(&manifest).await?;
        app.reaches("SUBMITTED").await?;
        until_one(&scene.api::<Pod>(), "pi-driver", "the scheduler to refuse", limits::STEP, |pod| {
            let conditions = pod.status.as_ref()?.conditions.as_ref()?;
            conditions.iter().find(|one| one.reason.as_deref() == Some("Unschedulable")).map(|_| ())
        })
        .await?;
        let why = scene.hearth(&["why", "pi"], "").await?.success()?;
        ensure!(why.contains("node affinity/selector"), "{why}");
        scene.hearth(&["kill", "pi", "--wait"], "").await?.success()?;
        app.is_deleted().await?;
        until_gone(&scene.api::<Pod>(), &ListParams::default(), "the pods to be gone", limits::STEP).await
    });
}
