//! How many task ends `Scheduler::handle` takes per second, from 1,000 to 1,000,000 tasks and from 2 to 5,000 executors.
//!
//! `cargo bench -p hearth-scheduler`. A table, no statistics: the aim is a factor, not a percent.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program whose output is its table")]

use std::collections::VecDeque;
use std::time::Instant;

use hearth_scheduler::testing::simple_graph;
use hearth_scheduler::{Action, Event, ExecutorsConf, Scheduler, SchedulerConf, TaskEnd};
use hearth_types::{
    ExecutorId, HostName, JobId, JobProperties, MapSizes, TaskAttempt, TaskMetrics, Timestamp,
};

const SLOTS: u32 = 4;

/// A cluster that finishes tasks in the order of their launch.
struct Cluster {
    scheduler: Scheduler,
    now: Timestamp,
    queue: VecDeque<(TaskAttempt, ExecutorId)>,
    sizes: MapSizes,
    ends: u64,
    jobs: u32,
}

impl Cluster {
    fn new(executors: u32, conf: SchedulerConf) -> Self {
        let conf =
            SchedulerConf { executors: ExecutorsConf::Fixed { count: executors, slots: SLOTS }, ..conf };
        let mut cluster = Self {
            scheduler: Scheduler::new(conf, 1),
            now: Timestamp::from_millis(1_000),
            queue: VecDeque::new(),
            sizes: MapSizes::from_bytes(&[100; 10]),
            ends: 0,
            jobs: 0,
        };
        for executor in 0..executors {
            cluster.send(Event::ExecutorRegistered {
                executor: ExecutorId(executor),
                host: HostName::new(&format!("host{}", executor / 4)),
                slots: SLOTS,
                block_address: String::new(),
                max_memory: 1,
            });
        }
        cluster
    }

    fn send(&mut self, event: Event) {
        for action in self.scheduler.handle(self.now, event) {
            match action {
                Action::LaunchTask { executor, task } => self.queue.push_back((task.id, executor)),
                Action::CompleteJob { .. } => self.jobs -= 1,
                _ => {}
            }
        }
    }

    fn run(&mut self, job: u32, counts: &[u32], micros: u64) {
        let graph = simple_graph(JobId(job), job * 10, counts).unwrap();
        self.jobs += 1;
        let properties = JobProperties::default();
        let maps: u64 = counts[..counts.len() - 1].iter().map(|count| u64::from(*count)).sum();
        let mut done = 0;
        self.send(Event::JobSubmitted { job: JobId(job), graph, properties });
        while let Some((id, executor)) = self.queue.pop_front() {
            self.now.0 += 5;
            let end = if done < maps {
                TaskEnd::MapOutput { sizes: self.sizes.clone() }
            } else {
                TaskEnd::Result { size: 100 }
            };
            done += 1;
            let metrics = Box::new(TaskMetrics { executor_run_micros: micros, ..TaskMetrics::default() });
            self.send(Event::TaskEnded { id, executor, end, metrics });
            self.ends += 1;
        }
        assert_eq!(self.jobs, 0, "the job must be over when nothing runs any more");
    }
}

/// Resident memory in MiB.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4 / 1024
}

fn measure(name: &str, executors: u32, counts: &[u32], micros: u64) {
    let mut cluster =
        Cluster::new(executors, SchedulerConf { max_result_size: None, ..SchedulerConf::default() });
    let start = Instant::now();
    let mut job = 0;
    while cluster.ends < 100_000 {
        cluster.run(job, counts, micros);
        job += 1;
    }
    let seconds = start.elapsed().as_secs_f64();
    let rate = cluster.ends as f64 / seconds;
    println!(
        "{name:<22} {executors:>6} executors {:>9} tasks {rate:>10.0} task ends/s {:>5} MiB resident",
        counts.iter().sum::<u32>(),
        resident()
    );
}

fn main() {
    for executors in [2, 100, 5_000] {
        for tasks in [1_000, 100_000, 1_000_000] {
            measure("result stage", executors, &[tasks], 1_000_000);
        }
    }
    for executors in [2, 100, 5_000] {
        for tasks in [1_000, 100_000, 1_000_000] {
            measure("map and result stage", executors, &[tasks / 2, tasks / 2], 1_000_000);
        }
    }
    measure("launch-ahead", 2, &[1_000_000], 20);
    measure("launch-ahead", 5_000, &[1_000_000], 20);
    measure("jobs of two tasks", 2, &[2], 1_000);
}
