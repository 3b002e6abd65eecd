//! How `hearth run` ends: with the program's status, after signals, and when the worst happens; and what is left then.
#![expect(
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking and says how long it took"
)]

use std::time::{Duration, Instant};

use hearth_tests::{App, Process, wait_until};
use rustix::process::Signal;

/// What this machine may add, busy as it is with other tests, to the two seconds of a Ctrl-C.
const INTERRUPTED: Duration = Duration::from_secs(10);
/// Executors notice within this time that their driver is gone.
const NOTICED: Duration = Duration::from_secs(10);

fn scenario() -> App {
    App::hearth_run_of(env!("CARGO_BIN_EXE_scenario").as_ref())
}

/// The same program as its own driver, without `hearth run`.
fn alone() -> App {
    App::new(env!("CARGO_BIN_EXE_scenario"))
}

#[test]
fn the_status_is_the_programs_own() {
    for status in ["0", "3", "77"] {
        let app = scenario().args(["exit", status]);
        let ended = app.run();
        assert_eq!((ended.status.to_string().as_str(), ended.stdout()), (status, "10\n"), "{}", ended.stderr);
        wait_until(NOTICED, "all processes are gone", || app.processes().is_empty());
        app.assert_nothing_left();
    }
}

#[test]
fn a_program_that_does_not_stop_its_context_leaves_nothing() {
    for master in ["local[2]", "local-cluster[2,1,512]"] {
        for (arguments, status) in [(&["exit", "3"][..], 3), (&["forget"], 0)] {
            let app = alone().conf("spark.master", master).args(arguments.iter().copied());
            let ended = app.run();
            assert_eq!(ended.status, status, "{}", ended.stderr);
            assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
            app.assert_nothing_left();
        }
    }
}

#[test]
fn a_task_that_ends_its_driver_leaves_nothing() {
    let app = alone().conf("spark.master", "local[2]").args(["exit-in-a-task", "3"]);
    let ended = app.run();
    assert_eq!(ended.status, 3, "{}", ended.stderr);
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    app.assert_nothing_left();
}

#[test]
fn a_program_whose_log_nobody_reads_any_more_ends_as_it_would() {
    let script =
        r#"{ RUST_LOG=debug timeout 60 "$0" exit 3 2>&1 >stdout.txt; echo $? >status.txt; } | head -n 1"#;
    let app = App::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_scenario")]);
    app.run();
    let read = |name| std::fs::read_to_string(app.path(name)).unwrap();
    assert_eq!((read("status.txt").as_str(), read("stdout.txt").as_str()), ("3\n", "10\n"));
    wait_until(NOTICED, "all processes are gone", || app.processes().is_empty());
}

#[test]
fn a_job_that_fails_gives_1_and_sparks_sentence() {
    let app = scenario().args(["panic"]);
    let ended =
        app.run().failed_with("Job aborted due to stage failure: Task 6 in stage 0.0 failed 4 times, ");
    assert!(
        ended.stderr.contains("most recent failure: Lost task 6.3 in stage 0.0 (TID "),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("record 777777 is not to my taste"), "{}", ended.stderr);
    assert_eq!(ended.stdout(), "");
    app.assert_nothing_left();
}

#[test]
fn a_job_that_fails_and_is_handled_gives_0() {
    let app = scenario().args(["panic-handled"]);
    assert_eq!(app.run().good().stdout(), "failed: true\n1000\n");
    app.assert_nothing_left();
}

