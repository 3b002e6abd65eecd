//! Strangers that connect to the pods of an application, past any network policy: they are told nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use hearth_cluster_tests::{Output, Scene, in_namespace, run};
use k8s_openapi::api::core::v1::{Pod, Secret};
use serde_json::json;

/// Who a client says that it is.
#[derive(Clone, Copy, Debug)]
enum Client<'a> {
    Nobody,
    /// The executor of the application with the certificates in this folder.
    ExecutorOf(&'a Path),
}

#[test]
fn without_a_certificate_of_the_application_driver_and_executors_answer_with_nothing_but_an_alert() {
    in_namespace("strangers", async |scene| {
        // Of another cluster, nobody knows whether its pods are reached from here.
        if !scene.cluster.is_own() {
            return Ok(());
        }
        let rounds = scene.program("mine", "scenario", &["rounds", "1000"])?;
        scene.apply(&rounds.with("/spec/executor/instances", json!(1))).await?;
        // Of the other, the secret is enough.
        let other = scene.program("other", "scenario", &["rounds", "1"])?;
        let other = scene.apply(&other.with("/spec/image", json!("hearth.test/nothing:here"))).await?;
        other.reaches("SUBMITTED").await?;
        scene.log_says("mine-driver", "round 0").await?;
        let driver = scene.running("mine", "driver", 1).await?;
        let executors = scene.running("mine", "executor", 1).await?;
        let (mine, other) = (certificates(&scene, "mine").await?, certificates(&scene, "other").await?);
        for address in [address(&driver[0], 7078)?, address(&executors[0], 7079)?] {
            let answer = connect(&address, Client::ExecutorOf(&mine)).await?;
            ensure!(!answer.stdout.is_empty(), "{address} did not answer its own: {}", answer.stderr);
            for (client, alert) in
                [(Client::Nobody, "certificate required"), (Client::ExecutorOf(&other), "alert")]
            {
                let answer = connect(&address, client).await?;
                ensure!(answer.stdout.is_empty(), "{address} answered {client:?}: {}", answer.stdout);
                ensure!(answer.stderr.contains(alert), "{address} to {client:?}: {}", answer.stderr);
            }
        }
        for folder in [mine, other] {
            std::fs::remove_dir_all(folder)?;
        }
        Ok(())
    });
}

/// Connects, says something that no version of HTTP begins with, and reads to the end: whoever is let in is at least told so.
async fn connect(address: &str, client: Client<'_>) -> anyhow::Result<Output> {
    let mut command = Command::new("timeout");
    // The cluster's own certificates are made with it too, so it is there.
    command.args(["20", "openssl", "s_client", "-quiet", "-alpn", "h2", "-connect", address]);
    if let Client::ExecutorOf(folder) = client {
        command.arg("-cert").arg(folder.join("executor.crt")).arg("-key").arg(folder.join("executor.key"));
    }
    tokio::task::spawn_blocking(move || run(command, &"let me in\n".repeat(10))).await?
}

fn address(pod: &Pod, port: u16) -> anyhow::Result<String> {
    let ip = pod.status.as_ref().and_then(|status| status.pod_ip.as_ref()).context("the pod's address")?;
    Ok(format!("{ip}:{port}"))
}

/// Writes the certificates of an application into a folder.
async fn certificates(scene: &Scene, application: &str) -> anyhow::Result<PathBuf> {
    let secret = scene.api::<Secret>().get(&format!("{application}-hearth")).await?;
    let folder = std::env::temp_dir().join(format!("{}-{application}", scene.namespace));
    std::fs::create_dir_all(&folder)?;
    for (name, content) in secret.data.unwrap_or_default() {
        std::fs::write(folder.join(name), content.0)?;
    }
    Ok(folder)
}
