//! What goes wrong, how often, and until when.

use std::time::Duration;

use crate::random::Random;

/// Rates of faults. Each seed draws its own mixture; some draw none at all.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// The faults stop at this time after the start.
    pub until: Duration,
    /// Mean time between strikes of each kind.
    pub strikes: Vec<(Strike, Duration)>,
    /// Chances in a thousand that a task's own code fails.
    pub user_failure: u32,
    /// Chances in a thousand that it fails in a way that no second try helps.
    pub final_failure: u32,
    /// Chances in a thousand that a read of map outputs fails although they are there.
    pub fetch_blip: u32,
    /// Chances in a thousand that a stored result is gone when the driver reads it.
    pub result_lost: u32,
    /// Chances in a thousand that a task's end is told twice.
    pub duplicate: u32,
    /// Chances in a thousand that a message is slow, and how slow at most.
    pub slow: (u32, Duration),
    /// Chances in a thousand that the cluster refuses an executor.
    pub refusal: u32,
    /// Chances in a thousand that the timer fires although it is not due.
    pub early_timeout: u32,
    /// How late the timer fires.
    pub late_timeout: Duration,
    /// The longest time until the loss of an executor is told.
    pub loss_report: Duration,
}

/// Something that befalls one executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// Its process dies.
    Kill,
    /// The cluster takes it away.
    Evict,
    /// Its process stops for a while, or for ever; nothing is said.
    Freeze,
    /// It works on, but nothing that it says arrives for a while.
    Partition,
    /// It loses its map outputs and lives.
    LoseOutputs,
    /// It drops a cached partition and says so.
    DropBlock,
    /// It will be taken away, and says so.
    Decommission,
}

impl Faults {
    /// Draws a mixture.
    pub(super) fn draw(random: &mut Random) -> Self {
        if random.chance(120) {
            return Self { loss_report: Duration::from_millis(100), ..Self::default() };
        }
        let rate =
            |random: &mut Random, most: u32| if random.chance(450) { random.count(1, most) } else { 0 };
        let kinds = [
            Strike::Kill,
            Strike::Evict,
            Strike::Freeze,
            Strike::Partition,
            Strike::LoseOutputs,
            Strike::DropBlock,
            Strike::Decommission,
        ];
        let strikes = kinds.into_iter().filter_map(|kind| {
            let often = if kind == Strike::Kill { 700 } else { 350 };
            let mean = Duration::from_micros(random.log_uniform(100_000, 6_000_000));
            random.chance(often).then_some((kind, mean))
        });
        Self {
            strikes: strikes.collect(),
            until: Duration::from_millis(random.log_uniform(1_000, 12_000)),
            user_failure: rate(random, 120),
            final_failure: if random.chance(80) { 5 } else { 0 },
            fetch_blip: rate(random, 100),
            result_lost: rate(random, 200),
            duplicate: rate(random, 150),
            slow: (rate(random, 150), Duration::from_micros(random.log_uniform(1_000, 1_500_000))),
            refusal: rate(random, 400),
            early_timeout: rate(random, 100),
            late_timeout: Duration::from_millis(if random.chance(300) { random.between(1, 100) } else { 0 }),
            loss_report: Duration::from_micros(random.log_uniform(100, 1_500_000)),
        }
    }
}
