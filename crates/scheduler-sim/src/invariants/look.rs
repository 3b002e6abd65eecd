//! What invariants may know of the scheduler's own state, taken from its view after each event.

use hearth_scheduler::Scheduler;
use hearth_types::{MapStatus, ShuffleId};

/// A look at the scheduler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Nothing of any job is left.
    pub is_empty: bool,
    /// Generation of map outputs.
    pub epoch: u64,
    /// Every map output that is registered; looked up only when it may have changed.
    pub outputs: Vec<(ShuffleId, u32, MapStatus)>,
    /// Attempts that were launched and have not ended; looked up only with the outputs.
    pub running: usize,
}

impl Look {
    /// Takes a look.
    pub fn at(scheduler: &Scheduler, with_outputs: bool) -> Self {
        let view = scheduler.view();
        let mut look = Self { is_empty: view.is_empty(), epoch: view.epoch(), ..Self::default() };
        if with_outputs {
            look.running = view.running().count();
            for shuffle in view.shuffles() {
                let outputs = (0u32..).zip(view.map_outputs(shuffle).unwrap_or_default());
                let known = outputs.filter_map(|(map, status)| Some((shuffle, map, status.clone()?)));
                look.outputs.extend(known);
            }
        }
        look
    }
}
