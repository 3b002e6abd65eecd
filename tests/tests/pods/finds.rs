//! Executors and drivers find each other, in any order, and again.

use hearth_rpc::Authority;
use hearth_tests::wait_until;
use rustix::process::Signal;

use crate::pods::{PATIENCE, Pods, write_identity};

#[test]
fn executors_that_are_there_first_wait_for_the_driver() {
    let pods = Pods::new(&[]);
    let mut executors = [pods.executor(1), pods.executor(2)];
    let notes = pods.notes();
    notes.open("map");
    notes.open("reduce");
    let mut driver = pods.driver(1, &["gated", pods.path("notes").to_str().unwrap()]);
    driver.ends_well();
    assert_eq!(driver.stdout(), "[(0, 2), (1, 4)]\n");
    executors.iter_mut().for_each(|executor| executor.ends_well());
    let ran_on: std::collections::BTreeSet<u32> =
        notes.read("map").iter().map(|note| note.executor.0).collect();
    assert!(!ran_on.is_empty() && ran_on.iter().all(|id| [1, 2].contains(id)), "{ran_on:?}");
}

#[test]
fn executors_outlive_a_lost_driver_and_work_for_the_next() {
    let pods = Pods::new(&[]);
    let mut executors = [pods.executor(1), pods.executor(2)];
    let ids = executors.each_ref().map(|executor| executor.id());
    let notes = pods.notes();
    let path = pods.path("notes");
    let arguments = ["gated", path.to_str().unwrap()];
    let mut first = pods.driver(1, &arguments);
    wait_until(PATIENCE, "tasks on both executors", || notes.read("map").len() == 2);
    first.signal(Signal::KILL);
    assert_eq!(first.end(), 137);
    executors.iter().for_each(|executor| executor.wait_for_log("waits for the next"));
    notes.open("map");
    notes.open("reduce");
    let mut second = pods.driver(2, &arguments);
    second.ends_well();
    assert_eq!(second.stdout(), "[(0, 2), (1, 4)]\n");
    executors.iter_mut().for_each(|executor| executor.ends_well());
    assert_eq!(ids, executors.each_ref().map(|executor| executor.id()), "they are the same processes");
}

#[test]
fn a_driver_of_an_older_epoch_is_not_obeyed() {
    let pods = Pods::new(&[("spark.hearth.executor.driverWait", "15s")]);
    let mut executors = [pods.executor(1), pods.executor(2)];
    let notes = pods.notes();
    let path = pods.path("notes");
    let arguments = ["gated", path.to_str().unwrap()];
    let second = pods.driver(2, &arguments);
    wait_until(PATIENCE, "tasks on both executors", || notes.read("map").len() == 2);
    second.signal(Signal::KILL);
    executors.iter().for_each(|executor| executor.wait_for_log("waits for the next"));
    drop(second);
    let _first = pods.driver(1, &arguments);
    for executor in &mut executors {
        assert_eq!(executor.end(), 1);
        let message = executor.termination_message();
        assert!(message.contains("epoch 1 answers") && message.contains("epoch 2 already"), "{message}");
    }
    assert_eq!(notes.read("map").len(), 2);
}

#[test]
fn an_executor_gives_up_when_no_driver_comes() {
    let pods = Pods::new(&[]);
    let mut executor = pods.executor_with(1, &[("HEARTH_DRIVER_WAIT", "1")]);
    assert_eq!(executor.end(), 1);
    assert!(executor.termination_message().contains("no driver at 127.0.0.1:"), "{}", executor.log());
}

#[test]
fn an_executor_of_another_application_does_not_get_in() {
    let (pods, foreign) = (Pods::new(&[]), Pods::new(&[]));
    let notes = pods.notes();
    let driver = pods.driver(1, &["gated", pods.path("notes").to_str().unwrap()]);
    driver.wait_for_log("Starting job");
    // The right address, the wrong certificate.
    let stranger = foreign.path("exec-1");
    std::fs::create_dir_all(&stranger).unwrap();
    write_identity(&stranger, &Authority::new("another").unwrap().issue("exec-1").unwrap());
    let mut executor = pods
        .executor_with(1, &[("HEARTH_SECRET_DIR", stranger.to_str().unwrap()), ("HEARTH_DRIVER_WAIT", "2")]);
    assert_eq!(executor.end(), 1);
    let message = executor.termination_message();
    assert!(message.contains("certificate"), "{message}");
    assert_eq!(notes.read("map"), []);
}
