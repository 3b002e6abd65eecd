//! The jobs of the simulated program, and the threads that submit them.

use std::time::Duration;

use hearth_types::{JobProperties, RddId, StageKind, TaskBinaryId};

use super::Lineage;
use crate::random::Random;

/// One action that the program runs.
#[derive(Clone, Debug)]
pub struct JobPlan {
    /// The RDD that the action is called on.
    pub rdd: RddId,
    /// The partitions that it asks for, in the order of its results.
    pub partitions: Vec<u32>,
    /// Whether its result tasks ask before they commit an output.
    pub commits: bool,
    /// Bytes of each result; zero for results that travel inside the status update.
    pub stored_result: u64,
    /// What its thread says about it.
    pub properties: JobProperties,
    /// How long its thread waits before it submits.
    pub think: Duration,
    /// Whether somebody gives up on it.
    pub cancel: Option<CancelPlan>,
    /// Whether the RDD that it ran on is unpersisted once it has ended.
    pub unpersist: bool,
    /// Whether it runs after the faults have stopped, where it must succeed.
    pub is_probe: bool,
}

/// A cancellation.
#[derive(Clone, Copy, Debug)]
pub struct CancelPlan {
    /// How long after the submission.
    pub after: Duration,
    /// By which name.
    pub by: CancelBy,
}

/// The name by which jobs are cancelled.
#[derive(Clone, Copy, Debug)]
pub enum CancelBy {
    /// The job's number.
    Job,
    /// One of its running stages.
    Stage,
    /// Its group.
    Group,
    /// Its first tag.
    Tag,
    /// None: every job.
    All,
}

/// The code that the tasks of one stage of one job run.
#[derive(Clone, Debug)]
pub struct Binary {
    /// Position of the job in the plan.
    pub job: usize,
    /// The last RDD of the pipeline.
    pub rdd: RddId,
    /// What the tasks make.
    pub kind: StageKind,
}

/// The name of the code of one stage of one job.
pub fn binary_id(job: usize, stage: usize) -> TaskBinaryId {
    TaskBinaryId((job as u64) << 16 | stage as u64)
}

impl JobPlan {
    /// Draws an action.
    pub(super) fn draw(random: &mut Random, lineage: &Lineage, is_probe: bool) -> Self {
        let count = lineage.rdds().len() as u64;
        let rdd = RddId(random.below(count).max(random.below(count)) as u32);
        let all = lineage.partitions(rdd);
        let mut partitions: Vec<u32> = (0..all).collect();
        if random.chance(250) {
            let first = random.count(0, all.saturating_sub(1));
            partitions = (first..random.count(first, all)).collect();
        }
        if random.chance(100) {
            partitions.reverse();
        }
        let cancel = (!is_probe && random.chance(120)).then(|| CancelPlan {
            after: Duration::from_micros(random.log_uniform(100, 3_000_000)),
            by: *random
                .pick(&[
                    CancelBy::Job,
                    CancelBy::Job,
                    CancelBy::Stage,
                    CancelBy::Group,
                    CancelBy::Tag,
                    CancelBy::All,
                ])
                .unwrap_or(&CancelBy::Job),
        });
        Self {
            rdd,
            partitions,
            commits: random.chance(500),
            stored_result: if random.chance(200) { random.log_uniform(1 << 10, 1 << 22) } else { 0 },
            properties: draw_properties(random),
            think: Duration::from_micros(random.log_uniform(10, 600_000)),
            cancel,
            unpersist: random.chance(60),
            is_probe,
        }
    }

    /// The code of each of its stages, in the order of its graph.
    pub(super) fn binaries(&self, job: usize, lineage: &Lineage) -> Vec<Binary> {
        let mut binaries = Vec::new();
        for shuffle in lineage.shuffles_of(self.rdd) {
            if let Some(of) = lineage.shuffles().get(shuffle.0 as usize) {
                let kind = StageKind::ShuffleMap { shuffle, reduces: of.reduces };
                binaries.push(Binary { job, rdd: of.parent, kind });
            }
        }
        let kind = StageKind::Result { partitions: self.partitions.clone() };
        binaries.push(Binary { job, rdd: self.rdd, kind });
        binaries
    }
}

fn draw_properties(random: &mut Random) -> JobProperties {
    let pool = random
        .pick(&[None, Some("default"), Some("fast"), Some("slow"), Some("unlisted")])
        .copied()
        .flatten();
    JobProperties {
        pool: pool.map(str::to_owned),
        group: random.chance(300).then(|| format!("group {}", random.below(2))),
        tags: if random.chance(300) { vec![format!("tag {}", random.below(2))] } else { Vec::new() },
        interrupt_on_cancel: random.chance(500),
        ..JobProperties::default()
    }
}
