//! What is wrong is said in one sentence, with exit status 2, and nothing is left.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::harness::App;

/// The stderr of a run that is refused.
fn refused(app: &App, arguments: &[&str]) -> String {
    let ended = app.run(arguments);
    assert_eq!((ended.status, ended.stdout()), (2, ""), "{}", ended.stderr);
    app.assert_nothing_left();
    ended.stderr.trim_end().to_owned()
}

/// Checks the sentence about a manifest in which `from` is replaced by `to`.
fn check(from: &str, to: &str, expected: &str) {
    let app = App::new("echo started").with(from, to);
    assert_eq!(refused(&app, &[]), format!("error: {expected}"));
}

#[test]
fn a_manifest_that_is_not_yaml() {
    check(
        "name: app",
        "name: app: 1",
        "app.yaml:4:12: not YAML: mapping values are not allowed in this context",
    );
}

#[test]
fn a_manifest_that_is_not_text() {
    let app = App::new("");
    fs::write(app.path("app.yaml"), b"\xff\xfe").unwrap();
    assert_eq!(refused(&app, &[]), "error: app.yaml: not a text; a manifest is YAML or JSON in UTF-8");
}

#[test]
fn a_manifest_that_does_not_exist() {
    let ended = App::new("").command(&["none.yaml"]).output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "error: none.yaml: no such file\n");
    let ended = App::new("").command(&["tmp"]).output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(ended.stderr).unwrap(),
        "error: tmp: a directory; a manifest file is expected\n"
    );
}

#[test]
fn a_manifest_of_another_kind() {
    check(
        "kind: SparkApplication",
        "kind: Job",
        "app.yaml: found kind Job with apiVersion sparkoperator.k8s.io/v1beta2; kind SparkApplication of \
         apiVersion sparkoperator.k8s.io/v1beta2 is expected",
    );
}

#[test]
fn a_field_of_a_wrong_type() {
    check(
        "instances: 3",
        "instances: three",
        "app.yaml:15:16: spec.executor.instances: found the string \"three\"; a whole number is expected",
    );
}

#[test]
fn an_unknown_type_of_program() {
    check(
        "type: Rust",
        "type: Ruby",
        "app.yaml:6:9: spec.type: \"Ruby\" is not a type; use Rust, Python, SQL, Java, Scala or R",
    );
}

#[test]
fn a_type_of_program_that_is_not_supported_yet() {
    for name in ["Python", "SQL", "Java", "Scala", "R"] {
        check(
            "type: Rust",
            &format!("type: {name}"),
            &format!(
                "app.yaml:6:9: spec.type: {name} is not supported yet; use Rust, for a program that links the \
                 hearth crate"
            ),
        );
    }
}

#[test]
fn no_cores() {
    check("cores: 2", "cores: 0", "app.yaml:14:12: spec.executor.cores: found 0; at least 1 is needed");
}

#[test]
fn a_memory_that_is_none() {
    check(
        "memory: 1g",
        "memory: 12x",
        "app.yaml:16:13: spec.executor.memory: \"12x\" is not a memory size; write a whole number and a unit \
         (k, m, g or t), as in 512m or 2g",
    );
}

#[test]
fn a_program_that_does_not_exist() {
    let app = App::new("").with("driver.sh", "none.sh");
    let shown = app.path("none.sh").canonicalize().unwrap_err();
    assert_eq!(shown.kind(), std::io::ErrorKind::NotFound);
    let expected = format!(
        "error: app.yaml:8:24: spec.mainApplicationFile: no such file: {}",
        app.path("none.sh").display()
    );
    assert_eq!(refused(&app, &[]), expected);
}

#[test]
fn a_program_that_is_not_below_hearth_home() {
    let app = App::new("").with("driver.sh", "local:///opt/hearth/none");
    let mut command = app.command(&["app.yaml"]);
    let ended = command.env("HEARTH_HOME", app.path("")).output().unwrap();
    assert_eq!(ended.status.code(), Some(2));
    let home = app.path("");
    let expected = format!(
        "error: app.yaml:8:24: spec.mainApplicationFile: no such file: {} (local:///opt/hearth is HEARTH_HOME, \
         here {})\n",
        home.join("none").display(),
        home.display()
    );
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), expected);
}

#[test]
fn a_program_that_is_not_executable() {
    let app = App::new("");
    fs::set_permissions(app.path("driver.sh"), fs::Permissions::from_mode(0o644)).unwrap();
    let expected = format!(
        "error: app.yaml:8:24: spec.mainApplicationFile: {} is not executable; build it as a program, or \
         chmod +x it",
        app.path("driver.sh").display()
    );
    assert_eq!(refused(&app, &[]), expected);
}

#[test]
fn a_program_that_cannot_be_started() {
    let app = App::new("");
    app.install("this is no program");
    let stderr = refused(&app, &[]);
    assert!(stderr.contains("spec.mainApplicationFile: "), "{stderr}");
    assert!(stderr.contains("driver.sh cannot be started: Exec format error"), "{stderr}");
}

#[test]
fn a_program_that_is_a_directory_or_elsewhere() {
    let app = App::new("").with("driver.sh", "tmp");
    assert!(refused(&app, &[]).ends_with("tmp is a directory; name the program in it"));
    let app = App::new("").with("driver.sh", "s3a://bucket/program");
    assert_eq!(
        refused(&app, &[]),
        "error: app.yaml:8:24: spec.mainApplicationFile: found \"s3a://bucket/program\"; s3a:// is not supported \
         when run on this machine, write a path, file:// or local://"
    );
}

