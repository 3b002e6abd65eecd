//! Manifests that are refused, each with the sentence that its writer sees.

#![expect(clippy::expect_used, reason = "a test that cannot go on says so")]

use hearth_crd::{Manifest, read_application};

const APP: &str = "\
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata:
  name: app
spec:
  type: Rust
  sparkVersion: 4.3.0
  mainApplicationFile: /opt/app
  driver:
    cores: 1
    memory: 512m
  executor:
    cores: 1
    instances: 2
    memory: 1g
";

fn refused(text: &str) -> String {
    read_application(text, "app.yaml").expect_err("the manifest is wrong").to_string()
}

/// The error after `from` is replaced by `to` in a good manifest.
fn check(from: &str, to: &str, expected: &str) {
    assert!(APP.contains(from), "{from}");
    assert_eq!(refused(&APP.replacen(from, to, 1)), expected);
}

#[test]
fn the_manifest_that_the_others_are_made_from_is_right() {
    read_application(APP, "app.yaml").unwrap();
}

#[test]
fn what_is_not_yaml() {
    check(
        "  name: app",
        "  name: app: x",
        "app.yaml:4:12: not YAML: mapping values are not allowed in this context",
    );
    assert_eq!(
        refused("{\"kind\": \"SparkApplication\",\n \"spec\": [}"),
        "app.yaml:2:11: not JSON: expected value"
    );
}

#[test]
fn what_is_of_another_kind() {
    check(
        "kind: SparkApplication",
        "kind: Deployment",
        "app.yaml: found kind Deployment with apiVersion sparkoperator.k8s.io/v1beta2; kind SparkApplication of \
         apiVersion sparkoperator.k8s.io/v1beta2 is expected",
    );
    check(
        "/v1beta2",
        "/v1beta1",
        "app.yaml: found kind SparkApplication with apiVersion sparkoperator.k8s.io/v1beta1; kind \
         SparkApplication of apiVersion sparkoperator.k8s.io/v1beta2 is expected",
    );
    assert_eq!(
        refused("just a text"),
        "app.yaml: found no mapping with apiVersion, kind, metadata and spec; kind SparkApplication of apiVersion \
         sparkoperator.k8s.io/v1beta2 is expected"
    );
    assert_eq!(
        refused("a: b"),
        "app.yaml: found no kind with no apiVersion; kind SparkApplication of apiVersion \
         sparkoperator.k8s.io/v1beta2 is expected"
    );
    assert_eq!(
        refused("# nothing\n"),
        "app.yaml: empty; a manifest of kind SparkApplication (sparkoperator.k8s.io/v1beta2) is expected"
    );
}

#[test]
fn what_holds_several_applications() {
    let text = format!("{APP}---\n{}", APP.replace("name: app", "name: other"));
    assert_eq!(refused(&text), "app.yaml: found 2 applications (app, other); give each a file of its own");
}

#[test]
fn a_value_of_a_wrong_type() {
    check(
        "cores: 1\n    memory: 512m",
        "cores: two",
        "app.yaml:10:12: spec.driver.cores: found the string \"two\"; a whole number is expected",
    );
    check(
        "cores: 1",
        "cores: \"1\"",
        "app.yaml:10:12: spec.driver.cores: found the string \"1\"; a whole number is expected, so leave out the quotes: 1",
    );
    check(
        "cores: 1",
        "cores: 1.5",
        "app.yaml:10:12: spec.driver.cores: found the number 1.5; a whole number is expected",
    );
    check(
        "cores: 1",
        "cores: 5000000000",
        "app.yaml:10:12: spec.driver.cores: found the number 5000000000; a whole number from -2147483648 to 2147483647 is expected",
    );
    check(
        "memory: 512m",
        "memory: 512",
        "app.yaml:11:13: spec.driver.memory: found the number 512; a string is expected, so put it in quotes: \"512\"",
    );
    check(
        "memory: 512m",
        "memory: [512m]",
        "app.yaml:11:13: spec.driver.memory: found a list; a string is expected",
    );
    check(
        "  driver:\n    cores: 1\n    memory: 512m\n",
        "  driver: 1\n",
        "app.yaml:9:11: spec.driver: found the number 1; a mapping of fields is expected",
    );
    check(
        "  driver:\n    cores: 1\n    memory: 512m\n",
        "  driver:\n",
        "app.yaml:9:10: spec.driver: found nothing; a mapping of fields is expected",
    );
    check(
        "  driver:",
        "  suspend: \"no\"\n  driver:",
        "app.yaml:9:12: spec.suspend: found the string \"no\"; true or false is expected",
    );
    check(
        "  driver:",
        "  arguments: a b\n  driver:",
        "app.yaml:9:14: spec.arguments: found the string \"a b\"; a list is expected",
    );
    check(
        "  driver:",
        "  arguments: [a, 2]\n  driver:",
        "app.yaml:9:18: spec.arguments[1]: found the number 2; a string is expected, so put it in quotes: \"2\"",
    );
    check(
        "  driver:",
        "  sparkConf: {spark.task.maxFailures: 2}\n  driver:",
        "app.yaml:9:39: spec.sparkConf.\"spark.task.maxFailures\": found the number 2; a string is expected, so put it in quotes: \"2\"",
    );
    check(
        "  driver:",
        "  sparkConf: {spark: {ui: x}}\n  driver:",
        "app.yaml:9:22: spec.sparkConf.spark: found a mapping; a string is expected, and a key with dots is one key: spec.sparkConf.\"spark.…\"",
    );
    check(
        "  driver:",
        "  volumes: [{name: v}, {name: 7}]\n  driver:",
        "app.yaml:9:31: spec.volumes[1].name: found the number 7; a string is expected, so put it in quotes: \"7\"",
    );
}

