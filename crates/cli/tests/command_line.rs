//! The commands beside `run`, and the help of all.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use hearth_crd::Manifest;
use serde_json::Value;

fn hearth(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hearth"));
    // Variables of whoever runs the tests must not change what they see.
    for variable in ["HEARTH_LOG_LEVEL", "HEARTH_LOG_FORMAT", "RUST_LOG"] {
        command.env_remove(variable);
    }
    command.args(arguments).output().unwrap()
}

fn stdout(arguments: &[&str]) -> String {
    let output = hearth(arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn help_teaches_with_examples() {
    for arguments in [&["--help"][..], &["run", "--help"], &["version", "--help"], &["completions", "--help"]]
    {
        let help = stdout(arguments);
        assert!(help.contains("Examples:\n"), "{help}");
        assert!(help.contains("hearth "), "{help}");
    }
}

#[test]
fn no_command_is_an_error_that_shows_the_help() {
    let output = hearth(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("Usage: hearth"));
}

#[test]
fn version_says_what_it_follows() {
    let expected = concat!(
        "hearth ",
        env!("CARGO_PKG_VERSION"),
        "\nfollows Spark 4.3.0 and SparkApplication sparkoperator.k8s.io/v1beta2\n"
    );
    assert_eq!(stdout(&["version"]), expected);
}

#[test]
fn completions_are_there_for_each_shell() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&["completions", shell]);
        assert!(script.contains("hearth") && script.contains("log-format"), "{shell}: {script}");
    }
    assert_eq!(hearth(&["completions", "tcsh"]).status.code(), Some(2));
}

/// Examples for other tools, which have an application in them.
const FOR_OTHER_TOOLS: [&str; 3] = ["argo-rights", "argo-workflow", "kueue"];

#[test]
fn the_manifests_of_the_examples_are_right() {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(examples()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if FOR_OTHER_TOOLS.contains(&name.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let (application, warnings) = Manifest::parse(&text, &name).unwrap().application().unwrap();
        assert_eq!(warnings, []);
        assert_eq!(application.metadata.name.as_deref(), Some(name.as_str()));
        assert_eq!(application.spec.main_application_file, format!("local:///opt/hearth/{name}"));
        names.push(name);
    }
    names.sort();
    let expected = [
        "dynamic",
        "join",
        "k-means",
        "log-mining",
        "page-rank",
        "pi",
        "sort",
        "transitive-closure",
        "word-count",
    ];
    assert_eq!(names, expected);
}

#[test]
fn so_are_the_applications_in_those_for_other_tools() {
    let mut found = Vec::new();
    for name in FOR_OTHER_TOOLS {
        let text = std::fs::read_to_string(examples().join(format!("{name}.yaml"))).unwrap();
        for document in text.split("\n---\n") {
            let value: Value = serde_norway::from_str(document).unwrap();
            let application = match value["kind"].as_str().unwrap() {
                "SparkApplication" => document,
                "Workflow" => value["spec"]["templates"][0]["resource"]["manifest"].as_str().unwrap(),
                _ => continue,
            };
            let (application, warnings) = Manifest::parse(application, name).unwrap().application().unwrap();
            assert_eq!(warnings, [], "{name}");
            assert_eq!(application.spec.main_application_file, "local:///opt/hearth/pi", "{name}");
            found.push(name);
        }
    }
    assert_eq!(found, ["argo-workflow", "kueue"]);
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/examples")
}

#[test]
fn an_operator_whose_lease_ends_before_it_stops_is_not_started() {
    let output = hearth(&["operator", "--leader-election", "--leader-election-renew-deadline=30s"]);
    assert_eq!(output.status.code(), Some(2));
    let expected =
        "error: --leader-election: the renew deadline (30s) must be less than the lease's duration (15s)\n";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
}
