//! What happens to messages and to executors: delay, duplication, stalls, and which executor a strike hits.
//!
//! One direction of one executor's stream keeps its order, as gRPC does.
//! Two streams, and the news that an executor is lost, come in any order.

use std::time::Duration;

use hearth_types::{ExecutorId, Timestamp};

use crate::plan::Faults;
use crate::random::Random;

/// One direction of the stream between the driver and an executor.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stream {
    last_arrival: Timestamp,
    stalled_until: Timestamp,
    cut: Option<Timestamp>,
}

impl Stream {
    /// When a message that is sent now arrives: not before the ones that were sent earlier.
    pub fn arrival(&mut self, now: Timestamp, delay: Duration) -> Timestamp {
        self.last_arrival = (now + delay).max(self.last_arrival).max(self.stalled_until);
        self.last_arrival
    }

    /// Nothing that is sent from now on arrives before this time.
    pub fn stall(&mut self, until: Timestamp) {
        self.stalled_until = self.stalled_until.max(until);
    }

    /// What would arrive after this time does not arrive at all.
    pub fn cut(&mut self, at: Timestamp) {
        self.cut = Some(self.cut.map_or(at, |cut| cut.min(at)));
    }

    /// Whether a message that would arrive now gets through.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.cut.is_none_or(|cut| now <= cut)
    }
}

/// How long one message travels.
pub fn delay(random: &mut Random, faults: &Faults, faulty: bool) -> Duration {
    let usual = Duration::from_micros(random.between(50, 2_000));
    let (slow, most) = faults.slow;
    if faulty && random.chance(slow) { usual + random.up_to(most) } else { usual }
}

/// After how long the end of a task is told once more, if it is.
pub fn duplicate(random: &mut Random, faults: &Faults, faulty: bool) -> Option<Duration> {
    (faulty && random.chance(faults.duplicate)).then(|| random.up_to(Duration::from_millis(3_000)))
}

/// Which executor a strike hits: a busy one when there is any.
pub fn victim(random: &mut Random, busy: &[ExecutorId], idle: &[ExecutorId]) -> Option<ExecutorId> {
    let among = if busy.is_empty() || (!idle.is_empty() && random.chance(200)) { idle } else { busy };
    random.pick(among).copied()
}
