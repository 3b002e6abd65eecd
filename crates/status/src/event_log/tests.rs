use std::collections::BTreeSet;
use std::io::Read;
use std::sync::Arc;

use hearth_types::{
    ExceptionKind, ExecutorId, ExecutorLossReason, JobOutcome, KillReason, RddId, ShuffleId, StorageLevel,
    TaskEndReason,
};
use serde_json::Value;

use super::*;
use crate::testing::*;

fn lines(events: &[ListenerEvent]) -> Vec<String> {
    let mut protocol = JsonProtocol::default();
    let line = |event| {
        let mut out = Vec::new();
        protocol.write(event, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    events.iter().map(line).collect()
}

fn line(event: ListenerEvent) -> String {
    lines(&[event]).remove(0)
}

fn reason(reason: TaskEndReason) -> String {
    let line: Value = serde_json::from_str(&line(task_end(0, task(0, 0), reason))).unwrap();
    line["Task End Reason"].to_string()
}

fn every_event() -> Vec<ListenerEvent> {
    let (name, id, user) = ("pi".to_owned(), "app-1".to_owned(), "u".to_owned());
    let executor = ExecutorId(1);
    let mut events = vec![
        ListenerEvent::ApplicationStart { name, id, time: time(0), user },
        ListenerEvent::EnvironmentUpdate {
            spark_properties: vec![("spark.app.name".to_owned(), "pi".to_owned())],
        },
    ];
    events.extend(executor_added(1));
    events.extend([
        job_start(0, vec![stage(0, 2)]),
        submitted(stage(0, 2)),
        task_start(0, task(0, 0)),
        ListenerEvent::TaskGettingResult { task: task(0, 0) },
        task_end(0, task(0, 0), TaskEndReason::Success),
        measured(1, 100),
        block(1, 0, StorageLevel::MEMORY_ONLY, 100),
        completed(stage(0, 2), Some("why")),
        job_end(0, JobOutcome::Failed { message: "Job aborted".to_owned() }),
        ListenerEvent::UnpersistRdd { rdd: RddId(1) },
        ListenerEvent::BlockManagerRemoved { time: time(6), executor },
        ListenerEvent::ExecutorRemoved { time: time(6), executor, reason: ExecutorLossReason::Disconnected },
        ListenerEvent::ApplicationEnd { time: time(9) },
    ]);
    events
}

/// The fields of each event in the order of a log that Spark 4.3.0 wrote; `?` marks what may be absent, and what Spark
/// writes beyond these only a JVM has.
const FIELDS: &[(&str, &str, &str)] = &[
    ("ApplicationStart", "", "App Name,App ID,Timestamp,User"),
    (
        "EnvironmentUpdate",
        "",
        "JVM Information,Spark Properties,Hadoop Properties,System Properties,Metrics Properties,Classpath Entries",
    ),
    ("ExecutorAdded", "", "Timestamp,Executor ID,Executor Info"),
    ("ExecutorAdded", "/Executor Info", "Host,Total Cores,Log Urls,Attributes,Resources,Resource Profile Id"),
    (
        "BlockManagerAdded",
        "",
        "Block Manager ID,Maximum Memory,Timestamp,Maximum Onheap Memory,Maximum Offheap Memory",
    ),
    ("BlockManagerAdded", "/Block Manager ID", "Executor ID,Host,Port"),
    ("BlockManagerRemoved", "", "Block Manager ID,Timestamp"),
    ("JobStart", "", "Job ID,Submission Time,Stage Infos,Stage IDs,Properties"),
    ("StageSubmitted", "", "Stage Info,Properties"),
    (
        "StageCompleted",
        "/Stage Info",
        "Stage ID,Stage Attempt ID,Stage Name,Number of Tasks,RDD Info,Parent IDs,Details,Submission Time,\
         Completion Time,Failure Reason,Accumulables,Resource Profile Id,Shuffle Push Enabled,\
         Shuffle Push Mergers Count",
    ),
    (
        "JobStart",
        "/Stage Infos/0/RDD Info/0",
        "RDD ID,Name,Scope,Callsite,Parent IDs,Storage Level,Barrier,DeterministicLevel,Number of Partitions,\
         Number of Cached Partitions,Memory Size,Disk Size",
    ),
    (
        "JobStart",
        "/Stage Infos/0/RDD Info/0/Storage Level",
        "Use Disk,Use Memory,Use Off Heap,Deserialized,Replication",
    ),
    ("TaskStart", "", "Stage ID,Stage Attempt ID,Task Info"),
    (
        "TaskStart",
        "/Task Info",
        "Task ID,Index,Attempt,Partition ID,Launch Time,Executor ID,Host,Locality,Speculative,Getting Result Time,\
         Finish Time,Failed,Killed,Accumulables",
    ),
    ("TaskEnd", "", "Stage ID,Stage Attempt ID,Task Type,Task End Reason,Task Info,Task Metrics"),
    (
        "TaskEnd",
        "/Task Metrics",
        "Executor Deserialize Time,Executor Deserialize CPU Time,Executor Run Time,Executor CPU Time,\
         Peak Execution Memory,Result Size,JVM GC Time,Result Serialization Time,Memory Bytes Spilled,\
         Disk Bytes Spilled,Shuffle Read Metrics,Shuffle Write Metrics,Input Metrics,Output Metrics,Updated Blocks",
    ),
    (
        "TaskEnd",
        "/Task Metrics/Shuffle Read Metrics",
        "Remote Blocks Fetched,Local Blocks Fetched,Fetch Wait Time,Remote Bytes Read,Remote Bytes Read To Disk,\
         Local Bytes Read,Total Records Read,Remote Requests Duration",
    ),
    (
        "TaskEnd",
        "/Task Metrics/Shuffle Write Metrics",
        "Shuffle Bytes Written,Shuffle Write Time,Shuffle Records Written",
    ),
    ("TaskEnd", "/Task Metrics/Input Metrics", "Bytes Read,Records Read"),
    ("TaskEnd", "/Task Metrics/Output Metrics", "Bytes Written,Records Written"),
    ("ExecutorMetricsUpdate", "", "Executor ID,Metrics Updated,Executor Metrics Updated"),
    ("ExecutorMetricsUpdate", "/Executor Metrics Updated/0", "Stage ID,Stage Attempt ID,Executor Metrics"),
    (
        "ExecutorMetricsUpdate",
        "/Executor Metrics Updated/0/Executor Metrics",
        "OnHeapExecutionMemory,OnHeapStorageMemory,OnHeapUnifiedMemory,ProcessTreeOtherRSSMemory",
    ),
    ("JobEnd", "", "Job ID,Completion Time,Job Result"),
    ("ExecutorRemoved", "", "Timestamp,Executor ID,Removed Reason"),
    ("UnpersistRDD", "", "RDD ID"),
    ("BlockUpdated", "/Block Updated Info", "Block Manager ID,Block ID,Storage Level,Memory Size,Disk Size"),
    ("ApplicationEnd", "", "Timestamp"),
];

#[test]
fn every_line_has_the_fields_that_spark_writes_in_sparks_order() {
    let lines = lines(&every_event());
    for (event, place, fields) in FIELDS {
        let start = format!(r#"{{"Event":"SparkListener{event}","#);
        let line = lines.iter().find(|line| line.starts_with(&start)).unwrap_or_else(|| panic!("no {event}"));
        let whole: Value = serde_json::from_str(line).unwrap();
        let object = whole.pointer(place).and_then(Value::as_object).unwrap();
        let found: Vec<&str> = object.keys().map(String::as_str).filter(|key| *key != "Event").collect();
        assert_eq!(found.join(","), *fields, "{event}{place}");
    }
    let named: BTreeSet<&str> = FIELDS.iter().map(|(event, _, _)| *event).collect();
    assert_eq!(named.len() + 1, lines.len(), "TaskGettingResult alone is not listed");
}

#[test]
fn lines_are_compact_and_begin_with_the_event() {
    let lines = lines(&every_event());
    assert_eq!(
        lines[0],
        r#"{"Event":"SparkListenerApplicationStart","App Name":"pi","App ID":"app-1","Timestamp":1795170000000,"User":"u"}"#
    );
    assert!(lines.iter().all(|line| line.starts_with(r#"{"Event":"SparkListener"#) && !line.contains('\n')));
    let job = lines.iter().find(|line| line.contains("JobStart")).unwrap();
    let job: Value = serde_json::from_str(job).unwrap();
    assert_eq!(job["Properties"]["spark.jobGroup.id"], "nightly");
    assert_eq!(job["Properties"]["spark.job.tags"], "a,b");
    assert_eq!(job["Properties"]["callSite.short"], "collect at main.rs:1");
    assert_eq!(job["Stage Infos"][0]["RDD Info"][0]["Scope"], r#"{"id":"1","name":"map"}"#);
    assert_eq!(job["Stage Infos"][0]["RDD Info"][0]["Parent IDs"][0], 0);
    let end = lines.iter().find(|line| line.contains("JobEnd")).unwrap();
    assert!(end.ends_with(
        r#""Job Result":{"Result":"JobFailed","Exception":{"Message":"Job aborted","Stack Trace":[]}}}"#
    ));
    let removed = lines.iter().find(|line| line.contains("BlockManagerRemoved")).unwrap();
    assert!(removed.contains(r#"{"Executor ID":"1","Host":"10.0.0.5","Port":7079}"#));
}

#[test]
fn what_an_executor_measured_belongs_to_no_stage() {
    assert_eq!(
        line(measured(1, 100)),
        r#"{"Event":"SparkListenerExecutorMetricsUpdate","Executor ID":"1","Metrics Updated":[],"Executor Metrics Updated":[{"Stage ID":-1,"Stage Attempt ID":-1,"Executor Metrics":{"OnHeapExecutionMemory":50,"OnHeapStorageMemory":100,"OnHeapUnifiedMemory":150,"ProcessTreeOtherRSSMemory":1000}}]}"#
    );
}

#[test]
fn a_block_manager_without_an_address_gets_a_port_that_sparks_reader_accepts() {
    let line = line(ListenerEvent::BlockManagerAdded {
        time: time(0),
        executor: ExecutorId::DRIVER,
        address: String::new(),
        max_memory: 1,
    });
    assert!(line.contains(r#"{"Executor ID":"driver","Host":"localhost","Port":1}"#), "{line}");
}

#[test]
fn every_reason_for_a_task_end_has_sparks_name_and_fields() {
    assert_eq!(reason(TaskEndReason::Success), r#"{"Reason":"Success"}"#);
    assert_eq!(reason(TaskEndReason::Resubmitted), r#"{"Reason":"Resubmitted"}"#);
    assert_eq!(reason(TaskEndReason::TaskResultLost), r#"{"Reason":"TaskResultLost"}"#);
    assert_eq!(
        reason(TaskEndReason::TaskKilled(KillReason::StageCancelled)),
        r#"{"Reason":"TaskKilled","Kill Reason":"Stage cancelled","Accumulator Updates":[]}"#
    );
    assert_eq!(
        reason(TaskEndReason::TaskCommitDenied),
        r#"{"Reason":"TaskCommitDenied","Job ID":0,"Partition ID":0,"Attempt Number":0}"#
    );
    let (executor, lost) = (ExecutorId(3), ExecutorLossReason::Exited { code: 137 });
    assert!(
        reason(TaskEndReason::ExecutorLost { executor, reason: lost })
            .starts_with(r#"{"Reason":"ExecutorLostFailure","Executor ID":"3","Exit Caused By App":true,"Loss Reason":"Command exited with code 137"#)
    );
    let fetch = |from, map_index| TaskEndReason::FetchFailed {
        shuffle: ShuffleId(4),
        map_index,
        reduce: 2,
        from,
        message: "gone".to_owned(),
    };
    assert_eq!(
        reason(fetch(None, None)),
        r#"{"Reason":"FetchFailed","Shuffle ID":4,"Map ID":-1,"Map Index":-1,"Reduce ID":2,"Message":"gone"}"#
    );
    assert!(
        reason(fetch(Some(ExecutorId(1)), Some(7))).contains(r#""Block Manager Address":{"Executor ID":"1""#)
    );
    let panic = TaskEndReason::ExceptionFailure {
        kind: ExceptionKind::User,
        message: "boom".to_owned(),
        backtrace: "at main.rs:1".to_owned(),
    };
    assert_eq!(
        reason(panic),
        r#"{"Reason":"ExceptionFailure","Class Name":"TaskException","Description":"boom","Stack Trace":[],"Full Stack Trace":"boom\nat main.rs:1","Accumulator Updates":[]}"#
    );
}

fn write(conf: EventLogConf) {
    let mut log = EventLog::create(conf, "App 1").unwrap();
    for event in every_event() {
        log.on_event(&event);
    }
}

fn names(directory: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_single_log_is_renamed_when_the_application_ends() {
    let directory = tempfile::tempdir().unwrap();
    let conf =
        EventLogConf { compress: false, rolling: None, ..EventLogConf::new(directory.path().to_owned()) };
    let log = EventLog::create(conf.clone(), "App 1").unwrap();
    assert_eq!(names(directory.path()), ["app-1.inprogress"]);
    let error = EventLog::create(conf.clone(), "App 1").unwrap_err();
    assert!(matches!(error, EventLogError::Exists(_)), "{error}");
    drop(log);
    write(EventLogConf { overwrite: true, ..conf });
    assert_eq!(names(directory.path()), ["app-1"]);
    let text = std::fs::read_to_string(directory.path().join("app-1")).unwrap();
    assert!(
        text.starts_with("{\"Event\":\"SparkListenerLogStart\",\"Spark Version\":\"4.3.0\"}\n{\"Event\"")
    );
    assert_eq!(text.lines().count(), every_event().len(), "the start line more, the block update less");
}

#[test]
fn a_rolling_log_starts_a_new_file_when_one_is_full_and_zstd_reads_back() {
    let directory = tempfile::tempdir().unwrap();
    write(EventLogConf { rolling: Some(300), ..EventLogConf::new(directory.path().to_owned()) });
    let folder = directory.path().join("eventlog_v2_app-1");
    let names = names(&folder);
    assert_eq!(names[0], "appstatus_app-1");
    assert!(names.contains(&"events_1_app-1.zstd".to_owned()), "{names:?}");
    assert!(names.len() > 3, "{names:?}");
    let mut text = String::new();
    for number in 1..names.len() {
        let file = std::fs::File::open(folder.join(format!("events_{number}_app-1.zstd"))).unwrap();
        zstd::Decoder::new(file).unwrap().read_to_string(&mut text).unwrap();
    }
    assert_eq!(text.lines().count(), every_event().len());
    assert!(text.lines().last().unwrap().starts_with(r#"{"Event":"SparkListenerApplicationEnd","#));
}

#[test]
fn a_log_of_a_living_application_can_be_read_up_to_its_last_job() {
    let directory = tempfile::tempdir().unwrap();
    let conf = EventLogConf { rolling: None, ..EventLogConf::new(directory.path().to_owned()) };
    let mut log = EventLog::create(conf, "app").unwrap();
    log.on_event(&job_start(0, vec![stage(0, 1)]));
    let file = std::fs::File::open(directory.path().join("app.zstd.inprogress")).unwrap();
    let mut text = Vec::new();
    let mut decoder = zstd::Decoder::new(file).unwrap();
    let mut chunk = [0; 512];
    while let Ok(count @ 1..) = decoder.read(&mut chunk) {
        text.extend_from_slice(&chunk[..count]);
    }
    assert!(String::from_utf8(text).unwrap().contains("SparkListenerJobStart"));
}

#[test]
fn a_missing_directory_is_an_error_that_says_what_to_do() {
    let error = EventLog::create(EventLogConf::new("/no/such/directory".into()), "app").unwrap_err();
    assert_eq!(
        error.to_string(),
        "spark.eventLog.dir: log directory \"/no/such/directory\" does not exist; create it, or set \
         spark.eventLog.enabled=false"
    );
    assert!(Arc::new(error).to_string().contains("spark.eventLog.dir"));
}
