//! Everything about one run, drawn from its seed: cluster, settings, program, faults, durations.

mod conf;
mod faults;
mod job;
mod lineage;

use std::time::Duration;

use hearth_scheduler::SchedulerConf;
use hearth_types::{HostName, RddId, ShuffleId, TaskBinaryId, TaskId};

pub use faults::{Faults, Strike};
pub use job::{Binary, CancelBy, CancelPlan, JobPlan, binary_id};
pub use lineage::{Lineage, Shuffle, piece, seed_content};

use crate::content::MadeOf;
use crate::random::{Random, mix};

/// One run, before it runs.
#[derive(Debug)]
pub struct Plan {
    /// Where it comes from.
    pub seed: u64,
    /// Settings of the scheduler.
    pub conf: SchedulerConf,
    /// The machines that executors are started on.
    pub hosts: Vec<HostName>,
    /// RDDs, shuffles, contents.
    pub lineage: Lineage,
    /// Every action of the program.
    pub jobs: Vec<JobPlan>,
    /// The threads of the program: which jobs each runs, one after another.
    pub threads: Vec<Vec<usize>>,
    /// What goes wrong.
    pub faults: Faults,
    /// Mean run time of the tasks of a stage, by the stage's RDD.
    pub work: Vec<Duration>,
    /// How often executors say that they live.
    pub heartbeat: Duration,
    /// When somebody edits the bounds of dynamic allocation, and to which numbers.
    pub edits: Vec<(Duration, u32, u32)>,
    /// Whether shuffles are released as soon as no job can read them, rather than at the end.
    pub release_early: bool,
    binaries: Vec<Vec<Binary>>,
}

impl Plan {
    /// Draws the run of a seed.
    pub fn from_seed(seed: u64) -> Self {
        let random = &mut Random::new(seed, 1);
        let conf = conf::draw_conf(random);
        let hosts: Vec<_> = (0..random.count(1, 3)).map(|at| HostName::new(&format!("host{at}"))).collect();
        let mut lineage = Lineage::draw(random, &hosts);
        lineage.draw_varying(&mut Random::new(seed, 4));
        let faults = Faults::draw(random);
        let mut jobs = Vec::new();
        let mut threads: Vec<Vec<usize>> = Vec::new();
        for _ in 0..random.count(1, 3) {
            let of_thread = (0..random.count(1, 5)).map(|at| jobs.len() + at as usize).collect::<Vec<_>>();
            jobs.extend(of_thread.iter().map(|_| JobPlan::draw(random, &lineage, false)));
            threads.push(of_thread);
        }
        let probes: Vec<usize> = (0..random.count(1, 2)).map(|at| jobs.len() + at as usize).collect();
        jobs.extend(probes.iter().map(|_| JobPlan::draw(random, &lineage, true)));
        threads.push(probes);
        let longest = random.log_uniform(4_000, 2_000_000);
        let work = lineage
            .rdds()
            .iter()
            .map(|_| Duration::from_micros(random.log_uniform(500, longest.max(500))))
            .collect();
        let heartbeat = conf.executor_timeout / random.count(4, 10);
        let release_early = random.chance(500);
        let binaries = jobs.iter().enumerate().map(|(at, job)| job.binaries(at, &lineage)).collect();
        let edits =
            conf::draw_edits(&mut Random::new(seed, 3), &conf, faults.until * 2 + Duration::from_secs(2));
        Self {
            seed,
            conf,
            hosts,
            lineage,
            jobs,
            threads,
            faults,
            work,
            heartbeat,
            edits,
            release_early,
            binaries,
        }
    }

    /// The code behind a name, if any stage has it.
    pub fn binary(&self, id: TaskBinaryId) -> Option<&Binary> {
        self.binaries.get((id.0 >> 16) as usize)?.get((id.0 & 0xffff) as usize)
    }

    /// The code of each stage of a job.
    pub fn binaries(&self, job: usize) -> &[Binary] {
        self.binaries.get(job).map_or(&[], Vec::as_slice)
    }

    /// Mean run time of the tasks whose pipeline ends in an RDD.
    pub fn work(&self, rdd: RddId) -> Duration {
        self.work.get(rdd.0 as usize).copied().unwrap_or(Duration::from_millis(1))
    }

    /// How many maps a shuffle has.
    pub fn maps(&self, shuffle: ShuffleId) -> u32 {
        self.lineage.shuffles().get(shuffle.0 as usize).map_or(0, |of| self.lineage.partitions(of.parent))
    }

    /// What the output of a map task sums to that was made of these; 0 for a shuffle that does not vary.
    pub fn checksum(&self, shuffle: ShuffleId, task: TaskId, made_of: &MadeOf) -> u64 {
        let varies = self.lineage.shuffles().get(shuffle.0 as usize).is_some_and(|of| of.varies);
        // An attempt often comes to what another came to, or nobody would ever finish.
        if varies { 1 | made_of.sum(mix(self.seed, task.0) % 3) } else { 0 }
    }

    /// When, at the earliest, the jobs of the last thread may start: every loss is known by then.
    pub fn probes_from(&self) -> Duration {
        self.faults.until + self.conf.executor_timeout * 2 + self.faults.loss_report + Duration::from_secs(5)
    }

    /// When, after the faults have stopped, every job must have ended.
    pub fn deadline(&self) -> Duration {
        let tasks: u32 = self
            .jobs
            .iter()
            .enumerate()
            .flat_map(|(at, _)| self.binaries(at))
            .map(|binary| self.lineage.partitions(binary.rdd))
            .sum();
        let longest = self.work.iter().max().copied().unwrap_or_default() * 8;
        self.probes_from() + Duration::from_secs(300) + (longest + Duration::from_millis(20)) * tasks * 4
    }
}
