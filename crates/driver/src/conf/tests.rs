use hearth_types::SchedulingMode;

use super::*;

const CLUSTER: Deployment = Deployment::Cluster { slots: 4, min_registered_percent: 0 };

fn conf(pairs: &[(&str, &str)]) -> SparkConf {
    pairs.iter().copied().collect()
}

#[test]
fn the_defaults_are_sparks() {
    let read = DriverConf::new(&conf(&[]), CLUSTER).unwrap();
    assert_eq!(read.scheduler.task_max_failures, 4);
    assert_eq!(read.scheduler.max_result_size, Some(1 << 30));
    assert_eq!(read.scheduler.executors, ExecutorsConf::Fixed { count: 2, slots: 4 });
    assert_eq!(read.limits, Limits::default());
    assert!(read.event_log.is_none() && read.progress.is_none());
    assert!(read.application_id.starts_with("spark-"));
}

#[test]
fn a_local_master_gives_up_at_the_first_failure_and_has_one_executor() {
    let read =
        DriverConf::new(&conf(&[("spark.task.maxFailures", "7")]), Deployment::Local { slots: 3 }).unwrap();
    assert_eq!(read.scheduler.task_max_failures, 1);
    assert_eq!(read.scheduler.executors, ExecutorsConf::Fixed { count: 1, slots: 3 });
    assert!(read.application_id.starts_with("local-"));
}

#[test]
fn applications_that_start_at_the_same_moment_have_ids_of_their_own() {
    for deployment in [CLUSTER, Deployment::Local { slots: 1 }] {
        let id = |_| DriverConf::new(&conf(&[]), deployment).unwrap().application_id;
        let ids: std::collections::BTreeSet<String> = (0..100).map(id).collect();
        assert_eq!(ids.len(), 100);
    }
}

#[test]
fn dynamic_allocation_raises_the_initial_number() {
    let pairs = [
        ("spark.dynamicAllocation.enabled", "true"),
        ("spark.dynamicAllocation.minExecutors", "1"),
        ("spark.dynamicAllocation.maxExecutors", "6"),
        ("spark.dynamicAllocation.executorIdleTimeout", "2s"),
        ("spark.executor.instances", "3"),
    ];
    let ExecutorsConf::Dynamic(read) = DriverConf::new(&conf(&pairs), CLUSTER).unwrap().scheduler.executors
    else {
        panic!("not dynamic");
    };
    assert_eq!((read.min, read.initial, read.max, read.slots), (1, 3, 6, 4));
    assert_eq!(read.idle_timeout, Duration::from_secs(2));
    assert_eq!(read.cached_idle_timeout, None);
}

#[test]
fn an_error_names_the_key_and_the_value() {
    let error =
        DriverConf::new(&conf(&[("spark.task.maxFailures", "many")]), CLUSTER).unwrap_err().to_string();
    assert!(error.contains("spark.task.maxFailures") && error.contains("many"), "{error}");
    let error =
        DriverConf::new(&conf(&[("spark.scheduler.allocation.file", "/no/file")]), CLUSTER).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("spark.scheduler.allocation.file") && error.contains("/no/file"), "{error}");
    let pairs = [("spark.eventLog.enabled", "true"), ("spark.eventLog.dir", "s3a://logs/x")];
    let error = DriverConf::new(&conf(&pairs), CLUSTER).unwrap_err().to_string();
    assert!(error.contains("spark.eventLog.dir") && error.contains("s3a://logs/x"), "{error}");
}

#[test]
fn the_event_log_may_be_named_as_a_file_url() {
    let pairs = [("spark.eventLog.enabled", "true"), ("spark.eventLog.dir", "file:///var/log")];
    let read = DriverConf::new(&conf(&pairs), CLUSTER).unwrap().event_log.unwrap();
    assert_eq!(read.directory, PathBuf::from("/var/log"));
    assert_eq!((read.compress, read.rolling), (true, Some(128 << 20)));
}

#[test]
fn secrets_are_not_in_the_properties_that_are_shown() {
    let read = DriverConf::new(&conf(&[("spark.my.password", "hunter2")]), CLUSTER).unwrap();
    assert!(read.spark_properties.iter().any(|(key, _)| key == "spark.my.password"));
    assert!(read.spark_properties.iter().all(|(_, value)| !value.contains("hunter2")));
    assert!(read.spark_properties.iter().any(|(key, _)| key == "spark.app.id"));
}

#[test]
fn pools_are_read_as_spark_reads_them() {
    let text = r#"<?xml version="1.0"?>
        <allocations>
          <!-- people wait for these -->
          <pool name="interactive"><schedulingMode>FAIR</schedulingMode><weight>3</weight><minShare>2</minShare></pool>
          <pool name="batch"/>
        </allocations>"#;
    let pools = parse_pools(text).unwrap();
    let interactive = hearth_scheduler::PoolConf { mode: SchedulingMode::Fair, weight: 3, min_share: 2 };
    assert_eq!(pools["interactive"], interactive);
    assert_eq!(
        pools["batch"],
        hearth_scheduler::PoolConf { mode: SchedulingMode::Fifo, weight: 1, min_share: 0 }
    );
}

#[test]
fn pools_that_make_no_sense_are_refused_with_their_line() {
    let bad = |text: &str| parse_pools(text).unwrap_err().to_string();
    assert_eq!(
        bad("<allocations>\n<pool name='a'><weight>0</weight></pool></allocations>"),
        "line 2: pool \"a\": weight is \"0\", it must be a whole number of at least 1"
    );
    assert!(
        bad("<allocations><pool name='a'><schedulingMode>x</schedulingMode></pool></allocations>")
            .contains("FAIR")
    );
    assert!(bad("<allocations><pool/></allocations>").contains("name"));
    assert!(bad("<allocations><pool name='a'/><pool name='a'/></allocations>").contains("twice"));
    assert!(bad("<pools/>").contains("<pools>"));
    assert!(bad("weight=1").starts_with("not XML"));
}
