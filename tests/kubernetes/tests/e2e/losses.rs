//! Drivers that are taken away: the cause says how. For one whose node is gone, see `faults`.

use anyhow::{Context as _, ensure};
use hearth_cluster_tests::{Manifest, Scene, in_namespace};
use k8s_openapi::api::core::v1::{Node, Pod};
use k8s_openapi::api::scheduling::v1::PriorityClass;
use kube::api::{DeleteParams, EvictParams, ListParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, ResourceExt as _};
use serde_json::{Value, json};

#[test]
fn a_driver_that_is_evicted_fails_an_application_that_never_restarts() {
    in_namespace("driver-evicted", async |scene| {
        let app = scene.apply(&endless(&scene)?).await?;
        app.reaches("RUNNING").await?;
        scene.api::<Pod>().evict("endless-driver", &EvictParams::default()).await?;
        app.reaches("FAILED").await?;
        ensure!(app.cause() == "Evicted", "{}", app.status());
        ensure!(app.error_message().contains("the driver was evicted"), "{}", app.error_message());
        Ok(())
    });
}

#[test]
fn a_driver_whose_place_a_more_important_one_takes_is_told_so() {
    in_namespace("driver-preempted", async |scene| {
        // One node has one seat. Names of their own, as neither belongs to a namespace.
        let seat = format!("hearth.test/{}", scene.namespace);
        let nodes = Api::<Node>::all(scene.client.clone());
        let node = nodes.list(&ListParams::default()).await?.items.pop().context("a node")?.name_any();
        seats(&nodes, &node, &seat, json!("1")).await?;
        let classes = Api::<PriorityClass>::all(scene.client.clone());
        let high = PriorityClass {
            metadata: ObjectMeta { name: Some(scene.namespace.clone()), ..ObjectMeta::default() },
            value: Some(1000),
            ..PriorityClass::default()
        };
        classes.create(&PostParams::default(), &high).await?;

        let seated =
            |manifest: Manifest| manifest.with("/spec/driver/gpu", json!({ "name": seat, "quantity": 1 }));
        let low = scene.apply(&seated(endless(&scene)?)).await?;
        low.reaches("RUNNING").await?;
        let pi = scene.example("pi")?.with("/spec/driver/priorityClassName", json!(scene.namespace));
        let high = scene.apply(&seated(pi)).await?;
        low.reaches("FAILED").await?;
        ensure!(low.cause() == "Preempted", "{}", low.status());
        ensure!(low.error_message().contains("spec.driver.priorityClassName"), "{}", low.error_message());
        high.reaches("COMPLETED").await?;
        classes.delete(&scene.namespace, &DeleteParams::default()).await?;
        seats(&nodes, &node, &seat, Value::Null).await
    });
}

/// An application that does not end by itself, with a driver that goes at once.
fn endless(scene: &Scene) -> anyhow::Result<Manifest> {
    let endless = scene.program("endless", "scenario", &["wait", "/tmp"])?;
    let endless = endless.with("/spec/driver/terminationGracePeriodSeconds", json!(1));
    Ok(endless.with("/spec/executor/instances", json!(1)))
}

/// Sets how many of a resource a node has.
async fn seats(nodes: &Api<Node>, node: &str, seat: &str, count: Value) -> anyhow::Result<()> {
    let patch = json!({ "status": { "capacity": { seat: count }, "allocatable": { seat: count } } });
    nodes.patch_status(node, &PatchParams::default(), &Patch::Merge(patch)).await?;
    Ok(())
}
