//! Starting and stopping applications.

use std::fs;
use std::net::TcpListener;

use hearth::prelude::*;

use crate::support::{cluster, local, message, scratch, wait_until_empty, with_conf};

fn refused(master: &str, settings: &[(&str, &str)]) -> String {
    let mut conf = SparkConf::new().with("spark.master", master);
    for (key, value) in settings {
        conf.set(*key, *value);
    }
    message(&SparkContext::new(conf).unwrap_err())
}

#[test]
fn stop_may_be_called_twice_and_ends_everything() {
    for sc in [local(), cluster()] {
        let rdd = sc.range(0, 10, 1, 2);
        assert_eq!(rdd.count().unwrap(), 10);
        let shared = sc.broadcast(1).unwrap();
        sc.stop();
        sc.stop();
        let error = message(&rdd.count().unwrap_err());
        assert!(error.contains("the SparkContext was stopped"), "{error}");
        shared.unpersist();
        sc.cancel_all_jobs();
        assert_eq!(sc.status_tracker().active_job_ids().len(), 0);
    }
}

#[test]
fn stop_ends_a_job_that_another_thread_waits_for() {
    let sc = local();
    let events = crate::support::Events::of(&sc);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            sc.range(0, 1, 1, 1).foreach(|_| {
                let task = TaskContext::get().unwrap();
                while !task.is_interrupted() {
                    std::thread::yield_now();
                }
            })
        });
        events.wait(|event| matches!(event, hearth::ListenerEvent::TaskStart { .. }).then_some(()));
        sc.stop();
        assert!(message(&waiting.join().unwrap().unwrap_err()).contains("the SparkContext was stopped"));
    });
}

#[test]
fn two_contexts_in_one_process_do_not_know_each_other() {
    let (one, two, three) = (local(), cluster(), local());
    assert_ne!(one.application_id(), two.application_id());
    assert_ne!(one.application_id(), three.application_id());
    let (sum, other) = (one.long_accumulator("sum"), three.long_accumulator("sum"));
    std::thread::scope(|scope| {
        for sc in [&one, &two, &three] {
            scope.spawn(|| {
                let sums = sc.range(0, 100, 1, 4).map(|n| (n % 5, n)).reduce_by_key(|a, b| a + b, 2);
                assert_eq!(sums.cache().unwrap().count().unwrap(), 5);
                assert_eq!(sums.values().sum().unwrap(), 4_950.0);
            });
        }
    });
    one.range(0, 10, 1, 2).foreach_with(sum.clone(), |sum, n| sum.add(n)).unwrap();
    assert_eq!((sum.value(), other.value()), (45, 0));
    one.stop();
    assert_eq!(two.range(0, 10, 1, 2).count().unwrap(), 10);
    assert_eq!(three.range(0, 10, 1, 2).count().unwrap(), 10);
}

#[test]
fn a_wrong_master_says_what_is_allowed() {
    for master in [
        "yarn",
        "local[0]",
        "local[x]",
        "local-cluster[2,1]",
        "local-cluster[2,0,512]",
        "spark://host:7077",
        "",
    ] {
        let error = refused(master, &[]);
        assert!(error.contains(&format!("{master:?} is not a master")), "{error}");
        assert!(error.contains("local-cluster[executors,cores,memoryMB]"), "{error}");
    }
}

#[test]
fn a_wrong_setting_names_key_value_and_grammar() {
    for (key, value) in [
        ("spark.executor.memory", "12x"),
        ("spark.default.parallelism", "0"),
        ("spark.task.maxFailures", "many"),
        ("spark.scheduler.mode", "UNFAIR"),
        ("spark.locality.wait", "3 parsecs"),
        ("spark.memory.fraction", "1.5"),
    ] {
        let error = refused("local[2]", &[(key, value)]);
        assert!(error.contains(key) && error.contains(value), "{error}");
    }
    let bounds =
        [("spark.dynamicAllocation.minExecutors", "5"), ("spark.dynamicAllocation.maxExecutors", "2")];
    assert!(refused("local[2]", &bounds).contains("spark.dynamicAllocation.maxExecutors"));
}

#[test]
fn a_wrong_configuration_leaves_nothing_behind() {
    let (_keep, dir) = scratch("local");
    fs::create_dir(&dir).unwrap();
    refused("local-cluster[1,1,64]", &[("spark.local.dir", &dir), ("spark.executor.memory", "12x")]);
    wait_until_empty(&dir);
}

#[test]
fn a_port_in_use_is_named_with_its_key() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let error = refused("local-cluster[1,1,256]", &[("spark.driver.port", &port)]);
    assert!(error.contains("spark.driver.port") && error.contains(&port), "{error}");
}

#[test]
fn the_context_tells_its_configuration() {
    let sc = with_conf("local[3]", &[("spark.app.name", "a test"), ("my.own.key", "value")]);
    assert_eq!(sc.conf().get("spark.app.name"), Some("a test"));
    assert_eq!(sc.conf().get("my.own.key"), Some("value"));
    assert_eq!(sc.conf().get("spark.master"), Some("local[3]"));
    assert!(!sc.application_id().is_empty());
    let sc = with_conf("local", &[("spark.app.id", "application-7")]);
    assert_eq!((sc.application_id().as_str(), sc.default_parallelism()), ("application-7", 1));
}

#[test]
fn files_are_in_the_local_directory_and_go_with_the_application() {
    for master in ["local[2]", "local-cluster[2,1,256]"] {
        let (_keep, dir) = scratch("local");
        fs::create_dir(&dir).unwrap();
        let sc = with_conf(master, &[("spark.local.dir", &dir)]);
        let kept = sc.range(0, 1_000, 1, 4).map(|n| (n % 10, n)).persist(StorageLevel::DISK_ONLY).unwrap();
        assert_eq!(kept.group_by_key(3).count().unwrap(), 10);
        assert_ne!(fs::read_dir(&dir).unwrap().count(), 0, "{master}");
        sc.stop();
        wait_until_empty(&dir);
    }
}

#[test]
fn the_last_handle_that_goes_stops_the_application() {
    let (_keep, dir) = scratch("local");
    fs::create_dir(&dir).unwrap();
    let sc = with_conf("local-cluster[1,1,256]", &[("spark.local.dir", &dir)]);
    let rdd = sc.range(0, 10, 1, 2);
    drop(sc);
    assert_eq!(rdd.count().unwrap(), 10, "an RDD keeps its context alive");
    drop(rdd);
    wait_until_empty(&dir);
}

#[test]
fn executors_get_their_environment() {
    let sc = with_conf("local-cluster[1,1,256]", &[("spark.executorEnv.MY_VARIABLE", "for executors")]);
    let seen = sc.range(0, 1, 1, 1).map(|_| std::env::var("MY_VARIABLE").ok()).collect().unwrap();
    assert_eq!(seen, [Some("for executors".to_owned())]);
    assert!(std::env::var("MY_VARIABLE").is_err());
}
