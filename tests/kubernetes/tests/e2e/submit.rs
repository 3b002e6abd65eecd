//! `hearth submit` and the commands that go with it, as a CI pipeline and its owner use them.

use anyhow::ensure;
use hearth_cluster_tests::{hearth, in_namespace, kubectl, limits, run, until_gone, until_one};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use serde_json::{Value, json};

#[test]
fn submit_follow_prints_what_the_program_prints_and_ends_with_0() {
    in_namespace("submit-pi", async |scene| {
        let output = scene.follow_example("pi", &[], &["4", "1000"]).await?;
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
fn submit_follow_prints_the_log_of_the_next_driver_too() {
    in_namespace("submit-retried", async |scene| {
        let policy = json!({ "type": "OnFailure", "onFailureRetries": 1, "onFailureRetryInterval": 1 });
        let exits = scene.program("exits", "scenario", &["exit", "3"])?.with("/spec/restartPolicy", policy);
        let output = scene.hearth(&["submit", "-", "--follow", "--timeout=2m"], &exits.text()).await?;
        ensure!(output.status == Some(3), "{output:?}");
        ensure!(output.stdout == "10\n10\n", "{output:?}");
        Ok(())
    });
}

#[test]
fn a_dry_run_asks_the_server_and_leaves_nothing() {
    in_namespace("submit-dry", async |scene| {
        let pi = scene.example("pi")?;
        let dry = scene.hearth(&["submit", "-", "--dry-run=server"], &pi.text()).await?.success()?;
        ensure!(dry.contains("application pi submitted") && dry.contains("(server dry run)"), "{dry}");
        let options = ["submit", "-", "--dry-run=server", "--output=json", "--set=spec.executor.instances=7"];
        let dry: Value = serde_json::from_str(&scene.hearth(&options, &pi.text()).await?.success()?)?;
        ensure!(dry.pointer("/spec/executor/instances") == Some(&json!(7)), "{dry}");
        // Only the server gives one.
        ensure!(dry.pointer("/metadata/uid").is_some_and(Value::is_string), "{dry}");
        let nowhere =
            scene.hearth(&["submit", "-", "--dry-run=server", "--context=nowhere"], &pi.text()).await?;
        ensure!(nowhere.status == Some(2) && nowhere.stderr.contains("nowhere"), "{nowhere:?}");
        ensure!(scene.applications().get_opt("pi").await?.is_none(), "it was made");
        Ok(())
    });
}

#[test]
fn submit_wait_gives_up_after_its_timeout_and_the_application_goes_on() {
    in_namespace("submit-timeout", async |scene| {
        let pi = scene.example("pi")?.text();
        let context = scene.kubectl(&["config", "current-context"], "").await?.success()?;
        let context = format!("--context={}", context.trim());
        let options = ["submit", "-", "--set=spec.suspend=true", "--wait", "--timeout=1s", "--output=name"];
        let output = scene.hearth(&[&options[..], &[&context]].concat(), &pi).await?;
        ensure!(output.status == Some(124), "{output:?}");
        ensure!(output.stdout == "sparkapplication.sparkoperator.k8s.io/pi\n", "{output:?}");
        ensure!(output.stderr.contains("pi has not ended after"), "{output:?}");
        let pi = scene.applications().get("pi").await?;
        ensure!(pi.data.pointer("/spec/suspend") == Some(&json!(true)), "{}", pi.data);
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
        let wait = ["submit", "-", "--wait", "--timeout=2m", "--output=json"];
        let output = scene.hearth(&wait, &pi).await?;
        ensure!(output.status == Some(0), "{output:?}");
        let ended: Value = serde_json::from_str(&output.stdout)?;
        ensure!(ended.pointer("/status/applicationState/state") == Some(&json!("COMPLETED")), "{ended}");
        // It is published when the status has been written.
        scene.event("pi", "SparkApplicationCompleted").await?;
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
