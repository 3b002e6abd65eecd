use std::sync::Arc;

use hearth_types::{
    ExecutorLossReason, JobOutcome, KillReason, RddId, StageInfo, StorageLevel, TaskEndReason, TaskId,
    TaskStatus,
};

use super::*;
use crate::testing::*;
use crate::tracker::StatusTracker;

fn store(limits: Limits, events: &[ListenerEvent]) -> StatusStore {
    let store = StatusStore::new(limits);
    store.apply(events);
    store
}

#[test]
fn counts_of_a_job_and_its_stages_follow_its_tasks() {
    let killed = || TaskEndReason::TaskKilled(KillReason::AnotherAttemptSucceeded);
    let mut events = executor_added(1).to_vec();
    events.extend([
        job_start(0, vec![stage(0, 2), stage(1, 2)]),
        submitted(stage(1, 2)),
        task_start(1, task(0, 0)),
        task_start(1, task(1, 1)),
        task_start(1, task(2, 1)),
        task_start(1, task(3, 0)),
        task_end(1, task(0, 0), TaskEndReason::Success),
        task_end(1, task(1, 1), TaskEndReason::TaskResultLost),
        task_end(1, task(2, 1), killed()),
    ]);
    let store = store(Limits::default(), &events);
    let job = store.job(JobId(0)).unwrap();
    assert_eq!((job.tasks, job.active_tasks, job.completed_tasks), (4, 1, 1));
    assert_eq!((job.failed_tasks, job.killed_tasks, job.completed_indices), (1, 1, 1));
    assert_eq!(job.killed_summary["another attempt succeeded"], 1);
    assert_eq!((job.active_stages, job.status), (1, JobStatus::Running));
    let found = store.stage(StageId(1)).pop().unwrap();
    assert_eq!(
        (found.active_tasks, found.completed_tasks, found.failed_tasks, found.killed_tasks),
        (1, 1, 1, 1)
    );
    assert_eq!((found.metrics.executor_run_millis, found.metrics.shuffle_write.bytes_written), (15, 21));
    let rows = store.tasks(StageId(1), 0, 1, 2);
    assert_eq!(rows.iter().map(|row| row.task).collect::<Vec<_>>(), vec![TaskId(1), TaskId(2)]);
    assert_eq!(rows[0].status, TaskStatus::Failed);
    assert!(rows[0].error.as_ref().unwrap().contains("TaskResultLost"));
    let executor = store.executor(ExecutorId(1)).unwrap();
    assert_eq!((executor.active_tasks, executor.completed_tasks, executor.failed_tasks), (1, 1, 1));
    assert_eq!((executor.shuffle_read, executor.address.as_str()), (33, "10.0.0.5:7079"));

    store.apply(&[completed(stage(1, 2), None), job_end(0, JobOutcome::Succeeded)]);
    let job = store.job(JobId(0)).unwrap();
    assert_eq!((job.status, job.active_stages, job.completed_stages), (JobStatus::Succeeded, 0, 1));
    assert_eq!((job.skipped_stages, job.skipped_tasks), (1, 2));
    assert_eq!(store.stage(StageId(0))[0].status, StageStatus::Skipped);
    assert_eq!(store.stage(StageId(1))[0].status, StageStatus::Complete);
}

#[test]
fn a_resubmitted_task_is_taken_back() {
    let store = store(
        Limits::default(),
        &[
            job_start(0, vec![stage(0, 2)]),
            submitted(stage(0, 2)),
            task_start(0, task(0, 0)),
            task_end(0, task(0, 0), TaskEndReason::Success),
            task_end(0, task(0, 0), TaskEndReason::Resubmitted),
        ],
    );
    let found = store.stage(StageId(0)).pop().unwrap();
    assert_eq!((found.active_tasks, found.completed_tasks, found.failed_tasks), (0, 0, 1));
    assert_eq!(found.metrics.executor_run_millis, 5);
    assert_eq!(store.job(JobId(0)).unwrap().completed_indices, 0);
}

#[test]
fn a_failed_attempt_stays_beside_the_next_one() {
    let next = || StageInfo { attempt: 1, ..stage(0, 1) };
    let store = store(
        Limits::default(),
        &[
            job_start(0, vec![stage(0, 2)]),
            submitted(stage(0, 2)),
            completed(stage(0, 2), Some("fetch failed")),
            submitted(next()),
        ],
    );
    let attempts = store.stage(StageId(0));
    assert_eq!(
        attempts.iter().map(|a| a.status).collect::<Vec<_>>(),
        [StageStatus::Failed, StageStatus::Active]
    );
    let info = StatusTracker::new(Arc::new(store)).stage_info(StageId(0)).unwrap();
    assert_eq!((info.current_attempt, info.tasks), (1, 1));
}

#[test]
fn what_has_ended_is_forgotten_beyond_the_limits_and_what_runs_is_kept() {
    let limits = Limits { jobs: 3, stages: 3, tasks: 10, dead_executors: 1 };
    let store = StatusStore::new(limits);
    store.apply(&[job_start(0, vec![stage(0, 1)]), submitted(stage(0, 1)), task_start(0, task(0, 0))]);
    for job in 1..50 {
        let first = u64::from(job) * 100;
        store.apply(&[job_start(job, vec![stage(job, 4)]), submitted(stage(job, 4))]);
        for partition in 0..4 {
            let started = task(first + u64::from(partition), partition);
            store.apply(&[task_start(job, started.clone()), task_end(job, started, TaskEndReason::Success)]);
        }
        store.apply(&[completed(stage(job, 4), None), job_end(job, JobOutcome::Succeeded)]);
        let rows: usize =
            store.stages().iter().map(|s| store.tasks(s.info.stage, s.info.attempt, 0, 100).len()).sum();
        assert!(rows <= 10, "{rows} rows");
    }
    assert_eq!(store.job_ids(|_| true), vec![JobId(0), JobId(48), JobId(49)]);
    assert_eq!(store.stages().iter().map(|s| s.info.stage.0).collect::<Vec<_>>(), vec![0, 48, 49]);
    assert_eq!(store.tasks(StageId(0), 0, 0, 10).len(), 1);
    for id in 1..4 {
        store.apply(&executor_added(id));
        let (executor, reason) = (ExecutorId(id), ExecutorLossReason::Disconnected);
        store.apply(&[ListenerEvent::ExecutorRemoved { time: time(7), executor, reason }]);
    }
    assert_eq!(store.executors(true).iter().map(|e| e.executor.0).collect::<Vec<_>>(), vec![3]);
    assert!(store.executors(false).is_empty());
}

