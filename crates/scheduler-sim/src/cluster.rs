//! A pretended cluster manager: starts executors with a delay, refuses some, replaces those that died.

use std::collections::BTreeMap;
use std::time::Duration;

use hearth_types::ExecutorId;

use crate::random::Random;

/// What the cluster manager knows: how many executors are wanted, and which there are.
#[derive(Debug, Default)]
pub struct Cluster {
    wanted: u32,
    members: BTreeMap<ExecutorId, Member>,
    next: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    Starting,
    Up,
}

/// What the cluster manager does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClusterEffect {
    /// Starts an executor, which is up after a while.
    Start(ExecutorId, Duration),
    /// Cannot have as many as were asked for; tells so after a while.
    Refuse(Duration),
}

impl Cluster {
    /// `Action::RequestExecutors`: have so many in all. Starts that are not needed any more are called off, newest
    /// first; what is up stays up.
    pub fn request(&mut self, total: u32) {
        self.wanted = total;
        while self.members.len() > total as usize {
            let starting = self.members.iter().rev().find(|(_, member)| **member == Member::Starting);
            let Some((&executor, _)) = starting else { break };
            self.members.remove(&executor);
        }
    }

    /// Starts what is missing. `refusal` is the number of chances in a thousand that a start is refused.
    pub fn reconcile(&mut self, random: &mut Random, refusal: u32) -> Vec<ClusterEffect> {
        let mut effects = Vec::new();
        while self.members.len() < self.wanted as usize {
            if random.chance(refusal) {
                self.wanted = self.members.len() as u32;
                effects.push(ClusterEffect::Refuse(random.up_to(Duration::from_millis(800))));
                break;
            }
            let executor = ExecutorId(self.next);
            self.next += 1;
            self.members.insert(executor, Member::Starting);
            let start = Duration::from_millis(random.log_uniform(5, 1_500));
            effects.push(ClusterEffect::Start(executor, start));
        }
        effects
    }

    /// An executor's process is up. Says no when its start has been called off.
    pub fn is_up(&mut self, executor: ExecutorId) -> bool {
        match self.members.get_mut(&executor) {
            Some(member) => {
                *member = Member::Up;
                true
            }
            None => false,
        }
    }

    /// An executor's process has ended.
    pub fn ended(&mut self, executor: ExecutorId) {
        self.members.remove(&executor);
    }
}
