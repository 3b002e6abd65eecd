//! Settings of the scheduler under test.

use std::collections::BTreeMap;
use std::time::Duration;

use hearth_scheduler::{AllocationConf, ExecutorsConf, PoolConf, SchedulerConf};
use hearth_types::SchedulingMode;

use crate::random::Random;

/// Draws settings, Spark's defaults among them.
pub(super) fn draw_conf(random: &mut Random) -> SchedulerConf {
    let wait =
        |random: &mut Random| Duration::from_millis(*random.pick(&[0, 0, 50, 500, 3_000]).unwrap_or(&0));
    SchedulerConf {
        task_max_failures: *random.pick(&[1, 2, 4, 4, 4]).unwrap_or(&4),
        stage_max_consecutive_attempts: *random.pick(&[2, 4, 4, 4]).unwrap_or(&4),
        resubmit_delay: Duration::from_millis(*random.pick(&[1, 50, 200, 200]).unwrap_or(&200)),
        locality_wait_process: wait(random),
        locality_wait_node: wait(random),
        reduce_locality: random.chance(700),
        mode: if random.chance(400) { SchedulingMode::Fair } else { SchedulingMode::Fifo },
        pools: draw_pools(random),
        max_result_size: match random.below(4) {
            0 => None,
            1 => Some(random.log_uniform(1 << 14, 1 << 24)),
            _ => Some(1 << 30),
        },
        executor_timeout: Duration::from_millis(random.log_uniform(1_000, 16_000)),
        min_registered_ratio: *random.pick(&[0.0, 0.0, 0.8, 1.0]).unwrap_or(&0.0),
        max_registered_wait: Duration::from_millis(random.log_uniform(500, 8_000)),
        executors: draw_executors(random),
        launch_ahead: Duration::from_micros(*random.pick(&[0, 0, 2_000, 20_000, 200_000]).unwrap_or(&0)),
        shuffle_offers: random.chance(800),
    }
}

fn draw_pools(random: &mut Random) -> BTreeMap<String, PoolConf> {
    let mut pool = |mode| PoolConf { mode, weight: random.count(1, 3), min_share: random.count(0, 3) };
    let (fast, slow) = (pool(SchedulingMode::Fair), pool(SchedulingMode::Fifo));
    BTreeMap::from([("fast".to_owned(), fast), ("slow".to_owned(), slow)])
}

/// Draws edits of the bounds of dynamic allocation until a time; without it there is nothing to edit.
pub(super) fn draw_edits(
    random: &mut Random,
    conf: &SchedulerConf,
    until: Duration,
) -> Vec<(Duration, u32, u32)> {
    let count = match conf.executors {
        ExecutorsConf::Dynamic(_) if random.chance(600) => random.count(1, 4),
        ExecutorsConf::Dynamic(_) | ExecutorsConf::Fixed { .. } => 0,
    };
    let mut edit = || {
        let (min, most) = (random.count(0, 4), random.count(1, 8));
        (random.up_to(until), min, min.max(most))
    };
    (0..count).map(|_| edit()).collect()
}

fn draw_executors(random: &mut Random) -> ExecutorsConf {
    let slots = *random.pick(&[1, 1, 2, 2, 3, 4]).unwrap_or(&1);
    if random.chance(600) {
        return ExecutorsConf::Fixed { count: random.count(1, 6), slots };
    }
    let min = random.count(0, 2);
    let max = random.count(min.max(1), 8);
    let seconds = |random: &mut Random| Duration::from_millis(random.log_uniform(100, 8_000));
    ExecutorsConf::Dynamic(AllocationConf {
        min,
        initial: random.count(min, max),
        max,
        ratio: *random.pick(&[1.0, 1.0, 0.5]).unwrap_or(&1.0),
        slots,
        backlog_timeout: seconds(random),
        sustained_backlog_timeout: seconds(random),
        idle_timeout: seconds(random),
        cached_idle_timeout: random.chance(500).then(|| seconds(random)),
        // Without it executors are let go whose outputs a job still reads, so Spark refuses to start.
        shuffle_tracking: true,
        shuffle_timeout: random.chance(500).then(|| seconds(random)),
    })
}