#[test]
fn options_that_are_wrong() {
    let app = App::new("");
    assert_eq!(
        refused(&app, &["--set", "spec.executor.cores"]),
        "error: --set spec.executor.cores: no equals sign; write PATH=VALUE, as in spec.executor.instances=3"
    );
    assert_eq!(
        refused(&app, &["--set", "spec.executor.cores=0"]),
        "error: --set spec.executor.cores=0: spec.executor.cores: found 0; at least 1 is needed"
    );
    assert_eq!(
        refused(&app, &["--set", "spec.executor.instnaces=3"]),
        "error: --set spec.executor.instnaces=3: spec.executor.instnaces: no such field; did you mean instances?"
    );
    assert_eq!(
        refused(&app, &["--conf", "spark.executor.cores"]),
        "error: --conf spark.executor.cores: no equals sign; write KEY=VALUE, as in spark.executor.cores=2"
    );
    assert_eq!(
        refused(&app, &["--conf", "cores=2"]),
        "error: --conf cores=2: not one of Spark's settings; their keys begin with spark."
    );
    assert_eq!(
        refused(&app, &["--conf", "spark.executor.memory=12x"]),
        "error: --conf spark.executor.memory=12x: \"12x\" is not a size; write for example 512m, 2g"
    );
    assert!(refused(&app, &["--log-format", "xml"]).contains("[possible values: text, json]"));
    assert!(refused(&app, &["--sett", "a=b"]).contains("unexpected argument '--sett'"));
}

#[test]
fn a_setting_in_spark_conf_that_is_wrong() {
    check(
        "  executor:\n    cores: 2\n",
        "  sparkConf: {spark.executor.cores: none}\n  executor:\n",
        "app.yaml:13:37: spec.sparkConf.\"spark.executor.cores\": \"none\" is not allowed here; a whole number \
         from 1 is",
    );
}

#[test]
fn every_setting_that_is_wrong_has_a_sentence() {
    let app =
        App::new("echo started").with("  executor:\n", "  sparkConf: {spark.master: yarn}\n  executor:\n");
    let master = "\"yarn\" is not a master; use local, local[N], local[*], \
                  local-cluster[executors,cores,memoryMB] or k8s://https://host:port";
    let memory = "--conf spark.executor.memory=12x: \"12x\" is not a size; write for example 512m, 2g";
    let failures = "--conf spark.task.maxFailures=0: \"0\" is not allowed here; a whole number from 1 is";
    let options = ["--conf", "spark.task.maxFailures=0", "--conf", "spark.executor.memory=12x"];
    assert_eq!(
        refused(&app, &options),
        format!(
            "error: {memory}\nerror: app.yaml:13:29: spec.sparkConf.\"spark.master\": {master}\nerror: {failures}"
        )
    );
    assert_eq!(
        refused(&app, &["--conf", "spark.master=yarn"]),
        format!("error: --conf spark.master=yarn: {master}")
    );
    let messages: Vec<String> = refused(&app, &[&options[..], &["--log-format", "json"]].concat())
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["message"].to_string())
        .collect();
    assert_eq!(messages.len(), 3, "{messages:?}");
}

#[test]
fn settings_that_contradict_each_other() {
    let app = App::new("echo started");
    assert_eq!(
        refused(&app, &["--conf", "spark.network.timeout=5s"]),
        "error: --conf spark.network.timeout=5s: 5s must be longer than spark.executor.heartbeatInterval (10s)"
    );
    assert_eq!(
        refused(&app, &["--conf", "spark.executor.heartbeatInterval=200s"]),
        "error: spark.network.timeout (2min) must be longer than spark.executor.heartbeatInterval (200s)"
    );
    assert_eq!(
        refused(&app, &["--conf", "spark.executor.instances=0"]),
        "error: --conf spark.executor.instances=0: \"0\" is allowed only with dynamic allocation; a whole number \
         from 1 is needed"
    );
}

#[test]
fn an_error_is_json_when_logs_are() {
    let app = App::new("").with("cores: 2", "cores: 0");
    let line: serde_json::Value = serde_json::from_str(&refused(&app, &["--log-format", "json"])).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["message"], "app.yaml:14:12: spec.executor.cores: found 0; at least 1 is needed");
}

#[test]
fn an_unknown_field_is_a_warning() {
    let app = App::new("echo started").with("instances: 3", "instnaces: 3");
    let ended = app.run(&[]);
    assert_eq!((ended.status, ended.stdout()), (0, "started\n"));
    assert!(ended.stderr.contains("WARN"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains(
            "app.yaml:15:16: spec.executor.instnaces: no such field; it is ignored (did you mean instances?)"
        ),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_suspended_application_does_not_run_until_it_is_told_to() {
    let app = App::new("echo started").with("spec:", "spec:\n  suspend: true");
    assert_eq!(
        refused(&app, &[]),
        "error: app.yaml:6:12: spec.suspend: found true, so the application is not to run; to run it: --set \
         spec.suspend=false"
    );
    assert_eq!(app.run(&["--set", "spec.suspend=false"]).good().stdout(), "started\n");
}

#[test]
fn a_restart_policy_is_a_warning() {
    let app =
        App::new("exit 3").with("spec:", "spec:\n  restartPolicy: {type: OnFailure, onFailureRetries: 3}");
    let ended = app.run(&[]);
    assert_eq!(ended.status, 3);
    assert!(ended.stderr.contains("the application is run once"), "{}", ended.stderr);
}
