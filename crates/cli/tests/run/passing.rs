//! What reaches the driver, and what comes back from it.

use std::fs;
use std::process::{Command, Stdio};

use crate::harness::{App, MANIFEST, hearth_at};

#[test]
fn stdout_is_that_of_the_program_byte_for_byte() {
    let app = App::new("cat bytes; echo to stderr >&2");
    let bytes: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    fs::write(app.path("bytes"), &bytes).unwrap();
    let ended = app.run(&[]);
    assert_eq!(ended.status, 0);
    assert!(ended.stdout == bytes, "{} bytes", ended.stdout.len());
    assert_eq!(ended.stderr, "to stderr\n");
    app.assert_nothing_left();
}

#[test]
fn the_exit_status_is_that_of_the_program() {
    for status in [0, 1, 3, 255] {
        let app = App::new(&format!("exit {status}"));
        assert_eq!(app.run(&[]).status, status);
        app.assert_nothing_left();
    }
}

#[test]
fn stdin_is_passed_on() {
    let app = App::new("cat");
    app.write("input", "a line\n");
    let output =
        app.command(&["app.yaml"]).stdin(fs::File::open(app.path("input")).unwrap()).output().unwrap();
    assert_eq!(output.stdout, b"a line\n");
}

#[test]
fn arguments_are_those_of_the_manifest_or_of_the_command_line() {
    let app = App::new("printf '<%s>' \"$@\"");
    assert_eq!(app.run(&[]).good().stdout(), "<one><two words>");
    assert_eq!(app.run(&["--", "--set", "x y", ""]).good().stdout(), "<--set><x y><>");
}

#[test]
fn the_driver_has_a_private_configuration_in_a_directory_of_the_run() {
    let app = App::new(
        "stat -c %a \"$HEARTH_CONF_FILE\" \"$HEARTH_APP_DIR\"\n\
         dirname \"$HEARTH_CONF_FILE\"\n\
         echo \"$HEARTH_APP_DIR\"\n\
         echo \"$HEARTH_LAUNCHER_PID $PPID\"",
    );
    let ended = app.run(&[]).good();
    let lines = ended.lines();
    assert_eq!(lines[..2], ["600", "700"]);
    assert_eq!(lines[2], lines[3]);
    let (pid, parent) = lines[4].split_once(' ').unwrap();
    assert_eq!(pid, parent);
    let prefix = app.temp_dir().join(format!("hearth-{pid}-"));
    assert!(lines[2].starts_with(prefix.to_str().unwrap()), "{}", lines[2]);
    app.assert_nothing_left();
}

#[test]
fn the_directory_of_the_run_is_below_spark_local_dir() {
    let app = App::new("dirname \"$HEARTH_APP_DIR\"");
    let ended = app.run(&["--conf", "spark.local.dir=scratch/deep,other"]).good();
    assert_eq!(ended.stdout().trim_end(), app.path("scratch/deep").to_str().unwrap());
    assert_eq!(fs::read_dir(app.path("scratch/deep")).unwrap().count(), 0);
}

#[test]
fn variables_of_the_manifest_reach_the_driver() {
    let variables = "driver:\n    envVars: {A: old, B: b}\n    env: [{name: A, value: new}]\n";
    let app = App::new("echo $A $B").with("driver:\n", variables);
    assert_eq!(app.run(&[]).good().stdout(), "new b\n");
}

#[test]
fn variables_from_kubernetes_are_a_warning() {
    let variables = "driver:\n    env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]\n";
    let ended = App::new("").with("driver:\n", variables).run(&[]);
    assert_eq!(ended.status, 0);
    assert!(ended.stderr.contains("spec.driver.env: A comes from Kubernetes"), "{}", ended.stderr);
}

#[test]
fn the_options_of_logging_reach_the_driver() {
    let app = App::new("echo \"$HEARTH_LOG_LEVEL,$HEARTH_LOG_FORMAT,$RUST_LOG\"");
    assert_eq!(app.run(&[]).good().stdout(), ",text,\n");
    let ended = app.run(&["--log-level", "DEBUG", "--log-format", "json"]);
    assert_eq!(ended.stdout(), "debug,json,debug\n");
    for line in ended.stderr.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["message"].is_string(), "{line}");
    }
    assert!(ended.stderr.contains("started the driver"));
}

#[test]
fn programs_are_found_by_path_and_by_uri() {
    for uri in
        ["./driver.sh", "file://{folder}/driver.sh", "local://{folder}/driver.sh", "{folder}/driver.sh"]
    {
        let app = App::new("echo here");
        let uri = uri.replace("{folder}", app.path("").to_str().unwrap());
        let app = app.with("driver.sh", &uri);
        assert_eq!(app.run(&[]).good().stdout(), "here\n", "{uri}");
    }
    let app = App::new("echo home").with("driver.sh", "local:///opt/hearth/driver.sh");
    let output = app.command(&["app.yaml"]).env("HEARTH_HOME", app.path("")).output().unwrap();
    assert_eq!(output.stdout, b"home\n");
}

#[test]
fn the_home_is_the_folder_of_the_binary() {
    let app = App::new("echo beside").with("driver.sh", "local:///opt/hearth/driver.sh");
    let binary = app.path("hearth");
    // By another process: a child that this one starts meanwhile would keep the copy open, and so not executable.
    let copy = Command::new("cp").arg(env!("CARGO_BIN_EXE_hearth")).arg(&binary).status();
    assert!(copy.unwrap().success());
    let output = hearth_at(&binary)
        .args(["run", "app.yaml"])
        .current_dir(app.path(""))
        .env("TMPDIR", app.temp_dir())
        .output()
        .unwrap();
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (&b"beside\n"[..], &b""[..]));
}

#[test]
fn a_manifest_may_be_json_and_may_come_from_stdin() {
    let app = App::new("printf '<%s>' \"$@\"");
    app.write(
        "app.json",
        r#"{
	"apiVersion": "sparkoperator.k8s.io/v1beta2",
	"kind": "SparkApplication",
	"metadata": {"name": "app"},
	"spec": {"type": "Rust", "sparkVersion": "4.3.0", "mainApplicationFile": "driver.sh",
		"arguments": ["from \u006a\/son"], "driver": {}, "executor": {"instances": 1}}
}"#,
    );
    let output = app.command(&["app.json"]).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "<from j/son>");
    let mut child = app.command(&["-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), MANIFEST.as_bytes()).unwrap();
    assert_eq!(child.wait_with_output().unwrap().stdout, b"<one><two words>");
}
