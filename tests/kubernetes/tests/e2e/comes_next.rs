//! Resources that exist, and whose controllers come next: they say so.

use anyhow::ensure;
use hearth_cluster_tests::{Scene, in_namespace};
use kube::api::ListParams;

pub(crate) const SCHEDULED: &str = r#"
apiVersion: sparkoperator.k8s.io/v1beta2
kind: ScheduledSparkApplication
metadata:
  name: nightly
spec:
  schedule: "@every 1s"
  template:
    type: Rust
    sparkVersion: "4.3.0"
    mainApplicationFile: local:///opt/hearth/pi
    driver: {}
    executor:
      instances: 1
"#;

const CONNECT: &str = r#"
apiVersion: sparkoperator.k8s.io/v1alpha1
kind: SparkConnect
metadata:
  name: shared
spec:
  sparkVersion: "4.3.0"
  server: {}
  executor:
    instances: 1
"#;

#[test]
fn a_scheduled_application_says_that_no_run_is_started_and_none_is() {
    in_namespace("scheduled", async |scene| {
        scene.apply_yaml(SCHEDULED).await?;
        let nightly = "scheduledsparkapp/nightly";
        wait_for(&scene, nightly, "jsonpath={.status.scheduleState}=FailedValidation").await?;
        let reason = field(&scene, nightly, "{.status.reason}").await?;
        ensure!(reason.contains("does not start the runs of a ScheduledSparkApplication yet"), "{reason}");
        let ready = field(&scene, nightly, "{.status.conditions[?(@.type=='Ready')].message}").await?;
        ensure!(ready == reason, "{ready}");
        ensure!(scene.applications().list(&ListParams::default()).await?.items.is_empty(), "a run");
        Ok(())
    });
}

#[test]
fn a_connect_server_says_that_it_is_not_started() {
    in_namespace("connect", async |scene| {
        scene.apply_yaml(CONNECT).await?;
        wait_for(&scene, "sparkconnect/shared", "jsonpath={.status.state}=Failed").await?;
        let message =
            field(&scene, "sparkconnect/shared", "{.status.conditions[?(@.type=='ServerPodReady')].message}");
        let message = message.await?;
        ensure!(message.contains("does not start the server of a SparkConnect yet"), "{message}");
        ensure!(scene.pods("shared", "driver").await?.is_empty(), "a server");
        Ok(())
    });
}

async fn wait_for(scene: &Scene, object: &str, condition: &str) -> anyhow::Result<()> {
    let condition = format!("--for={condition}");
    scene.kubectl(&["wait", &condition, object, "--timeout=150s"], "").await?.success()?;
    Ok(())
}

async fn field(scene: &Scene, object: &str, path: &str) -> anyhow::Result<String> {
    let path = format!("jsonpath={path}");
    scene.kubectl(&["get", object, "--output", &path], "").await?.success()
}