#[test]
fn a_value_of_no_enum() {
    check(
        "type: Rust",
        "type: Ruby",
        "app.yaml:6:9: spec.type: \"Ruby\" is not a type; use Rust, Python, SQL, Java, Scala or R",
    );
    check(
        "  driver:",
        "  mode: local\n  driver:",
        "app.yaml:9:9: spec.mode: \"local\" is not a mode; use cluster or client",
    );
    check(
        "  driver:",
        "  pythonVersion: 3\n  driver:",
        "app.yaml:9:18: spec.pythonVersion: found the number 3; a string is expected, so put it in quotes: \"3\"",
    );
    check(
        "  driver:",
        "  pythonVersion: '4'\n  driver:",
        "app.yaml:9:18: spec.pythonVersion: \"4\" is not a python version; use 2 or 3",
    );
    check(
        "  driver:",
        "  restartPolicy: {type: Sometimes}\n  driver:",
        "app.yaml:9:25: spec.restartPolicy.type: \"Sometimes\" is not a type; use Never, OnFailure or Always",
    );
}

#[test]
fn a_field_that_is_missing() {
    check("  type: Rust\n", "", "app.yaml:6:3: spec.type: missing; it is required");
    check(
        "  mainApplicationFile: /opt/app\n",
        "",
        "app.yaml:6:3: spec.mainApplicationFile: missing; it is required",
    );
    check(
        "  name: app",
        "  namespace: app",
        "app.yaml:4:3: metadata.name: missing; an application needs a name",
    );
    assert_eq!(
        refused("apiVersion: sparkoperator.k8s.io/v1beta2\nkind: SparkApplication\nmetadata: {name: a}\n"),
        "app.yaml:1:1: spec: missing; it is required"
    );
}

#[test]
fn a_number_that_is_too_small() {
    check(
        "cores: 1\n    instances",
        "cores: 0\n    instances",
        "app.yaml:13:12: spec.executor.cores: found 0; at least 1 is needed",
    );
    check(
        "instances: 2",
        "instances: 0",
        "app.yaml:14:16: spec.executor.instances: found 0; at least 1 is needed",
    );
    check(
        "instances: 2",
        "instances: -2",
        "app.yaml:14:16: spec.executor.instances: found -2; at least 1 is needed",
    );
    check("cores: 1", "cores: -1", "app.yaml:10:12: spec.driver.cores: found -1; at least 1 is needed");
    check(
        "  driver:",
        "  restartPolicy: {onFailureRetries: -1}\n  driver:",
        "app.yaml:9:37: spec.restartPolicy.onFailureRetries: found -1; at least 0 is needed",
    );
    check(
        "  driver:",
        "  dynamicAllocation: {minExecutors: 3, maxExecutors: 2}\n  driver:",
        "app.yaml:9:37: spec.dynamicAllocation.minExecutors: found 3; at most maxExecutors, 2, is allowed",
    );
}