#[test]
fn a_stage_with_more_tasks_than_rows_drops_its_oldest_ended_rows() {
    let store = StatusStore::new(Limits { tasks: 5, ..Limits::default() });
    store.apply(&[job_start(0, vec![stage(0, 100)]), submitted(stage(0, 100)), task_start(0, task(0, 0))]);
    for id in 1..100 {
        let started = task(id, id as u32);
        store.apply(&[task_start(0, started.clone()), task_end(0, started, TaskEndReason::Success)]);
    }
    let rows: Vec<u64> = store.tasks(StageId(0), 0, 0, 100).iter().map(|row| row.task.0).collect();
    assert_eq!(rows, vec![0, 96, 97, 98, 99]);
    assert_eq!(store.stage(StageId(0))[0].completed_tasks, 99);
}

#[test]
fn cached_partitions_are_seen_until_they_go() {
    let mut events = executor_added(1).to_vec();
    events.extend(executor_added(2));
    events.extend([
        job_start(0, vec![stage(0, 2)]),
        submitted(stage(0, 2)),
        block(1, 0, StorageLevel::MEMORY_ONLY, 100),
        block(2, 0, StorageLevel::MEMORY_ONLY, 100),
        block(2, 1, StorageLevel::MEMORY_ONLY, 50),
    ]);
    let store = store(Limits::default(), &events);
    let rdd = store.rdd(RddId(1)).unwrap();
    assert_eq!((rdd.cached_partitions, rdd.memory_used, rdd.blocks.len()), (2, 250, 3));
    assert_eq!(store.executor(ExecutorId(2)).unwrap().memory_used, 150);
    store.apply(&[block(2, 1, StorageLevel::NONE, 0)]);
    assert_eq!(store.executor(ExecutorId(2)).unwrap().rdd_blocks, 1);
    let (executor, reason) = (ExecutorId(1), ExecutorLossReason::Disconnected);
    store.apply(&[ListenerEvent::ExecutorRemoved { time: time(7), executor, reason }]);
    assert_eq!(store.rdds()[0].memory_used, 100);
    store.apply(&[ListenerEvent::UnpersistRdd { rdd: RddId(1) }]);
    assert!(store.rdds().is_empty());
    assert_eq!(store.executor(ExecutorId(2)).unwrap().memory_used, 0);
}

#[test]
fn an_executor_has_what_it_last_measured_and_the_most_of_it() {
    let store = store(Limits::default(), &executor_added(1));
    let storage = || {
        let data = store.executor(ExecutorId(1)).unwrap();
        (data.metrics.storage_memory, data.peak_metrics.storage_memory)
    };
    assert_eq!(storage(), (0, 0));
    store.apply(&[measured(1, 100), measured(1, 300), measured(1, 200), measured(2, 900)]);
    assert_eq!(storage(), (200, 300));
    let data = store.executor(ExecutorId(1)).unwrap();
    assert_eq!((data.metrics.running_tasks, data.peak_metrics.resident_memory), (2, 1_000));
    assert_eq!(store.executor(ExecutorId(2)), None, "one that never registered is not made up");
}

#[test]
fn the_tracker_answers_as_sparks_does() {
    let mut events = executor_added(1).to_vec();
    events.extend([job_start(0, vec![stage(0, 2)]), submitted(stage(0, 2)), task_start(0, task(0, 0))]);
    let tracker = StatusTracker::new(Arc::new(store(Limits::default(), &events)));
    assert_eq!(tracker.active_job_ids(), vec![JobId(0)]);
    assert_eq!(tracker.active_stage_ids(), vec![StageId(0)]);
    assert_eq!(tracker.job_ids_for_group(Some("nightly")), vec![JobId(0)]);
    assert!(tracker.job_ids_for_group(None).is_empty());
    assert_eq!(tracker.job_ids_for_tag("b"), vec![JobId(0)]);
    assert_eq!(tracker.job_info(JobId(0)).unwrap().stages, vec![StageId(0)]);
    assert_eq!(tracker.job_info(JobId(1)), None);
    assert_eq!(tracker.stage_info(StageId(0)).unwrap().active_tasks, 1);
    assert_eq!(tracker.executor_infos()[0].running_tasks, 1);
}

#[test]
fn task_ends_count_beyond_the_tasks_that_are_kept() {
    let store = StatusStore::new(Limits { tasks: 20_000, ..Limits::default() });
    store.apply(&executor_added(1));
    store.apply(&[job_start(0, vec![stage(0, 100_000)]), submitted(stage(0, 100_000))]);
    for id in 0..100_000u32 {
        let started = task(u64::from(id), id);
        store.apply(&[task_start(0, started.clone()), task_end(0, started, TaskEndReason::Success)]);
    }
    assert_eq!(store.job(JobId(0)).unwrap().completed_indices, 100_000);
}
