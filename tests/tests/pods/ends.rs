//! What is known of an end, and what is left of it.

use hearth_tests::wait_until;
use rustix::process::Signal;

use crate::pods::{PATIENCE, Pods};

#[test]
fn why_an_executor_ended_reaches_the_users_error_and_the_pods_last_words() {
    let pods = Pods::new(&[("spark.task.maxFailures", "1")]);
    let (victim, mut other) = (pods.executor(1), pods.executor(2));
    let notes = pods.notes();
    let mut driver = pods.driver(1, &["gated", pods.path("notes").to_str().unwrap()]);
    wait_until(PATIENCE, "tasks on both executors", || notes.read("map").len() == 2);
    victim.signal(Signal::KILL);
    pods.report(
        r#"[{"executor": 1, "exitCode": 137, "causedByApp": true,
             "message": "OOMKilled: the memory limit is 512Mi; raise spec.executor.memory"}]"#,
    );
    assert_eq!(driver.end(), 1);
    let sentence = "ExecutorLostFailure (executor 1 exited caused by one of the running tasks) \
                    Reason: OOMKilled: the memory limit is 512Mi; raise spec.executor.memory";
    assert!(driver.log().contains(sentence), "{}", driver.log());
    let message = driver.termination_message();
    assert!(message.starts_with("Job aborted due to stage failure: "), "{message}");
    assert!(message.contains(sentence), "{message}");
    other.ends_well();
}

#[test]
fn an_eviction_is_no_failure_of_the_task() {
    let pods = Pods::new(&[("spark.task.maxFailures", "1")]);
    let (victim, mut other) = (pods.executor(1), pods.executor(2));
    let notes = pods.notes();
    let mut driver = pods.driver(1, &["gated", pods.path("notes").to_str().unwrap()]);
    wait_until(PATIENCE, "tasks on both executors", || notes.read("map").len() == 2);
    victim.signal(Signal::KILL);
    pods.report(
        r#"[{"executor": 1, "causedByApp": false, "message": "Evicted: the node was low on memory"}]"#,
    );
    driver.wait_for_log("Evicted: the node was low on memory");
    notes.open("map");
    notes.open("reduce");
    driver.ends_well();
    assert_eq!(driver.stdout(), "[(0, 2), (1, 4)]\n");
    other.ends_well();
    assert_eq!(driver.termination_message(), "");
}

#[test]
fn an_executor_whose_end_nobody_explains_is_lost_after_a_while() {
    let pods = Pods::new(&[]);
    let (victim, mut other) = (pods.executor(1), pods.executor(2));
    let notes = pods.notes();
    let mut driver = pods.driver(1, &["gated", pods.path("notes").to_str().unwrap()]);
    wait_until(PATIENCE, "tasks on both executors", || notes.read("map").len() == 2);
    victim.signal(Signal::KILL);
    notes.open("map");
    notes.open("reduce");
    driver.ends_well();
    assert!(driver.log().contains("Remote RPC client disassociated"), "{}", driver.log());
    other.ends_well();
}

#[test]
fn a_number_is_used_once() {
    let pods = Pods::new(&[]);
    let (victim, mut other) = (pods.executor(1), pods.executor(2));
    let notes = pods.notes();
    let mut driver = pods.driver(1, &["gated", pods.path("notes").to_str().unwrap()]);
    wait_until(PATIENCE, "tasks on both executors", || notes.read("map").len() == 2);
    drop(victim);
    let mut again = pods.executor(1);
    assert_eq!(again.end(), 1);
    assert!(again.termination_message().contains("executor 1 has registered before"), "{}", again.log());
    notes.open("map");
    notes.open("reduce");
    driver.ends_well();
    other.ends_well();
}

#[test]
fn the_panic_of_a_program_is_its_last_word() {
    let pods = Pods::new(&[]);
    let _executors = [pods.executor(1), pods.executor(2)];
    let mut driver = pods.driver(1, &["gated", "/proc/no/such/place"]);
    assert_eq!(driver.end(), 101);
    let message = driver.termination_message();
    assert!(message.contains("panicked at") && message.contains("notes.rs"), "{message:?}");
}

#[test]
fn outside_of_a_pod_a_driver_says_what_to_do() {
    let app = hearth_tests::App::new(env!("CARGO_BIN_EXE_scenario"));
    let app = app.conf("spark.master", "k8s://https://kubernetes.default.svc").args(["empty"]);
    app.run().failed_with(
        "this is not a driver pod (HEARTH_POD_IP is not set): submit the application with kubectl",
    );
}
