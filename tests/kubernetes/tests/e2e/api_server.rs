//! The API server dies: every watch breaks, and is begun again where it broke.

use anyhow::ensure;
use hearth_cluster_tests::{alone, limits};
use kube::ResourceExt as _;

use crate::faults::{ends_well, rounds, start, uids};

#[test]
fn an_api_server_that_crashes_in_the_middle_of_an_application_costs_no_pod_and_what_follows_is_seen() {
    alone("api-crashed", async |scene| {
        if !scene.cluster.is_own() {
            return Ok(());
        }
        // It ends while nobody can be told, or soon after.
        let brief = scene.apply(&scene.program("brief", "scenario", &["rounds", "4"])?).await?;
        brief.reaches("RUNNING").await?;
        let app = start(&scene, &rounds(&scene)?).await?;
        let driver = uids(&scene.pods("rounds", "driver").await?);
        let executors = scene.running("rounds", "executor", 2).await?;
        let cluster = scene.cluster;
        tokio::task::spawn_blocking(move || cluster.crash_api_server()).await??;

        let same = scene.running("rounds", "executor", 2).await?;
        ensure!(uids(&same) == uids(&executors), "{same:?}");
        // What the watches of pods and of applications are for.
        scene.kill_pod(&executors[0].name_any()).await?;
        let next = scene.apply(&scene.example("pi")?).await?;
        let replaced = scene.running("rounds", "executor", 2).await?;
        ensure!(uids(&replaced) != uids(&executors), "{replaced:?}");
        next.reaches_within("COMPLETED", limits::LONG_STEP).await?;
        brief.reaches_within("COMPLETED", limits::LONG_STEP).await?;
        ends_well(&scene, &app).await?;
        ensure!(uids(&scene.pods("rounds", "driver").await?) == driver, "another driver");
        for app in [app, brief, next] {
            ensure!(
                app.settled_states() == ["SUBMITTED", "RUNNING", "COMPLETED"],
                "{:?}",
                app.settled_states()
            );
        }
        Ok(())
    });
}
