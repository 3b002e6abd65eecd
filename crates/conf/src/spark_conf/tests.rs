use std::time::Duration;

use crate::entries::{application, executor, scheduler, shuffle};
use crate::{ByteSize, Master, SparkConf};

fn conf(pairs: &[(&str, &str)]) -> SparkConf {
    pairs.iter().copied().collect()
}

fn only_warning(key: &str) -> String {
    let warnings = conf(&[(key, "x")]).warnings();
    assert_eq!(warnings.len(), 1, "{key}: {warnings:?}");
    warnings.into_iter().next().unwrap()
}

#[test]
fn settings_are_a_sorted_map_of_strings() {
    let mut conf = SparkConf::new();
    conf.set("spark.b", "1").set("spark.a", "2").set("spark.b", "3").set_if_missing("spark.a", "4");
    assert_eq!(conf.get_all().collect::<Vec<_>>(), [("spark.a", "2"), ("spark.b", "3")]);
    assert!(conf.contains("spark.a"));
    assert_eq!(conf.get("spark.c"), None);
    conf.remove("spark.a");
    assert!(!conf.contains("spark.a"));
}

#[test]
fn the_environment_of_executors_is_a_family_of_keys() {
    let mut conf = SparkConf::new();
    conf.set_executor_env("B", "2").set_executor_env("A", "1");
    assert_eq!(conf.executor_env().collect::<Vec<_>>(), [("A", "1"), ("B", "2")]);
    assert_eq!(conf.warnings(), Vec::<String>::new());
}

#[test]
fn an_unset_key_has_its_default() {
    let conf = SparkConf::new();
    assert_eq!(conf.get_entry(&scheduler::TASK_MAX_FAILURES), Ok(4));
    assert_eq!(conf.get_entry(&executor::EXECUTOR_MEMORY), Ok(ByteSize::gib(1)));
    assert_eq!(conf.get_entry(&shuffle::REDUCER_MAX_SIZE_IN_FLIGHT), Ok(ByteSize::mib(48)));
    assert_eq!(conf.get_entry(&executor::EXECUTOR_INSTANCES), Ok(None));
    assert!(matches!(conf.get_entry(&application::MASTER), Ok(Master::Local { .. })));
    assert_eq!(conf.get_entry(&application::APP_NAME), Ok(None));
}

#[test]
fn a_bare_number_counts_in_the_unit_that_spark_uses() {
    let conf = conf(&[
        ("spark.executor.memory", "512"),
        ("spark.driver.maxResultSize", "512"),
        ("spark.network.timeout", "200"),
        ("spark.locality.wait", "200"),
    ]);
    assert_eq!(conf.get_entry(&executor::EXECUTOR_MEMORY), Ok(ByteSize::mib(512)));
    assert_eq!(conf.get_entry(&application::DRIVER_MAX_RESULT_SIZE), Ok(ByteSize(512)));
    assert_eq!(conf.get_entry(&executor::NETWORK_TIMEOUT), Ok(Duration::from_secs(200)));
    assert_eq!(conf.get_entry(&scheduler::LOCALITY_WAIT), Ok(Duration::from_millis(200)));
}

#[test]
fn a_key_falls_back_to_its_general_key() {
    let conf = conf(&[
        ("spark.locality.wait", "7s"),
        ("spark.locality.wait.node", "1s"),
        ("spark.dynamicAllocation.schedulerBacklogTimeout", "5s"),
        ("spark.dynamicAllocation.minExecutors", "3"),
    ]);
    assert_eq!(conf.get_entry(&scheduler::LOCALITY_WAIT_PROCESS), Ok(Duration::from_secs(7)));
    assert_eq!(conf.get_entry(&scheduler::LOCALITY_WAIT_NODE), Ok(Duration::from_secs(1)));
    let sustained = &executor::DYNAMIC_ALLOCATION_SUSTAINED_SCHEDULER_BACKLOG_TIMEOUT;
    assert_eq!(conf.get_entry(sustained), Ok(Duration::from_secs(5)));
    assert_eq!(conf.get_entry(&executor::DYNAMIC_ALLOCATION_INITIAL_EXECUTORS), Ok(3));
}

#[test]
fn a_wrong_value_is_reported_with_its_key_and_the_way_out() {
    let conf = conf(&[
        ("spark.executor.memory", "12x"),
        ("spark.io.compression.codec", "zstd"),
        ("spark.task.cpus", "2"),
        ("spark.executor.cores", "0"),
        ("spark.master", "yarn"),
        ("spark.custom", "anything"),
    ]);
    let problems: Vec<String> = conf.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            r#"spark.executor.cores: "0" is not allowed here; a whole number from 1 is"#,
            r#"spark.executor.memory: "12x" is not a size; write for example 512m, 2g"#,
            r#"spark.io.compression.codec: "zstd" is not supported yet; lz4 and none are"#,
            r#"spark.master: "yarn" is not a master; use local, local[N], local[*], local-cluster[executors,cores,memoryMB] or k8s://https://host:port"#,
            r#"spark.task.cpus: "2" is not allowed here; only 1 is"#,
        ]
    );
    assert_eq!(conf.validate().unwrap_err().to_string(), problems[0]);
    assert_eq!(SparkConf::new().validate(), Ok(()));
}

