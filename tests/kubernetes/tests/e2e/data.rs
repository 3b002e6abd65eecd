//! Applications that read what is mounted into their pods.

use anyhow::ensure;
use hearth_cluster_tests::in_namespace;
use serde_json::json;

const TEXTS: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata:
  name: texts
data:
  one.txt: |
    the fire and the hearth
    the cat
  two.txt: |
    the cat and the fire
"#;

#[test]
fn word_count_reads_a_mounted_volume_on_every_executor() {
    in_namespace("word-count", async |scene| {
        scene.apply_yaml(TEXTS).await?;
        let mount = json!([{ "name": "texts", "mountPath": "/data/text" }]);
        let manifest = scene
            .example("word-count")?
            .with("/spec/volumes", json!([{ "name": "texts", "configMap": { "name": "texts" } }]))
            .with("/spec/driver/volumeMounts", mount.clone())
            .with("/spec/executor/volumeMounts", mount)
            // A mounted config map has each file twice: as itself, and in the directory that the kubelet swaps.
            .with("/spec/arguments", json!(["/data/text/*.txt"]));
        let app = scene.apply(&manifest).await?;
        app.reaches("COMPLETED").await?;
        let log = scene.log("word-count-driver").await?;
        let mut counts: Vec<&str> = log.lines().take(4).collect();
        counts.sort_unstable();
        ensure!(counts == ["2\tand", "2\tcat", "2\tfire", "5\tthe"], "{log}");
        Ok(())
    });
}
