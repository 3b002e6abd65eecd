//! What whoever looks after the operator reads of it. For its log, see `install`.

use anyhow::{Context as _, ensure};
use hearth_cluster_tests::{OPERATOR_NAMESPACE, Scene, in_namespace};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::{Api, ResourceExt as _};
use serde_json::json;

#[test]
fn metrics_count_an_application_by_its_labels_and_the_probes_answer() {
    in_namespace("metrics", async |scene| {
        let kind = scene.namespace.as_str();
        let pi = scene.example("pi")?.with("/metadata/labels/app_type", json!(kind));
        scene.apply(&pi).await?.reaches("COMPLETED").await?;
        let metrics = operator(&scene, "8080", "metrics").await?;
        for name in ["", "_submit", "_success"] {
            let line = format!("spark_application{name}_count{{app_type=\"{kind}\"}} 1");
            ensure!(metrics.lines().any(|found| found == line), "{line} is not in {metrics}");
        }
        let other = "spark_application_failure_count{app_type=\"KIND\"}".replace("KIND", kind);
        ensure!(!metrics.contains(&other), "{metrics}");
        for line in ["hearth_operator_leader 1", "hearth_operator_apply_to_driver_running_seconds_count "] {
            ensure!(metrics.lines().any(|found| found.starts_with(line)), "{line} is not in {metrics}");
        }
        let creations = "hearth_operator_api_requests_total{code=\"201\",resource=\"pods\",verb=\"create\"} ";
        let creations =
            metrics.lines().find_map(|line| line.strip_prefix(creations)).context("created pods")?;
        ensure!(creations.parse::<u64>()? >= 3, "{creations} pods were made");
        for probe in ["healthz", "readyz"] {
            let answer = operator(&scene, "8081", probe).await?;
            ensure!(answer == "ok", "{probe}: {answer}");
        }
        Ok(())
    });
}

/// What the operator answers, by way of the API server.
async fn operator(scene: &Scene, port: &str, path: &str) -> anyhow::Result<String> {
    let operators: Api<Pod> = Api::namespaced(scene.client.clone(), OPERATOR_NAMESPACE);
    let list = ListParams::default().labels("app.kubernetes.io/component=controller");
    let pods = operators.list(&list).await?.items;
    // The one before may be on its way out.
    let stays = pods.iter().find(|pod| pod.metadata.deletion_timestamp.is_none());
    let pod = stays.context("an operator")?.name_any();
    let url = format!("/api/v1/namespaces/{OPERATOR_NAMESPACE}/pods/{pod}:{port}/proxy/{path}");
    scene.kubectl(&["get", "--raw", &url], "").await?.success()
}
