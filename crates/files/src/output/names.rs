//! Where a job's files are. Spark: the names of Hadoop's `FileOutputCommitter`.

use crate::store::Location;

/// `_temporary`: below it everything belongs to jobs that have not ended.
pub(super) fn working(dir: &Location) -> Location {
    dir.child("_temporary")
}

/// `_temporary/0`: the first and only attempt at the job.
pub(super) fn job_attempt(dir: &Location) -> Location {
    working(dir).child("0")
}

/// There as long as the job is open. Object stores have no directory that could say it.
pub(super) fn open_marker(dir: &Location, id: &str) -> Location {
    job_attempt(dir).child(&format!("_open_{id}"))
}

/// Where the files of task attempts are.
pub(super) fn task_attempts(dir: &Location) -> Location {
    job_attempt(dir).child("_temporary")
}

/// The file of one task attempt.
pub(super) fn task_attempt(dir: &Location, id: &str, partition: u32, attempt: u64) -> Location {
    task_attempts(dir).child(&format!("attempt_{id}_m_{partition:06}_{attempt}"))
}

/// The file of a committed task.
pub(super) fn committed_task(dir: &Location, id: &str, partition: u32) -> Location {
    job_attempt(dir).child(&task_name(id, partition))
}

pub(super) fn task_name(id: &str, partition: u32) -> String {
    format!("task_{id}_m_{partition:06}")
}

/// `part-00000` with the codec's extension.
pub(super) fn part(partition: u32, extension: &str) -> String {
    format!("part-{partition:05}{extension}")
}