#[test]
fn keys_that_contradict_each_other_are_reported() {
    let heartbeat = conf(&[("spark.network.timeout", "10s"), ("spark.executor.heartbeatInterval", "10s")]);
    assert_eq!(
        heartbeat.validate().unwrap_err().to_string(),
        "spark.network.timeout (10s) must be longer than spark.executor.heartbeatInterval (10s)"
    );
    let bounds =
        conf(&[("spark.dynamicAllocation.minExecutors", "3"), ("spark.dynamicAllocation.maxExecutors", "2")]);
    assert_eq!(
        bounds.validate().unwrap_err().to_string(),
        "spark.dynamicAllocation.minExecutors (3) must not be more than spark.dynamicAllocation.maxExecutors (2)"
    );
}

#[test]
fn dynamic_allocation_without_anything_that_keeps_shuffle_outputs_is_refused() {
    let with = |more: &[(&str, &str)]| {
        let mut refused = conf(&[
            ("spark.dynamicAllocation.enabled", "true"),
            ("spark.dynamicAllocation.shuffleTracking.enabled", "false"),
        ]);
        refused.extend(more.iter().copied());
        refused.validate()
    };
    let error = with(&[]).unwrap_err().to_string();
    let sentence = "Dynamic allocation of executors requires one of the following conditions: ";
    assert!(
        error.starts_with("spark.dynamicAllocation.shuffleTracking.enabled (false) ")
            && error.contains(sentence)
    );
    assert!(with(&[("spark.master", "local-cluster[1,1,512]")]).is_err());
    let decommission = ("spark.decommission.enabled", "true");
    let without_blocks = ("spark.storage.decommission.shuffleBlocks.enabled", "false");
    assert!(with(&[decommission, without_blocks]).is_err());
    for legal in [
        decommission,
        ("spark.shuffle.service.enabled", "true"),
        ("spark.dynamicAllocation.shuffleTracking.enabled", "true"),
        ("spark.dynamicAllocation.enabled", "false"),
        ("spark.master", "local[2]"),
    ] {
        assert_eq!(with(&[legal]), Ok(()), "{legal:?}");
    }
}

#[test]
fn an_unknown_key_warns_with_the_nearest_known_one() {
    assert_eq!(
        only_warning("spark.executor.memroy"),
        "unknown configuration key spark.executor.memroy; did you mean spark.executor.memory?"
    );
    assert_eq!(
        only_warning("spark.acme.billing.region"),
        "unknown configuration key spark.acme.billing.region; it has no effect on Hearth"
    );
}

#[test]
fn a_key_of_spark_that_is_not_honoured_warns() {
    for key in [
        "spark.speculation",
        "spark.extraListeners",
        "spark.sql.shuffle.partitions",
        "spark.sql.some.key.we.never.heard.of",
        "spark.hadoop.fs.s3a.endpoint",
        "spark.kubernetes.allocation.batch.size",
        "spark.kubernetes.authenticate.driver.oauthToken",
        "spark.executor.heartbeat.maxFailures",
        "spark.shuffle.io.preferDirectBufs",
    ] {
        let expected = format!("{key} has no effect: Spark has this key, Hearth does not honour it");
        assert_eq!(only_warning(key), expected);
    }
}

#[test]
fn a_local_property_in_the_configuration_warns() {
    assert!(only_warning("spark.scheduler.pool").contains("set_local_property"));
}

#[test]
fn honoured_keys_and_keys_of_others_do_not_warn() {
    let quiet = conf(&[
        ("spark.executor.memory", "1g"),
        ("spark.executorEnv.X", "1"),
        ("spark.executor.memoryOverhead", "1g"),
        ("spark.kubernetes.driver.label.team", "data"),
        ("spark.kubernetes.executor.volumes.emptyDir.x.mount.path", "/x"),
        ("spark.hadoop.mapreduce.input.fileinputformat.input.dir.recursive", "true"),
        ("spark.hearth.memory.reserved", "16m"),
        ("spark.app.name", "x"),
        ("my.own.key", "1"),
    ]);
    assert_eq!(quiet.warnings(), Vec::<String>::new());
}

#[test]
fn secrets_are_not_shown() {
    let mut conf = conf(&[
        ("spark.hadoop.fs.s3a.access.key", "AKIA"),
        ("spark.executorEnv.DB_PASSWORD", "hunter2"),
        ("spark.app.name", "my token ring"),
        ("spark.master", "local"),
    ]);
    let shown = "spark.app.name=*********(redacted)\n\
                 spark.executorEnv.DB_PASSWORD=*********(redacted)\n\
                 spark.hadoop.fs.s3a.access.key=*********(redacted)\n\
                 spark.master=local";
    assert_eq!(conf.to_debug_string(), shown);
    assert!(!format!("{conf:?}").contains("hunter2"));
    conf.set("spark.redaction.regex", "master");
    assert!(conf.to_debug_string().contains("spark.master=*********(redacted)"));
    assert!(conf.to_debug_string().contains("hunter2"));
    conf.set("spark.redaction.regex", "(");
    assert!(!conf.to_debug_string().contains("hunter2"), "a broken rule must not show everything");
    assert!(conf.validate().is_err());
}

#[test]
fn properties_are_read_and_written() {
    let conf =
        SparkConf::from_properties("# defaults\nspark.master local[2]\nspark.executor.memory=2g\n").unwrap();
    assert_eq!(conf.get("spark.master"), Some("local[2]"));
    assert_eq!(conf.to_properties(), "spark.executor.memory=2g\nspark.master=local[2]\n");
    assert_eq!(SparkConf::from_properties(&conf.to_properties()).unwrap(), conf);
}
