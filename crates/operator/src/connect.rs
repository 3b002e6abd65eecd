//! `SparkConnect`: its controller comes next. Until then its status says that no server is started.

use hearth_crd::SparkConnect;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::Client;
use serde_json::json;

use crate::comes_next::Teller;
use crate::namespaces::Namespaces;
use crate::settings::Scope;

const SENTENCE: &str = "this operator does not start the server of a SparkConnect yet";

/// Tells everybody who has one in these namespaces.
pub async fn run(client: Client, scope: Scope, namespaces: Namespaces) {
    let status = |generation, condition: Condition| {
        let condition = Condition {
            // What Kubeflow's clients read.
            type_: "ServerPodReady".to_owned(),
            reason: "ServerPodNotReady".to_owned(),
            ..condition
        };
        json!({ "state": "Failed", "observedGeneration": generation, "conditions": [condition] })
    };
    Teller::<SparkConnect>::new(client, namespaces, status, SENTENCE).run(scope).await;
}
