//! Namespaces that this operator does not serve, as another operator may.

use anyhow::ensure;
use hearth_cluster_tests::{Scene, in_namespace, kubectl, run};
use serde_json::json;

use crate::comes_next::SCHEDULED;

const SUSPENDED: &str = "--for=jsonpath={.status.applicationState.state}=SUSPENDED";
const TOLD: &str = "--for=jsonpath={.status.scheduleState}=FailedValidation";

#[test]
fn what_is_in_a_namespace_that_is_not_served_is_left_alone_until_it_is() {
    in_namespace("served", async |scene| {
        let other = format!("{}-not", scene.namespace);
        admin(&scene, &["create", "namespace", &other], "").await?;
        let pi = scene.example("pi")?.with("/spec/suspend", json!(true)).text();
        // Those that are served are made last, and looked at last.
        for namespace in [&other, &scene.namespace] {
            admin(&scene, &["apply", "--namespace", namespace, "-f", "-"], &pi).await?;
            admin(&scene, &["apply", "--namespace", namespace, "-f", "-"], SCHEDULED).await?;
        }
        seen(&scene, &scene.namespace).await?;
        let statuses = ["get", "sparkapp,scheduledsparkapp", "--namespace", &other, "--output"];
        let statuses = [&statuses[..], &["jsonpath={.items[*].status}"]].concat();
        let statuses = admin(&scene, &statuses, "").await?;
        ensure!(statuses.is_empty(), "{statuses}");
        admin(&scene, &["label", "namespace", &other, "hearth.dev/test=true"], "").await?;
        seen(&scene, &other).await?;
        admin(&scene, &["delete", "namespace", &other, "--wait=false"], "").await?;
        Ok(())
    });
}

/// Waits until the operator has looked at both.
async fn seen(scene: &Scene, namespace: &str) -> anyhow::Result<()> {
    for (condition, object) in [(SUSPENDED, "sparkapp/pi"), (TOLD, "scheduledsparkapp/nightly")] {
        let wait = ["wait", condition, object, "--timeout=150s", "--namespace", namespace];
        admin(scene, &wait, "").await?;
    }
    Ok(())
}

/// `kubectl` in other namespaces than the test's own.
async fn admin(scene: &Scene, arguments: &[&str], input: &str) -> anyhow::Result<String> {
    let mut command = kubectl(scene.cluster);
    command.args(arguments);
    let input = input.to_owned();
    tokio::task::spawn_blocking(move || run(command, &input)).await??.success()
}
