//! The configuration that the driver gets, and what wins over what.

use std::collections::BTreeMap;

use crate::harness::{App, MANIFEST};

const SHOW: &str = "cat \"$HEARTH_CONF_FILE\"";

/// The configuration of a run with these options.
fn conf(app: &App, options: &[&str]) -> BTreeMap<String, String> {
    serde_json::from_slice(&app.run(options).good().stdout).unwrap()
}

#[test]
fn the_manifest_becomes_settings_with_a_local_cluster() {
    let expected = [
        ("spark.app.name", "app"),
        ("spark.driver.cores", "1"),
        ("spark.driver.memory", "512m"),
        ("spark.executor.cores", "2"),
        ("spark.executor.instances", "3"),
        ("spark.executor.memory", "1g"),
        ("spark.master", "local-cluster[3,2,1024]"),
    ];
    let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(conf(&App::new(SHOW), &[]), BTreeMap::from(expected));
}

#[test]
fn set_changes_the_manifest() {
    let app = App::new(SHOW);
    let conf = conf(
        &app,
        &[
            "--set",
            "spec.executor.instances=5",
            "--set",
            "spec.executor.memory=2g",
            "--set",
            "spec.sparkConf.\"spark.task.maxFailures\"=2",
            "--set",
            "metadata.name=other",
            "--set",
            "spec.executor.instances=6",
        ],
    );
    assert_eq!(conf["spark.master"], "local-cluster[6,2,2048]");
    assert_eq!(conf["spark.task.maxFailures"], "2");
    assert_eq!(conf["spark.app.name"], "other");
}

#[test]
fn set_changes_arguments() {
    let app = App::new("printf '<%s>' \"$@\"");
    let ended = app.run(&["--set", "spec.arguments[0]=100", "--set", "spec.arguments[2]=true"]).good();
    assert_eq!(ended.stdout(), "<100><two words><true>");
}

#[test]
fn fields_win_over_spark_conf_and_conf_wins_over_both() {
    let both = "sparkConf: {spark.executor.cores: '7', spark.task.maxFailures: '1'}\n  executor:";
    let app = App::new(SHOW).with("executor:", both);
    let conf_of = |options: &[&str]| conf(&app, options);
    let settings = conf_of(&[]);
    assert_eq!(
        (settings["spark.executor.cores"].as_str(), settings["spark.task.maxFailures"].as_str()),
        ("2", "1")
    );
    let settings = conf_of(&[
        "--set",
        "spec.executor.cores=3",
        "--conf",
        "spark.executor.cores=4",
        "-c",
        "spark.task.maxFailures=2",
    ]);
    assert_eq!(
        (settings["spark.executor.cores"].as_str(), settings["spark.task.maxFailures"].as_str()),
        ("4", "2")
    );
    assert_eq!(settings["spark.master"], "local-cluster[3,4,1024]");
    let settings = conf_of(&["--conf", "spark.executor.cores=5", "--conf", "spark.executor.cores = 6"]);
    assert_eq!(settings["spark.executor.cores"], "6");
}

#[test]
fn a_master_that_is_given_stays() {
    let settings = conf(&App::new(SHOW), &["--conf", "spark.master=local[*]"]);
    assert_eq!(settings["spark.master"], "local[*]");
    let app = App::new(SHOW).with("executor:", "sparkConf: {spark.master: 'local[2]'}\n  executor:");
    assert_eq!(conf(&app, &[])["spark.master"], "local[2]");
}

#[test]
fn a_value_may_hold_anything() {
    let settings = conf(&App::new(SHOW), &["--conf", "spark.x.y=a=b \"c\"\nd\\ü"]);
    assert_eq!(settings["spark.x.y"], "a=b \"c\"\nd\\ü");
}

#[test]
fn dynamic_allocation_starts_with_the_initial_executors() {
    let allocation = "dynamicAllocation: {enabled: true, initialExecutors: 2, maxExecutors: 8}\n  executor:";
    let app = App::new(SHOW);
    let text = MANIFEST.replace("executor:", allocation).replace("    instances: 3\n", "");
    app.write("app.yaml", &text);
    let settings = conf(&app, &[]);
    assert_eq!(settings["spark.master"], "local-cluster[2,2,1024]");
    assert_eq!(settings["spark.dynamicAllocation.enabled"], "true");
    assert_eq!(settings["spark.dynamicAllocation.maxExecutors"], "8");
    assert_eq!(settings.get("spark.executor.instances"), None);
}

#[test]
fn there_is_no_progress_where_there_is_no_terminal() {
    let settings = conf(&App::new(SHOW), &[]);
    assert_eq!(settings.get("spark.ui.showConsoleProgress"), None);
}
