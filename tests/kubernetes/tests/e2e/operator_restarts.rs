//! The operator is killed again and again, wherever it is in its work.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures::future::try_join_all;
use hearth_cluster_tests::{Application, OPERATOR_NAMESPACE, Scene, alone, limits, until_all, until_gone};
use k8s_openapi::api::core::v1::{Pod, Secret, Service};
use kube::api::{DeleteParams, ListParams, WatchEvent, WatchParams};
use kube::{Api, ResourceExt as _};
use serde_json::json;

const APPLICATIONS: usize = 20;

#[test]
fn an_operator_that_is_killed_over_and_over_runs_every_application_exactly_once() {
    alone("restarts", async |scene| {
        let drivers = tokio::spawn(count_drivers(scene.api::<Pod>(), version(&scene).await?));
        let killer = tokio::spawn(kill_operators(Api::namespaced(scene.client.clone(), OPERATOR_NAMESPACE)));
        let outcome = run_all(&scene).await;
        killer.abort();
        outcome?;
        drivers.abort();
        Ok(())
    });
}
