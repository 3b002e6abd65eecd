//! `hearth submit` and the commands that go with it, as a CI pipeline and its owner use them.

use anyhow::ensure;
use hearth_cluster_tests::{hearth, in_namespace, kubectl, limits, run, until_gone, until_one};
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

#[test]
fn submit_wait_then_list_status_logs_and_rerun_tell_of_the_same_run() {
    in_namespace("submit-wait", async |scene| {
        let pi = scene.example("pi")?.text();
        let output = scene.hearth(&["submit", "-", "--wait", "--timeout=2m"], &pi).await?;
        ensure!(output.status == Some(0), "{output:?}");
        ensure!(!output.stdout.contains("Pi is"), "{output:?}");
        let list = scene.hearth(&["list"], "").await?.success()?;
        ensure!(list.lines().any(|line| line.starts_with("pi ") && line.contains("COMPLETED")), "{list}");
        let status = scene.hearth(&["status", "pi"], "").await?.success()?;
        ensure!(status.contains("COMPLETED") && status.contains("SparkApplicationCompleted"), "{status}");
        let logs = scene.hearth(&["logs", "pi"], "").await?.success()?;
        ensure!(logs.starts_with("Pi is roughly 3"), "{logs}");
        // Nothing changed, so nothing runs; `rerun` is the way.
        let output = scene.hearth(&["submit", "-", "--wait"], &pi).await?;
        ensure!(output.status == Some(1), "{output:?}");
        let again = scene.hearth(&["rerun", "pi", "--follow", "--timeout=2m"], "").await?.success()?;
        ensure!(again == logs, "{again}");
        Ok(())
    });
}

#[test]
fn kill_keep_takes_the_pods_away_and_keeps_the_application() {
    in_namespace("kill-keep", async |scene| {
        let app = scene.apply(&scene.program("endless", "scenario", &["wait", "/tmp"])?).await?;
        app.reaches("RUNNING").await?;
        let output = scene.hearth(&["rerun", "endless"], "").await?;
        ensure!(output.status == Some(1) && output.stderr.contains("--now"), "{output:?}");
        scene.hearth(&["kill", "endless", "--keep", "--wait"], "").await?.success()?;
        app.reaches("SUSPENDED").await?;
        ensure!(scene.api::<Pod>().list(&ListParams::default()).await?.items.is_empty(), "there are pods");
        Ok(())
    });
}

#[test]
fn kubectl_hearth_lists_as_hearth_does() {
    in_namespace("plugin", async |scene| {
        scene
            .apply(&scene.example("pi")?.with("/spec/suspend", json!(true)))
            .await?
            .reaches("SUSPENDED")
            .await?;
        // As docs/cli.md says: a link in the path is enough.
        let folder = std::env::temp_dir().join(&scene.namespace);
        std::fs::create_dir(&folder)?;
        std::os::unix::fs::symlink(hearth(scene.cluster)?.get_program(), folder.join("kubectl-hearth"))?;
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = kubectl(scene.cluster);
        command.args(["hearth", "list", "--namespace", &scene.namespace]);
        command.env("PATH", format!("{}:{path}", folder.display()));
        let list = tokio::task::spawn_blocking(move || run(command, "")).await??.success()?;
        ensure!(list.lines().any(|line| line.starts_with("pi ") && line.contains("SUSPENDED")), "{list}");
        std::fs::remove_dir_all(folder)?;
        Ok(())
    });
}