#[test]
fn no_executors_are_allowed_with_dynamic_allocation() {
    let text = APP.replace("instances: 2", "instances: 0");
    let text = text.replace("  driver:", "  dynamicAllocation: {enabled: true}\n  driver:");
    read_application(&text, "app.yaml").unwrap();
}

#[test]
fn a_size_that_is_none() {
    check(
        "memory: 1g",
        "memory: 12x",
        "app.yaml:15:13: spec.executor.memory: \"12x\" is not a memory size; write a whole number and a unit (k, m, g or t), as in 512m or 2g",
    );
    check(
        "memory: 1g",
        "memory: 1Gi",
        "app.yaml:15:13: spec.executor.memory: \"1Gi\" is not a memory size; write a whole number and a unit (k, m, g or t), as in 1g",
    );
    check(
        "memory: 1g",
        "memory: 0g",
        "app.yaml:15:13: spec.executor.memory: found \"0g\"; at least 1m is needed",
    );
    check(
        "memory: 1g",
        "coreLimit: one",
        "app.yaml:15:16: spec.executor.coreLimit: \"one\" is not a Kubernetes quantity; write a number and a unit, as in 500m, 2 or 2Gi",
    );
}

#[test]
fn every_wrong_value_is_reported_at_once() {
    let text = APP
        .replace("cores: 1", "cores: 0")
        .replace("memory: 1g", "memory: much")
        .replace("name: app", "name: App");
    let text = refused(&text);
    let fields: Vec<_> = text.lines().map(|line| line.split(": ").nth(1).unwrap()).collect();
    assert_eq!(fields, ["metadata.name", "spec.driver.cores", "spec.executor.cores", "spec.executor.memory"]);
}

#[test]
fn fields_that_exclude_each_other() {
    check(
        "  driver:",
        "  nodeSelector: {a: b}\n  driver:\n    nodeSelector: {a: b}",
        "app.yaml:11:19: spec.driver.nodeSelector: found beside spec.nodeSelector; use one or the other",
    );
    check(
        "4.3.0\n",
        "2.4.5\n  executor: {}\n",
        "app.yaml:6:3: not YAML: spec: duplicate entry with key \"executor\"",
    );
}

#[test]
fn an_assignment_is_named_where_its_value_is_wrong() {
    let error = |assignment: &str| {
        let mut manifest = Manifest::parse(APP, "app.yaml").unwrap();
        manifest.set(assignment).and_then(|()| manifest.application()).unwrap_err().to_string()
    };
    assert_eq!(
        error("spec.executor.cores=0"),
        "--set spec.executor.cores=0: spec.executor.cores: found 0; at least 1 is needed"
    );
    assert_eq!(
        error("spec.executor.cores=many"),
        "--set spec.executor.cores=many: spec.executor.cores: found the string \"many\"; a whole number is expected"
    );
    assert_eq!(
        error("spec.sparkConf.spark.task.maxFailures=2"),
        "--set spec.sparkConf.spark.task.maxFailures=2: spec.sparkConf.spark: found a mapping; a string is expected, \
         and a key with dots is one key: spec.sparkConf.\"spark.…\""
    );
}

#[test]
fn a_driver_pod_whose_logs_no_node_could_keep() {
    let named = |length| {
        let name = format!("  driver:\n    podName: {}", "d".repeat(length));
        APP.replace("name: app", "name: app\n  namespace: default").replace("  driver:", &name)
    };
    read_application(&named(210), "app.yaml").unwrap();
    assert_eq!(
        refused(&named(211)),
        "app.yaml:11:14: spec.driver.podName: found 211 characters; a pod of this namespace can have 210"
    );
}

#[test]
fn no_part_of_a_manifest_and_no_garbage_is_too_much_for_the_reader() {
    let whole = include_str!("manifests/everything.yaml");
    for end in (0..whole.len()).step_by(17).filter(|end| whole.is_char_boundary(*end)) {
        read_application(&whole[..end], "app.yaml").ok();
        read_application(&whole[end..], "app.yaml").ok();
    }
    let deep = "[".repeat(10_000);
    for text in [
        "",
        "\0",
        "{",
        "}",
        "- - -",
        "&a *a",
        "*a",
        "? [a]: b",
        "!!x y",
        "%",
        "\u{feff}",
        "a: &a [*a]",
        &deep,
    ] {
        assert!(read_application(text, "app.yaml").is_err(), "{text}");
    }
}
