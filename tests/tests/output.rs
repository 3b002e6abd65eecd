//! What saving leaves: all of it, or nothing.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;

use hearth_tests::App;

fn scenario() -> App {
    App::new(env!("CARGO_BIN_EXE_scenario"))
}

/// The names in a directory.
fn names(app: &App, directory: &str) -> Vec<String> {
    let entries = app.entries(directory).into_iter();
    entries.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn a_saved_directory_holds_a_part_for_each_partition_and_the_mark_of_success() {
    let app = scenario().args(["save", "out"]);
    app.run().good();
    assert_eq!(names(&app, "out"), ["_SUCCESS", "part-00000", "part-00001", "part-00002", "part-00003"]);
    let expected: String = (0..1_000).map(|n| format!("{n}\n")).collect();
    assert_eq!(String::from_utf8(app.saved("out")).unwrap(), expected);
    assert_eq!(fs::read(app.path("out/_SUCCESS")).unwrap(), b"");
    app.assert_nothing_left();
}

#[test]
fn a_directory_that_exists_is_refused_and_stays_as_it_is() {
    let app = scenario();
    app.write("out/mine", "my own");
    let sentence = format!("Output directory {} already exists", url(&app, "out"));
    let app = app.args(["save", "out"]);
    app.run().failed_with(&sentence);
    assert_eq!(names(&app, "out"), ["mine"]);
    assert_eq!(fs::read(app.path("out/mine")).unwrap(), b"my own");
    app.assert_nothing_left();
}

#[test]
fn a_file_in_the_place_of_the_directory_is_refused_and_stays_as_it_is() {
    let app = scenario().args(["save", "out"]);
    app.write("out", "my own");
    app.run().failed_with("already exists");
    assert_eq!(fs::read(app.path("out")).unwrap(), b"my own");
}

#[test]
fn a_job_that_fails_leaves_no_directory() {
    let app = scenario().args(["panic-while-saving", "out"]);
    app.run().failed_with("Job aborted due to stage failure: Task 6 in stage 0.0 failed 4 times");
    assert!(!app.path("out").exists(), "{:?}", names(&app, "out"));
    app.assert_nothing_left();
}

#[test]
fn a_second_run_after_a_failed_one_saves() {
    let failing = scenario().args(["panic-while-saving", "out"]);
    failing.run().failed_with("Job aborted");
    let out = failing.path("out").display().to_string();
    scenario().args(["save", out.as_str()]).run().good();
    assert_eq!(failing.parts("out").len(), 4);
}

/// How messages name a path of this machine.
fn url(app: &App, name: &str) -> String {
    format!("file:{}", app.path(name).display())
}
