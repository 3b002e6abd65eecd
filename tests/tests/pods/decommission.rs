//! An executor's pod is taken away while it is of use.

use std::collections::BTreeMap;

use hearth_tests::wait_until;
use rustix::process::Signal;

use crate::pods::{PATIENCE, Pods};

#[test]
fn what_runs_there_is_finished_and_what_it_made_is_served_until_it_is_read() {
    let pods = Pods::new(&[]);
    let (mut leaving, mut staying) = (pods.executor(1), pods.executor(2));
    let notes = pods.notes();
    let mut driver = pods.driver(1, &["gated", pods.path("notes").to_str().unwrap()]);
    wait_until(PATIENCE, "tasks on both executors", || notes.read("map").len() == 2);
    leaving.signal(Signal::TERM);
    driver.wait_for_log("executor 1 is being decommissioned");
    notes.open("map");
    notes.open("reduce");
    leaving.ends_well();
    driver.ends_well();
    staying.ends_well();
    assert_eq!(driver.stdout(), "[(0, 2), (1, 4)]\n");
    // No task ran twice, and the one that was asked to go got no more after its first.
    assert_eq!(notes.count("map"), BTreeMap::from([(0, 1), (1, 1), (2, 1), (3, 1)]));
    let on_leaving = |label| notes.read(label).iter().filter(|note| note.executor.0 == 1).count();
    assert_eq!((on_leaving("map"), on_leaving("reduce")), (1, 0));
}

#[test]
fn one_without_tasks_goes_at_once() {
    let pods = Pods::new(&[]);
    let (mut first, mut second) = (pods.executor(1), pods.executor(2));
    let notes = pods.notes();
    let mut driver = pods.driver(1, &["gated-twice", pods.path("notes").to_str().unwrap()]);
    wait_until(PATIENCE, "tasks on both executors", || notes.read("first").len() == 2);
    notes.open("first");
    wait_until(PATIENCE, "tasks on both executors", || notes.read("second").len() == 2);
    let mut third = pods.executor(3);
    wait_until(PATIENCE, "a task on the third", || notes.read("second").len() == 3);
    notes.open("second");
    driver.ends_well();
    first.ends_well();
    second.ends_well();
    third.ends_well();
}

#[test]
fn its_tasks_run_again_without_blame_when_its_time_is_over() {
    let pods =
        Pods::new(&[("spark.executor.decommission.forceKillTimeout", "1s"), ("spark.task.maxFailures", "1")]);
    let (mut leaving, mut staying) = (pods.executor(1), pods.executor(2));
    let notes = pods.notes();
    let mut driver = pods.driver(1, &["gated", pods.path("notes").to_str().unwrap()]);
    wait_until(PATIENCE, "tasks on both executors", || notes.read("map").len() == 2);
    leaving.signal(Signal::TERM);
    leaving.ends_well();
    driver.wait_for_log("Executor decommission");
    notes.open("map");
    notes.open("reduce");
    driver.ends_well();
    staying.ends_well();
    assert_eq!(driver.stdout(), "[(0, 2), (1, 4)]\n");
}

#[test]
fn asked_twice_it_goes_at_once() {
    let pods = Pods::new(&[]);
    let (mut leaving, mut staying) = (pods.executor(1), pods.executor(2));
    let notes = pods.notes();
    let mut driver = pods.driver(1, &["gated", pods.path("notes").to_str().unwrap()]);
    wait_until(PATIENCE, "tasks on both executors", || notes.read("map").len() == 2);
    leaving.signal(Signal::TERM);
    driver.wait_for_log("executor 1 is being decommissioned");
    assert!(leaving.is_running());
    leaving.signal(Signal::TERM);
    leaving.ends_well();
    notes.open("map");
    notes.open("reduce");
    driver.ends_well();
    staying.ends_well();
}

#[test]
fn one_that_has_no_driver_yet_goes_at_once() {
    let pods = Pods::new(&[]);
    let mut executor = pods.executor(1);
    // It listens for signals before it looks for a driver.
    wait_until(PATIENCE, "the executor to listen", || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", executor.id())).unwrap();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
        u64::from_str_radix(caught.trim(), 16).unwrap() & (1 << (Signal::TERM.as_raw() - 1)) != 0
    });
    executor.signal(Signal::TERM);
    executor.ends_well();
}

#[test]
fn one_that_is_asked_to_go_just_after_its_driver_was_goes_too() {
    let pods = Pods::new(&[]);
    let mut executors = [pods.executor(1), pods.executor(2)];
    let notes = pods.notes();
    let driver = pods.driver(1, &["gated", pods.path("notes").to_str().unwrap()]);
    wait_until(PATIENCE, "tasks on both executors", || notes.read("map").len() == 2);
    driver.signal(Signal::KILL);
    for executor in &executors {
        executor.wait_for_log("the driver is gone");
        executor.signal(Signal::TERM);
    }
    for executor in &mut executors {
        // The signal may also meet the process that was started anew, before it listens.
        let status = executor.end();
        assert!([0, 128 + 15].contains(&status), "{status}: {}", executor.log());
    }
}
