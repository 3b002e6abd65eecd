//! In which order task sets get slots. Spark: `Pool`, `FIFOSchedulingAlgorithm`, `FairSchedulingAlgorithm`.
//!
//! Where Spark falls back on names, ours compares pool names as text but task sets by number, so stage 9 comes before
//! stage 10.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use hearth_types::{JobId, SchedulingMode, StageId};

use super::task_set::TaskSet;
use crate::{PoolConf, SchedulerConf};

/// The pools of an application. They stay once made, as in Spark.
#[derive(Debug)]
pub(crate) struct Pools {
    mode: SchedulingMode,
    pools: Vec<Pool>,
}

#[derive(Debug)]
struct Pool {
    name: String,
    conf: PoolConf,
    running: u32,
}

const DEFAULT_POOL: &str = "default";

impl Pools {
    /// The pools of the configuration, and `default`.
    pub(crate) fn new(conf: &SchedulerConf) -> Self {
        let mut pools = Self { mode: conf.mode, pools: Vec::new() };
        for (name, pool) in &conf.pools {
            pools.pools.push(Pool { name: name.clone(), conf: pool.clone(), running: 0 });
        }
        pools.find(None);
        pools
    }

    /// The pool of that name, made with Spark's defaults if it is new.
    pub(crate) fn find(&mut self, name: Option<&str>) -> u32 {
        let name = name.unwrap_or(DEFAULT_POOL);
        let at = self.pools.iter().position(|pool| pool.name == name).unwrap_or_else(|| {
            let conf = PoolConf { mode: SchedulingMode::Fifo, weight: 1, min_share: 0 };
            self.pools.push(Pool { name: name.to_owned(), conf, running: 0 });
            self.pools.len() - 1
        });
        u32::try_from(at).unwrap_or(0)
    }

    /// A task of the pool was launched.
    pub(crate) fn on_launched(&mut self, pool: u32) {
        if let Some(pool) = self.pools.get_mut(pool as usize) {
            pool.running += 1;
        }
    }

    /// A task of the pool ended.
    pub(crate) fn on_ended(&mut self, pool: u32) {
        if let Some(pool) = self.pools.get_mut(pool as usize) {
            pool.running -= 1;
        }
    }

    /// Whether the order depends on what runs; else it is the order of job and stage.
    pub(crate) fn is_fair(&self) -> bool {
        self.mode == SchedulingMode::Fair
    }

    /// The order for FAIR: pools by need, then the sets of each pool by its own mode.
    pub(crate) fn fair_order<'a>(
        &self,
        queued: impl Iterator<Item = &'a (JobId, StageId)>,
        sets: &BTreeMap<StageId, TaskSet>,
    ) -> Vec<StageId> {
        let mut keyed: Vec<_> = queued
            .filter_map(|key| {
                let set = sets.get(&key.1)?;
                Some((self.pools.get(set.pool as usize)?, *key, set.running))
            })
            .collect();
        keyed.sort_by(|(pool, key, running), (other_pool, other_key, other_running)| {
            pool.share().compare(other_pool.share()).then_with(|| pool.name.cmp(&other_pool.name)).then_with(
                || match pool.conf.mode {
                    SchedulingMode::Fifo => key.cmp(other_key),
                    SchedulingMode::Fair => Share::of_set(*running)
                        .compare(Share::of_set(*other_running))
                        .then_with(|| key.1.cmp(&other_key.1)),
                },
            )
        });
        keyed.into_iter().map(|(_, key, _)| key.1).collect()
    }
}

impl Pool {
    fn share(&self) -> Share {
        Share { running: self.running, min_share: self.conf.min_share, weight: self.conf.weight }
    }
}

/// What Spark's fair comparator looks at.
#[derive(Clone, Copy, Debug)]
struct Share {
    running: u32,
    min_share: u32,
    weight: u32,
}

impl Share {
    fn of_set(running: u32) -> Self {
        Self { running, min_share: 0, weight: 1 }
    }

    fn is_needy(self) -> bool {
        self.running < self.min_share
    }

    /// The needy first, by how much of their share they have; the others by weight.
    fn compare(self, other: Self) -> Ordering {
        let ratio = |running: u32, of: u32| f64::from(running) / f64::from(of.max(1));
        match (self.is_needy(), other.is_needy()) {
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (true, true) => {
                ratio(self.running, self.min_share).total_cmp(&ratio(other.running, other.min_share))
            }
            (false, false) => ratio(self.running, self.weight).total_cmp(&ratio(other.running, other.weight)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(running: u32, min_share: u32, weight: u32) -> Share {
        Share { running, min_share, weight }
    }

    #[test]
    fn the_needy_come_first_then_weight_decides() {
        assert_eq!(share(1, 2, 1).compare(share(0, 0, 100)), Ordering::Less);
        assert_eq!(share(1, 4, 1).compare(share(1, 2, 1)), Ordering::Less);
        assert_eq!(share(2, 0, 2).compare(share(2, 0, 1)), Ordering::Less);
        assert_eq!(share(0, 0, 2).compare(share(0, 0, 1)), Ordering::Equal);
    }
}
