//! Examples that read what is mounted into their pods, and write it.

use std::path::PathBuf;

use anyhow::ensure;
use hearth_cluster_tests::{Scene, in_namespace};
use serde_json::{Value, json};

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
  left.tsv: "b\t2\nb\t1\tx\na\nc\t9\n"
  right.tsv: "b\t7\nb\na\t5\nz\t1\n"
"#;

// A mounted config map has each file twice: as itself, and in the directory that the kubelet swaps.
const INPUT: &str = "/data/text/*.txt";

#[test]
fn word_count_reads_a_mounted_volume_on_every_executor() {
    in_namespace("word-count", async |scene| {
        scene.apply_yaml(TEXTS).await?;
        let counted = follow(&scene, "word-count", None, &[INPUT]).await?;
        let mut counts: Vec<&str> = counted.lines().collect();
        counts.sort_unstable();
        ensure!(counts == ["1\thearth", "2\tand", "2\tcat", "2\tfire", "5\tthe"], "{counted}");
        Ok(())
    });
}

#[test]
fn sort_and_join_write_lines_in_order_into_a_volume_of_all_pods() {
    in_namespace("sort", async |scene| {
        // The nodes of the tests' own cluster have the files of this machine.
        if !scene.cluster.is_own() {
            return Ok(());
        }
        scene.apply_yaml(TEXTS).await?;
        let shared = folder_for_all(&scene)?;
        let there = Some(shared.as_path());
        let tables = ["/data/text/left.tsv", "/data/text/right.tsv", "/data/shared/joined"];
        tokio::try_join!(
            follow(&scene, "sort", there, &[INPUT, "/data/shared/sorted"]),
            follow(&scene, "join", there, &tables),
        )?;
        let sorted = parts(&shared.join("sorted"))?;
        ensure!(sorted == "the cat\nthe cat and the fire\nthe fire and the hearth\n", "{sorted}");
        let joined = parts(&shared.join("joined"))?;
        ensure!(joined == "a\t5\nb\t1\tx\nb\t1\tx\t7\nb\t2\nb\t2\t7\n", "{joined}");
        std::fs::remove_dir_all(shared)?;
        Ok(())
    });
}

/// A folder of this machine, which the nodes of the tests' own cluster have too, for the users of all pods.
pub(crate) fn folder_for_all(scene: &Scene) -> anyhow::Result<PathBuf> {
    let folder = std::env::temp_dir().join(&scene.namespace);
    std::fs::create_dir(&folder)?;
    std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o777))?;
    Ok(folder)
}

/// Runs an example with the texts mounted, and the directory of this machine that is for all pods; returns what it printed.
async fn follow(
    scene: &Scene,
    example: &str,
    shared: Option<&std::path::Path>,
    arguments: &[&str],
) -> anyhow::Result<String> {
    let mut volumes = vec![json!({ "name": "texts", "configMap": { "name": "texts" } })];
    let mut mounts = vec![json!({ "name": "texts", "mountPath": "/data/text" })];
    if let Some(path) = shared {
        volumes.push(json!({ "name": "shared", "hostPath": { "path": path } }));
        mounts.push(json!({ "name": "shared", "mountPath": "/data/shared" }));
    }
    let fields = [
        ("spec.volumes", Value::from(volumes)),
        ("spec.driver.volumeMounts", Value::from(mounts.clone())),
        ("spec.executor.volumeMounts", Value::from(mounts)),
    ];
    scene.follow_example(example, &fields, arguments).await?.success()
}

/// What the parts of a directory hold, one after the other.
fn parts(directory: &std::path::Path) -> anyhow::Result<String> {
    let files = std::fs::read_dir(directory)?.map(|entry| Ok(entry?.path()));
    let mut files = files.collect::<std::io::Result<Vec<_>>>()?;
    files.retain(|file| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("part-")));
    files.sort();
    Ok(files.iter().map(std::fs::read_to_string).collect::<std::io::Result<Vec<_>>>()?.concat())
}
