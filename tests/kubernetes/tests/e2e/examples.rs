//! The examples as their files are, with inputs that are mounted where the files say.
//! For those that are not here, see `submit`, `data` and `resources`.

use std::collections::BTreeMap;

use anyhow::ensure;
use futures::future::try_join_all;
use hearth_cluster_tests::{Scene, in_namespace};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::api::{ObjectMeta, PostParams};
use serde_json::{Value, json};

const EDGES: &str = "a b\nb a\n";
const LEFT: &str = "b\t2\nb\t1\tx\na\nc\t9\n";
const RIGHT: &str = "b\t7\nb\na\t5\nz\t1\n";
const LOG: &str = "26/11/21 07:00:00 ERROR Shuffle: connection refused by host1
26/11/21 07:00:01 INFO Shuffle: no ERROR, a timeout only
26/11/21 07:00:02 ERROR Disk: timeout after 30 s
";
/// As many as there are clusters.
const POINTS: [&str; 8] = ["0 0", "0 9", "9 0", "9 9", "0 99", "99 0", "9 99", "99 9"];

#[test]
fn examples_run_in_pods_from_their_own_files() {
    in_namespace("examples", async |scene| {
        let points = POINTS.join("\n");
        let files = [
            ("edges.txt", EDGES),
            ("left.tsv", LEFT),
            ("right.tsv", RIGHT),
            ("logs", LOG),
            ("points.txt", &points),
        ];
        let data = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let inputs = ConfigMap {
            metadata: ObjectMeta { name: Some("inputs".to_owned()), ..ObjectMeta::default() },
            data: Some(BTreeMap::from(data)),
            ..ConfigMap::default()
        };
        scene.api().create(&PostParams::default(), &inputs).await?;
        let examples = ["k-means", "log-mining", "page-rank", "transitive-closure"];
        let printed = try_join_all(examples.map(|name| stdout(&scene, name))).await?;
        let mut centres: Vec<&str> = printed[0].lines().collect();
        centres.sort_unstable();
        let mut points = POINTS.to_vec();
        points.sort_unstable();
        ensure!(centres == points, "{centres:?}");
        let answers =
            "2 errors\n1 mention timeout\n1 mention refused\n0 mention memory\n1 in Disk\n1 in Shuffle\n";
        ensure!(printed[1] == answers, "{}", printed[1]);
        ensure!(printed[2] == "a\t1\nb\t1\n", "{}", printed[2]);
        ensure!(printed[3] == "The transitive closure has 6496 edges\n", "{}", printed[3]);
        Ok(())
    });
}

async fn stdout(scene: &Scene, name: &str) -> anyhow::Result<String> {
    let mount = json!([{ "name": "inputs", "mountPath": "/data" }]);
    let fields: [(&str, Value); 3] = [
        ("spec.volumes", json!([{ "name": "inputs", "configMap": { "name": "inputs" } }])),
        ("spec.driver.volumeMounts", mount.clone()),
        ("spec.executor.volumeMounts", mount),
    ];
    scene.follow_example(name, &fields, &[]).await?.success()
}
