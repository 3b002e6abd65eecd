//! How many task ends `Scheduler::handle` takes per second, from 1,000 to 1,000,000 tasks and from 2 to 5,000 executors.
//!
//! `cargo bench -p hearth-scheduler`. A table, no statistics: the aim is a factor, not a percent.
#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program whose output is its table")]

use std::collections::VecDeque;
use std::time::Instant;

use hearth_scheduler::testing::simple_graph;
use hearth_scheduler::{Action, Event, ExecutorsConf, Scheduler, SchedulerConf, TaskEnd};
use hearth_types::{
    ExecutorId, HostName, JobId, JobProperties, MapSizes, ShuffleId, TaskAttempt, TaskMetrics, Timestamp,
};

const SLOTS: u32 = 4;

/// Which of the running tasks ends next.
#[derive(Clone, Copy, PartialEq)]
enum Ends {
    /// The one that was launched first.
    InOrder,
    /// Any.
    Anyhow,
}

/// A cluster that does nothing but end tasks.
struct Cluster {
    scheduler: Scheduler,
    now: Timestamp,
    queue: VecDeque<(TaskAttempt, ExecutorId)>,
    order: Ends,
    random: u64,
    ends: u64,
    jobs: u32,
}

impl Cluster {
    fn new(executors: u32, order: Ends, conf: SchedulerConf) -> Self {
        let conf =
            SchedulerConf { executors: ExecutorsConf::Fixed { count: executors, slots: SLOTS }, ..conf };
        let mut cluster = Self {
            scheduler: Scheduler::new(conf, 1),
            now: Timestamp::from_millis(1_000),
            queue: VecDeque::new(),
            order,
            random: 1,
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

    fn next(&mut self) -> Option<(TaskAttempt, ExecutorId)> {
        if self.order == Ends::Anyhow {
            self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = (self.random >> 33) as usize % self.queue.len().max(1);
            return self.queue.swap_remove_front(at);
        }
        self.queue.pop_front()
    }

    fn run(&mut self, job: u32, counts: &[u32], micros: u64) {
        let graph = simple_graph(JobId(job), job * 10, counts).unwrap();
        self.jobs += 1;
        let properties = JobProperties::default();
        let maps: u64 = counts[..counts.len() - 1].iter().map(|count| u64::from(*count)).sum();
        let reduces = counts.last().map_or(0, |count| *count as usize);
        let sizes = MapSizes::from_bytes(&vec![100; reduces]);
        let mut done = 0;
        self.send(Event::JobSubmitted { job: JobId(job), graph, properties });
        while let Some((id, executor)) = self.next() {
            self.now.0 += 5;
            let end = if done < maps {
                TaskEnd::MapOutput { sizes: sizes.clone(), checksum: 0 }
            } else {
                TaskEnd::Result { size: 100 }
            };
            done += 1;
            let metrics = Box::new(TaskMetrics { executor_run_micros: micros, ..TaskMetrics::default() });
            self.send(Event::TaskEnded { id, executor, end, metrics });
            self.ends += 1;
        }
        assert_eq!(self.jobs, 0, "the job must be over when nothing runs any more");
        for shuffle in (job * 10..).map(ShuffleId).take(counts.len() - 1) {
            self.send(Event::ShuffleReleased { shuffle });
        }
    }
}

/// Resident memory in MiB.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4 / 1024
}

/// One row of the table.
#[derive(Clone, Copy)]
struct Row<'a> {
    name: &'a str,
    executors: u32,
    /// Tasks of each stage.
    counts: &'a [u32],
    /// How long a task takes, as it says itself.
    micros: u64,
    ends: Ends,
    /// Whether tasks are placed in random order of executors, as they are in earnest.
    shuffled: bool,
}

impl<'a> Row<'a> {
    fn new(name: &'a str, executors: u32, counts: &'a [u32]) -> Self {
        Self { name, executors, counts, micros: 1_000_000, ends: Ends::InOrder, shuffled: true }
    }

    fn measure(self) {
        let conf = SchedulerConf {
            max_result_size: None,
            shuffle_offers: self.shuffled,
            ..SchedulerConf::default()
        };
        let mut cluster = Cluster::new(self.executors, self.ends, conf);
        // The best of three, because other programs run beside: what is slower was disturbed.
        let (mut job, mut rate) = (0, 0.0f64);
        for _ in 0..3 {
            cluster.ends = 0;
            let start = Instant::now();
            while cluster.ends < 100_000 {
                cluster.run(job, self.counts, self.micros);
                job += 1;
            }
            rate = rate.max(cluster.ends as f64 / start.elapsed().as_secs_f64());
        }
        println!(
            "{:<24} {:>6} executors {:>9} tasks {rate:>10.0} task ends/s {:>5} MiB resident",
            self.name,
            self.executors,
            self.counts.iter().sum::<u32>(),
            resident()
        );
    }
}

fn main() {
    // `cargo bench -p hearth-scheduler -- 5000` measures the rows with the number 5000, be it executors or tasks.
    let only: Vec<u32> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    let measure = |row: Row<'_>| {
        let numbers = [row.executors, row.counts.iter().sum()];
        if only.iter().all(|number| numbers.contains(number)) {
            row.measure();
        }
    };
    for executors in [2, 100, 5_000] {
        for tasks in [1_000, 100_000, 1_000_000] {
            measure(Row::new("result stage", executors, &[tasks]));
        }
    }
    for executors in [2, 100, 5_000] {
        for tasks in [1_000, 100_000, 1_000_000] {
            measure(Row::new("map and result stage", executors, &[tasks / 2, tasks / 2]));
        }
    }
    for executors in [2, 5_000] {
        let result = Row::new("", executors, &[1_000_000]);
        measure(Row { name: "ends in random order", ends: Ends::Anyhow, ..result });
        // What an end touches lies side by side: the difference to the row above is what memory costs.
        measure(Row { name: "executors by id", shuffled: false, ..result });
        measure(Row { name: "launch-ahead", micros: 20, ..result });
        measure(Row { name: "jobs of two tasks", counts: &[2], micros: 1_000, ..result });
    }
}
