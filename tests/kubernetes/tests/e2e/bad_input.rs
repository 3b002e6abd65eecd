//! Manifests that are wrong, odd, or more than this operator does: each gets an answer.

use anyhow::ensure;
use hearth_cluster_tests::in_namespace;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use serde_json::{Value, json};

use crate::pi::{delete, nothing_is_left};

#[test]
fn nulls_and_empty_lists_as_airflow_sends_them_mean_nothing() {
    in_namespace("nulls", async |scene| {
        let manifest = scene
            .example("pi")?
            .with("/spec/suspend", Value::Null)
            .with("/spec/volumes", json!([]))
            .with("/spec/imagePullSecrets", json!([]))
            .with("/spec/hadoopConf", Value::Null)
            .with("/spec/restartPolicy", Value::Null)
            .with("/spec/dynamicAllocation", Value::Null)
            .with("/spec/driver/labels", json!({}))
            .with("/spec/driver/tolerations", json!([]))
            .with("/spec/driver/affinity", json!({}))
            .with("/spec/driver/nodeSelector", Value::Null)
            .with("/spec/driver/securityContext", Value::Null)
            .with("/spec/executor/volumeMounts", Value::Null)
            .with("/spec/executor/env", json!([]));
        scene.apply(&manifest).await?.reaches("COMPLETED").await
    });
}

#[test]
fn a_name_of_63_characters_runs() {
    in_namespace("long-name", async |scene| {
        let name = "a".repeat(63);
        scene
            .apply(&scene.example("pi")?.with("/metadata/name", json!(name)))
            .await?
            .reaches("COMPLETED")
            .await
    });
}

#[test]
fn a_name_of_253_characters_is_refused_with_what_is_allowed_and_nothing_is_made() {
    in_namespace("longest-name", async |scene| {
        let name = "a".repeat(253);
        let manifest = scene.example("pi")?.with("/metadata/name", json!(name));
        let output = scene.kubectl(&["apply", "-f", "-"], &manifest.text()).await?;
        ensure!(output.status == Some(1), "{output:?}");
        ensure!(output.stderr.contains("metadata.name: use at most 63 small letters"), "{output:?}");
        let output = scene.hearth(&["submit", "-"], &manifest.text()).await?;
        ensure!(output.status == Some(2) && output.stderr.contains("use at most 63"), "{output:?}");
        nothing_is_left(&scene).await
    });
}

#[test]
fn a_driver_pod_and_a_config_map_with_the_longest_names_are_used_and_a_longer_one_is_refused() {
    in_namespace("longest-names", async |scene| {
        let map = "m".repeat(253);
        scene.kubectl(&["create", "configmap", &map, "--from-literal=key=value"], "").await?.success()?;
        // A node makes a directory of namespace, name and uid.
        let longest = 255 - scene.namespace.len() - 36 - 2;
        let pi = |pod: &str| {
            let maps = json!([{ "name": map, "path": "/etc/longest" }]);
            let manifest = scene.example("pi")?.with("/spec/driver/podName", json!(pod));
            anyhow::Ok(manifest.with("/spec/driver/configMaps", maps))
        };
        let refused = pi(&"d".repeat(253))?.with("/metadata/name", json!("refused"));
        let refused = scene.apply(&refused).await?;
        let (pod, app) = ("d".repeat(longest), scene.apply(&pi(&"d".repeat(longest))?).await?);
        app.reaches("COMPLETED").await?;
        let log = scene.log(&pod).await?;
        ensure!(log.contains("Pi is roughly 3"), "{log}");
        refused.reaches("FAILED").await?;
        ensure!(refused.error_message().contains(&format!("can have {longest}")), "{}", refused.status());
        ensure!(refused.cause() == "InvalidSpec", "{}", refused.status());
        delete(&scene, &app).await
    });
}

#[test]
fn labels_that_clash_with_the_operators_own_lose() {
    in_namespace("labels", async |scene| {
        let labels = json!({
            "spark-role": "executor", "sparkoperator.k8s.io/app-name": "other", "mine": "stays",
        });
        let app = scene.apply(&scene.example("pi")?.with("/spec/driver/labels", labels)).await?;
        app.reaches("COMPLETED").await?;
        let drivers = scene.pods("pi", "driver").await?;
        ensure!(drivers.len() == 1, "{drivers:?}");
        let labels = drivers[0].metadata.labels.clone().unwrap_or_default();
        ensure!(labels.get("mine").is_some_and(|value| value == "stays"), "{labels:?}");
        Ok(())
    });
}

#[test]
fn memory_that_is_no_memory_is_refused_with_the_name_of_the_field() {
    in_namespace("quantity", async |scene| {
        for memory in ["-1g", "much", "99999999999999999999g"] {
            let name = format!("memory-{}", memory.len());
            let manifest = scene
                .example("pi")?
                .with("/metadata/name", json!(name))
                .with("/spec/executor/memory", json!(memory));
            let app = scene.apply(&manifest).await?;
            app.reaches("FAILED").await?;
            ensure!(app.error_message().contains("executor.memory"), "{}", app.error_message());
            ensure!(app.cause() == "InvalidSpec", "{}", app.status());
        }
        Ok(())
    });
}

