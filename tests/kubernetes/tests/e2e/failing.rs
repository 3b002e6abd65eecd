//! Programs that fail, and what their application says about it.

use anyhow::ensure;
use hearth_cluster_tests::{in_namespace, limits};
use serde_json::{Value, json};

#[test]
fn the_exit_code_of_a_program_is_in_the_status() {
    in_namespace("exit-code", async |scene| {
        let app = scene.apply(&scene.program("exits", "scenario", &["exit", "7"])?).await?;
        app.reaches("FAILED").await?;
        ensure!(app.settled_states() == ["SUBMITTED", "RUNNING", "FAILED"], "{:?}", app.settled_states());
        ensure!(app.error_message().contains("ExitCode: 7"), "{}", app.error_message());
        let status = app.status();
        let attempt = status.pointer("/attempts/0").cloned().unwrap_or_default();
        ensure!(attempt.get("exitCode") == Some(&json!(7)), "{attempt}");
        // The last line of the log counts as the program's own word, if the kubelet read it in time.
        let cause = attempt.get("cause").and_then(Value::as_str).unwrap_or_default();
        ensure!(["ExitCode", "ApplicationError"].contains(&cause), "{attempt}");
        Ok(())
    });
}

#[test]
fn the_error_of_a_program_is_in_the_status_in_its_own_words() {
    in_namespace("error", async |scene| {
        let app = scene.apply(&scene.program("panics", "scenario", &["panic"])?).await?;
        app.reaches("FAILED").await?;
        ensure!(app.error_message().contains("record 777777 is not to my taste"), "{}", app.error_message());
        let cause = app.status().pointer("/attempts/0/cause").cloned();
        ensure!(cause == Some(json!("ApplicationError")), "{cause:?}");
        Ok(())
    });
}

#[test]
fn a_failed_program_is_run_again_as_often_as_its_restart_policy_says() {
    in_namespace("retries", async |scene| {
        let policy = json!({ "type": "OnFailure", "onFailureRetries": 2, "onFailureRetryInterval": 1 });
        let manifest =
            scene.program("retried", "scenario", &["exit", "3"])?.with("/spec/restartPolicy", policy);
        let app = scene.apply(&manifest).await?;
        app.status_is("three executions", limits::LONG_STEP, |status| {
            status.get("executionAttempts").and_then(Value::as_i64) == Some(3)
        })
        .await?;
        app.reaches("FAILED").await?;
        let runs = app.settled_states().iter().filter(|state| *state == "RUNNING").count();
        ensure!(runs == 3, "{:?}", app.settled_states());
        ensure!(
            app.settled_states().iter().filter(|state| *state == "PENDING_RERUN").count() == 2,
            "{:?}",
            app.settled_states()
        );
        Ok(())
    });
}
