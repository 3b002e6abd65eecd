//! A task ends the process that it runs in.

use std::collections::BTreeSet;

use hearth::prelude::*;
use hearth_tests::faults::Cluster;
use hearth_types::{ExecutorLossReason, TaskEndReason};
use serde::{Deserialize, Serialize};

use crate::common::{NONE, check_stage, pairs, sorted, sums};

/// How a task ends its process.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum End {
    Abort,
    Exit(i32),
}

impl End {
    fn happen(self) {
        match self {
            Self::Abort => std::process::abort(),
            Self::Exit(code) => std::process::exit(code),
        }
    }
}

/// Runs a job of which partition 3 ends its process the first time, and returns why that executor was lost.
fn ends_its_process_once(end: End) -> ExecutorLossReason {
    let cluster = Cluster::start(2);
    let pairs =
        cluster.sc().range(0, 600, 1, 6).map_partitions_with((cluster.notes(), end), |state, records| {
            let (notes, end) = &*state;
            if notes.write("map") == 3 && notes.once("ended") {
                end.happen();
            }
            records.map(|n| (n % 10, n))
        });
    let job = cluster.run(move || pairs.reduce_by_key(|a, b| a + b, 3).collect());
    assert_eq!(sorted(job.result().unwrap()), sums());
    let history = cluster.history(1);
    let TaskEndReason::ExecutorLost { executor, reason } = &history.ends(0, 3)[0] else {
        panic!("{history:#?}")
    };
    assert_eq!(&cluster.events().wait_for_loss(*executor), reason);
    let kept = history.computed_on(0, *executor);
    let ran = BTreeSet::from([3]);
    check_stage(
        &history,
        0,
        6,
        &[(kept, &["success", "resubmitted", "success"]), (ran, &["executor lost", "success"])],
    );
    check_stage(&history, 1, 3, &[]);
    reason.clone()
}

#[test]
fn a_task_that_aborts_its_process_runs_again_elsewhere() {
    assert_eq!(ends_its_process_once(End::Abort), ExecutorLossReason::Exited { code: 134 });
}

#[test]
fn a_task_that_exits_runs_again_elsewhere() {
    assert_eq!(ends_its_process_once(End::Exit(3)), ExecutorLossReason::Exited { code: 3 });
}

#[test]
fn a_task_that_exits_with_status_0_runs_again_too() {
    assert_eq!(ends_its_process_once(End::Exit(0)), ExecutorLossReason::Exited { code: 0 });
}

#[test]
fn a_task_that_always_aborts_fails_its_job_and_nothing_else() {
    let cluster = Cluster::start(2);
    let poisoned = cluster.sc().range(0, 6, 1, 6).map_partitions(|records| {
        if TaskContext::get().unwrap().partition_id() == 5 {
            std::process::abort();
        }
        records
    });
    let job = cluster.run(move || poisoned.collect());
    let error = job.result().unwrap_err().to_string();
    let history = cluster.history(1);
    let ends = history.ends(0, 5);
    assert_eq!(history.stage(0)[&5], ["executor lost"; 4], "{history:#?}");
    let TaskEndReason::ExecutorLost { executor, .. } = &ends[3] else { panic!("{history:#?}") };
    let expected = format!(
        "Job aborted due to stage failure: Task 5 in stage 0.0 failed 4 times, most recent failure: \
         Lost task 5.3 in stage 0.0 (TID {}) (127.0.0.1 executor {executor}): \
         ExecutorLostFailure (executor {executor} exited caused by one of the running tasks) \
         Reason: Command exited with code 134",
        history.last_task(0, 5)
    );
    assert!(error.starts_with(&expected), "{error}\nis not\n{expected}");
    assert_eq!(sorted(pairs(&cluster, NONE).reduce_by_key(|a, b| a + b, 3).collect().unwrap()), sums());
}
