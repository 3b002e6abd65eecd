//! The commands that talk to a cluster, as far as they go without one.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hearth_crd::read_application;

fn hearth(arguments: &[&str]) -> Output {
    hearth_at(Path::new(env!("CARGO_BIN_EXE_hearth")), arguments)
}

/// Without any cluster of whoever runs the tests, and logging as little as by itself.
fn hearth_at(binary: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(binary);
    command.args(arguments).env("HOME", "/nonexistent").env_remove("KUBECONFIG");
    for variable in [
        "KUBERNETES_SERVICE_HOST",
        "KUBERNETES_SERVICE_PORT",
        "HEARTH_LOG_LEVEL",
        "HEARTH_LOG_FORMAT",
        "RUST_LOG",
    ] {
        command.env_remove(variable);
    }
    command.output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn pi() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/examples/pi.yaml");
    path.to_str().unwrap().to_owned()
}

#[test]
fn every_command_teaches_with_examples_and_names_its_options() {
    for command in ["submit", "list", "status", "logs", "why", "kill", "rerun"] {
        let help = stdout(&hearth(&[command, "--help"]));
        for expected in ["Examples:\n", "--namespace", "--context", "--kubeconfig", "Usage: hearth "] {
            assert!(help.contains(expected), "{command}: {help}");
        }
    }
}

#[test]
fn without_a_cluster_the_way_out_is_named() {
    for arguments in [&["list"][..], &["status", "pi"], &["submit", &pi()]] {
        let output = hearth(arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let expected = "error: no cluster is configured: there is no ~/.kube/config, KUBECONFIG is not set, and this is \
                        not a pod; name a file with --kubeconfig FILE\n";
        assert_eq!(stderr(&output), expected);
    }
}

#[test]
fn a_wrong_kubeconfig_is_named() {
    let output = hearth(&["list", "--kubeconfig", "/nonexistent/config"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        stderr(&output),
        "error: /nonexistent/config: not a kubeconfig that can be used: no such file; name another with --kubeconfig \
         FILE\n"
    );
}

fn kubeconfig(folder: &Path) -> PathBuf {
    let path = folder.join("config");
    let text = "\
apiVersion: v1
kind: Config
clusters: [{name: here, cluster: {server: 'http://127.0.0.1:1'}}]
users: [{name: me, user: {}}]
contexts: [{name: home, context: {cluster: here, user: me, namespace: jobs}}]
current-context: home
";
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn a_context_that_is_not_there_is_answered_with_those_that_are() {
    let folder = tempfile::tempdir().unwrap();
    let config = kubeconfig(folder.path());
    let output = hearth(&["list", "--kubeconfig", config.to_str().unwrap(), "--context", "work"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stderr(&output), "error: the kubeconfig has no context \"work\"; it has home\n");
}

#[test]
fn a_server_that_does_not_answer_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let config = kubeconfig(folder.path());
    let output = hearth(&["list", "--kubeconfig", config.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let error = stderr(&output);
    assert!(error.starts_with("error: list applications: http://127.0.0.1:1 does not answer: "), "{error}");
    assert!(
        error.ends_with("is the cluster up, and is it the right context of the kubeconfig?\n"),
        "{error}"
    );
}

#[test]
fn a_dry_run_prints_what_would_be_sent() {
    let folder = tempfile::tempdir().unwrap();
    let config = kubeconfig(folder.path());
    let options = ["--set", "spec.executor.cores=3", "-c", "spark.executor.instances=4", "--", "7"];
    let dry_run = ["submit", &pi(), "--dry-run=client", "--kubeconfig", config.to_str().unwrap()];
    let output = hearth(&[&dry_run[..], &options].concat());
    let application = read_application(&stdout(&output), "stdout").unwrap();
    assert_eq!(application.metadata.namespace.as_deref(), Some("jobs"));
    assert_eq!((application.spec.executor.instances, application.spec.executor.cores), (Some(4), Some(3)));
    assert_eq!(application.spec.arguments, Some(vec!["7".to_owned()]));
    assert_eq!(application.spec.spark_conf, None);

    let output = hearth(&["submit", &pi(), "--dry-run=client", "-o", "name"]);
    assert_eq!(stdout(&output), "sparkapplication.sparkoperator.k8s.io/pi\n");
}

#[test]
fn what_is_wrong_is_refused_before_anything_is_sent() {
    let refused = |options: &[&str]| {
        let output = hearth(&[&["submit", &pi()], options].concat());
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        stderr(&output)
    };
    let error = "error: --set spec.executor.cores=0: spec.executor.cores: found 0; at least 1 is needed\n";
    assert_eq!(refused(&["--set", "spec.executor.cores=0"]), error);
    assert!(refused(&["--set", "spec.executer.cores=1"]).contains("no such field"));
    assert!(
        refused(&["--conf", "spark.task.maxFailures=no"])
            .starts_with("error: --conf spark.task.maxFailures=no: ")
    );
    assert!(refused(&["--follow", "--output", "json"]).contains("cannot be used with"));
    assert!(refused(&["--wait", "--timeout", "soon"]).contains("write it as in 90s, 10m or 1h30m"));
    let output = hearth(&["submit", "/nonexistent.yaml"]);
    assert_eq!(stderr(&output), "error: /nonexistent.yaml: no such file\n");
}

#[test]
fn a_time_limit_needs_something_to_wait_for() {
    for arguments in [&["submit", &pi(), "--timeout", "10m"][..], &["kill", "pi", "--timeout", "10m"]] {
        let output = hearth(arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(stderr(&output).contains("--wait"), "{output:?}");
    }
    // With it the cluster is what is missing.
    for arguments in [
        &["submit", &pi(), "--timeout", "10m", "--wait", "--follow"][..],
        &["kill", "pi", "--timeout", "10m", "--wait"],
        &["rerun", "pi", "--timeout", "10m"],
    ] {
        assert!(stderr(&hearth(arguments)).contains("no cluster is configured"), "{arguments:?}");
    }
}

#[test]
fn through_a_link_it_is_a_plugin_of_kubectl() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("kubectl-hearth");
    symlink(env!("CARGO_BIN_EXE_hearth"), &link).unwrap();
    let help = stdout(&hearth_at(&link, &["--help"]));
    assert!(help.contains("Usage: kubectl hearth "), "{help}");
    let help = stdout(&hearth_at(&link, &["list", "--help"]));
    assert!(help.contains("Usage: kubectl hearth list"), "{help}");
    assert!(help.contains("\n    kubectl hearth list -A\n"), "{help}");
    let error = stderr(&hearth_at(&link, &["status"]));
    assert!(error.contains("Usage: kubectl hearth status <NAME>"), "{error}");
}