#[test]
fn a_secret_and_a_key_of_one_that_do_not_exist_are_named() {
    in_namespace("no-secret", async |scene| {
        let secret = ["create", "secret", "generic", "keys", "--from-literal=one=1"];
        scene.kubectl(&secret, "").await?.success()?;
        let two = json!({ "secretKeyRef": { "name": "keys", "key": "two" } });
        let from = json!([{ "secretRef": { "name": "nothing-here" } }]);
        let pi = scene.example("pi")?.with("/spec/timeouts", json!({ "imagePullSeconds": 3 }));
        let pi = |name| pi.clone().with("/metadata/name", json!(name));
        for (manifest, told) in [
            (pi("absent").with("/spec/driver/envFrom", from), "secret \"nothing-here\" not found"),
            (
                pi("no-key").with("/spec/driver/env", json!([{ "name": "TWO", "valueFrom": two }])),
                "couldn't find key two in Secret",
            ),
        ] {
            let app = scene.apply(&manifest).await?;
            app.reaches("FAILED").await?;
            ensure!(app.cause() == "ContainerConfig", "{}", app.status());
            ensure!(app.error_message().contains(told), "{}", app.error_message());
        }
        Ok(())
    });
}

#[test]
fn a_program_that_is_not_in_the_image_is_named() {
    in_namespace("no-program", async |scene| {
        let app = scene.apply(&scene.program("absent", "no-such-program", &[])?).await?;
        app.reaches("FAILED").await?;
        ensure!(app.cause() == "ContainerConfig", "{}", app.status());
        ensure!(app.error_message().contains("no-such-program"), "{}", app.error_message());
        Ok(())
    });
}

#[test]
fn templates_with_two_containers_with_another_name_and_with_none_run() {
    in_namespace("template", async |scene| {
        let env = json!([{ "name": "FROM", "value": "template" }]);
        let beside = json!({ "name": "beside", "image": scene.cluster.image, "command": ["/opt/hearth/hearth", "version"] });
        let two = json!([beside, { "name": "spark-kubernetes-driver", "env": env }]);
        let other = json!([{ "name": "main", "env": env }]);
        let endless = scene
            .program("endless", "scenario", &["wait", "/tmp"])?
            .with("/spec/driver/template/spec/containers", two)
            .with("/spec/executor/template/spec/containers", other);
        let none = json!({ "metadata": { "labels": { "from": "template" } } });
        let bare = scene
            .example("pi")?
            .with("/spec/driver/template", none)
            .with("/spec/executor/template", json!({ "spec": { "containers": [] } }));
        let bare = scene.apply(&bare).await?;
        scene.apply(&endless).await?;
        let driver = scene.running("endless", "driver", 1).await?;
        let executors = scene.running("endless", "executor", 2).await?;
        // Clients take the first for the program.
        ensure!(containers(&driver[0]) == ["spark-kubernetes-driver FROM=template", "beside"], "{driver:?}");
        for executor in executors {
            ensure!(containers(&executor) == ["spark-kubernetes-executor FROM=template"], "{executor:?}");
        }
        bare.reaches("COMPLETED").await?;
        let driver = scene.pods("pi", "driver").await?;
        ensure!(driver.iter().all(|pod| pod.labels().get("from").is_some()), "{driver:?}");
        Ok(())
    });
}

/// The names of a pod's containers, with the variable of the template where they have it.
fn containers(pod: &Pod) -> Vec<String> {
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let shown = containers.map(|container| {
        let from = container.env.iter().flatten().find(|variable| variable.name == "FROM");
        let from = from.and_then(|variable| variable.value.as_ref());
        from.map_or_else(|| container.name.clone(), |value| format!("{} FROM={value}", container.name))
    });
    shown.collect()
}

#[test]
fn an_application_in_scala_is_told_that_this_comes_next() {
    in_namespace("scala", async |scene| {
        let manifest = scene
            .example("pi")?
            .with("/spec/type", json!("Scala"))
            .with("/spec/mainClass", json!("org.apache.spark.examples.SparkPi"));
        let app = scene.apply(&manifest).await?;
        // It rests there: an operator that can will find it, and others see why it does not run.
        app.reaches("SUBMISSION_FAILED").await?;
        ensure!(app.cause() == "Unsupported", "{}", app.status());
        let wait = ["wait", "--for=condition=Failed", "sparkapp/pi", "--timeout=150s"];
        scene.kubectl(&wait, "").await?.success()?;
        ensure!(app.error_message().contains("Scala"), "{}", app.error_message());
        Ok(())
    });
}

#[test]
fn a_type_that_nobody_knows_is_refused_by_the_api_server() {
    in_namespace("type", async |scene| {
        let manifest = scene.example("pi")?.with("/spec/type", json!("Cobol"));
        let output = scene.kubectl(&["apply", "-f", "-"], &manifest.text()).await?;
        ensure!(output.status != Some(0), "it was accepted");
        ensure!(output.stderr.contains("spec.type"), "{}", output.stderr);
        Ok(())
    });
}

#[test]
fn fields_that_nobody_knows_are_pruned_and_the_rest_runs() {
    in_namespace("unknown-field", async |scene| {
        let manifest = scene
            .example("pi")?
            .with("/spec/colour", json!("red"))
            .with("/spec/executor/instancse", json!(7));
        let app = scene.post(&manifest).await?;
        let object = scene.applications().get("pi").await?;
        for pointer in ["/spec/colour", "/spec/executor/instancse"] {
            ensure!(object.data.pointer(pointer).is_none(), "{pointer} is still there");
        }
        app.reaches("COMPLETED").await
    });
}