/// Starts two executors with tasks that do not end, does something, and checks how `hearth run` ends and that nothing
/// is left.
fn ends(app: App, status: i32, within: Duration, what: &str, action: impl FnOnce(&App, u32)) {
    let directory = app.path("").display().to_string();
    let app = app.args(["wait", directory.as_str()]);
    let mut started = app.start();
    started.wait_for("running");
    assert_eq!(
        app.processes().iter().filter(|process| process.is_executor).count(),
        2,
        "{:?}",
        app.processes()
    );
    let begin = Instant::now();
    action(&app, started.id());
    let ended = started.end();
    let took = begin.elapsed();
    assert_eq!(ended.status, status, "{}", ended.stderr);
    assert!(took < within, "{what}: {took:?}");
    let gone = wait_until(NOTICED, "all processes are gone", || app.processes().is_empty());
    println!("{what}: ended after {took:?}, nothing ran {gone:?} later");
    assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
    wait_until(NOTICED, "all files are gone", || app.entries("tmp").is_empty());
}

fn named(app: &App, pick: impl Fn(&Process) -> bool) -> Process {
    let processes = app.processes();
    processes.iter().find(|process| pick(process)).unwrap_or_else(|| panic!("not in {processes:?}")).clone()
}

fn is_driver(process: &Process) -> bool {
    !process.is_executor && process.name == "scenario"
}

#[test]
fn ctrl_c_gives_130_and_leaves_nothing() {
    ends(scenario(), 130, INTERRUPTED, "SIGINT to hearth run", |app, id| {
        named(app, |process| process.id == id).signal(Signal::INT);
    });
}

#[test]
fn ctrl_c_on_a_terminal_reaches_every_process_and_gives_130() {
    ends(scenario(), 130, INTERRUPTED, "SIGINT to all", |app, _| {
        for process in app.processes() {
            process.signal(Signal::INT);
        }
    });
}

#[test]
fn a_termination_gives_143_and_leaves_nothing() {
    ends(scenario(), 143, INTERRUPTED, "SIGTERM to hearth run", |app, id| {
        named(app, |process| process.id == id).signal(Signal::TERM);
    });
}

#[test]
fn a_signal_that_comes_as_soon_as_the_application_runs_leaves_nothing() {
    let app = alone().conf("spark.master", "local[1]").args(["terminate"]);
    let ended = app.run();
    assert_eq!(ended.status, 143, "{}", ended.stderr);
    app.assert_nothing_left();
}

#[test]
fn ctrl_c_of_a_program_that_was_started_by_itself_gives_130() {
    ends(alone(), 130, INTERRUPTED, "SIGINT to a driver of its own", |app, id| {
        named(app, |process| process.id == id).signal(Signal::INT);
    });
}

#[test]
fn kill_9_of_hearth_run_leaves_nothing() {
    ends(scenario(), 137, NOTICED, "SIGKILL to hearth run", |app, id| {
        named(app, |process| process.id == id).signal(Signal::KILL);
    });
}

#[test]
fn kill_9_of_the_driver_leaves_nothing() {
    ends(scenario(), 137, NOTICED, "SIGKILL to the driver", |app, _| {
        named(app, is_driver).signal(Signal::KILL)
    });
}

#[test]
fn kill_9_of_hearth_run_and_of_the_driver_leaves_nothing() {
    ends(scenario(), 137, NOTICED, "SIGKILL to hearth run and the driver", |app, id| {
        let driver = named(app, is_driver);
        named(app, |process| process.id == id).signal(Signal::KILL);
        driver.signal(Signal::KILL);
    });
}

#[test]
fn kill_9_of_the_driver_while_it_stops_without_hearth_run_leaves_nothing() {
    ends(
        scenario(),
        137,
        NOTICED,
        "SIGKILL to hearth run, and to the driver after its executors",
        |app, id| {
            let driver = named(app, is_driver);
            named(app, |process| process.id == id).signal(Signal::KILL);
            while app.processes().iter().any(|process| process.is_executor) {}
            driver.signal(Signal::KILL);
        },
    );
}

#[test]
fn kill_9_of_a_driver_of_its_own_leaves_nothing() {
    ends(alone(), 137, NOTICED, "SIGKILL to a driver of its own", |app, id| {
        named(app, |process| process.id == id).signal(Signal::KILL);
    });
}
