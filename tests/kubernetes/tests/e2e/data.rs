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

#[test]
fn sort_writes_the_lines_in_order_into_a_volume_of_all_pods() {
    in_namespace("sort", async |scene| {
        // The nodes of the tests' own cluster have the files of this machine.
        if !scene.cluster.is_own() {
            return Ok(());
        }
        scene.apply_yaml(TEXTS).await?;
        let shared = std::env::temp_dir().join(&scene.namespace);
        std::fs::create_dir(&shared)?;
        std::fs::set_permissions(&shared, std::os::unix::fs::PermissionsExt::from_mode(0o777))?;
        let mounts = json!([
            { "name": "texts", "mountPath": "/data/text" },
            { "name": "shared", "mountPath": "/data/shared" },
        ]);
        let volumes = json!([
            { "name": "texts", "configMap": { "name": "texts" } },
            { "name": "shared", "hostPath": { "path": shared } },
        ]);
        let manifest = scene
            .example("sort")?
            .with("/spec/volumes", volumes)
            .with("/spec/driver/volumeMounts", mounts.clone())
            .with("/spec/executor/volumeMounts", mounts)
            .with("/spec/arguments", json!(["/data/text/*.txt", "/data/shared/sorted"]));
        let app = scene.apply(&manifest).await?;
        app.reaches("COMPLETED").await?;
        let files = std::fs::read_dir(shared.join("sorted"))?.map(|entry| Ok(entry?.path()));
        let mut files = files.collect::<std::io::Result<Vec<_>>>()?;
        files.retain(|file| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("part-")));
        files.sort();
        let parts = files.iter().map(std::fs::read_to_string).collect::<std::io::Result<Vec<_>>>()?;
        ensure!(parts.concat() == "the cat\nthe cat and the fire\nthe fire and the hearth\n", "{parts:?}");
        std::fs::remove_dir_all(shared)?;
        Ok(())
    });
}
