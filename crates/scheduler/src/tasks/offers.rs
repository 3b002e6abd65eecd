//! The executors of one offer round, in random order. Spark: `Random.shuffle(filteredOffers)`.

use hearth_types::ExecutorId;
use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::Rng;

/// Whose slots are offered.
#[derive(Debug)]
pub(super) enum Offers {
    /// Those of the executor of a task that ended.
    One(ExecutorId),
    /// All that are free.
    All(Shuffled),
}

/// A list whose order is drawn as far as somebody looks: two tasks among thousands of executors draw two.
#[derive(Debug)]
pub(super) struct Shuffled {
    list: Vec<ExecutorId>,
    drawn: usize,
}

impl Offers {
    /// All of these, in random order.
    pub(super) fn shuffled(executors: &[ExecutorId]) -> Self {
        Self::All(Shuffled { list: executors.to_vec(), drawn: 0 })
    }

    /// All of these, by id.
    pub(super) fn sorted(executors: &[ExecutorId]) -> Self {
        let mut list = executors.to_vec();
        list.sort_unstable();
        Self::All(Shuffled { drawn: list.len(), list })
    }

    /// Whether these are all executors that are free.
    pub(super) fn is_all(&self) -> bool {
        match self {
            Self::One(_) => false,
            Self::All(_) => true,
        }
    }

    /// The executor at a place, the same whenever it is asked for.
    pub(super) fn at(&mut self, at: usize, rng: &mut Pcg64Mcg) -> Option<ExecutorId> {
        match self {
            Self::One(executor) => (at == 0).then_some(*executor),
            Self::All(shuffled) => shuffled.at(at, rng),
        }
    }
}

impl Shuffled {
    /// Fisher and Yates, from the front.
    fn at(&mut self, at: usize, rng: &mut Pcg64Mcg) -> Option<ExecutorId> {
        while self.drawn <= at && self.drawn < self.list.len() {
            let left = (self.list.len() - self.drawn) as u64;
            let other = (u128::from(rng.next_u64()) * u128::from(left)) >> 64;
            self.list.swap(self.drawn, self.drawn + usize::try_from(other).unwrap_or(0));
            self.drawn += 1;
        }
        self.list.get(at).copied()
    }
}

#[cfg(test)]
mod tests {
    use rand_pcg::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn every_executor_comes_once_and_every_order_is_as_likely() {
        let executors = [ExecutorId(0), ExecutorId(1), ExecutorId(2)];
        let mut rng = Pcg64Mcg::seed_from_u64(1);
        let mut orders = std::collections::BTreeMap::<Vec<u32>, u32>::new();
        for _ in 0..6_000 {
            let mut offers = Offers::shuffled(&executors);
            let order: Vec<u32> = (0..).map_while(|at| offers.at(at, &mut rng)).map(|id| id.0).collect();
            assert_eq!(offers.at(0, &mut rng).map(|id| id.0), order.first().copied());
            *orders.entry(order).or_default() += 1;
        }
        assert_eq!(orders.len(), 6);
        assert!(orders.values().all(|count| (850..1_150).contains(count)), "{orders:?}");
    }

    #[test]
    fn a_short_look_draws_little() {
        let executors: Vec<ExecutorId> = (0..5_000).map(ExecutorId).collect();
        let (mut rng, mut other) = (Pcg64Mcg::seed_from_u64(7), Pcg64Mcg::seed_from_u64(7));
        let mut offers = Offers::shuffled(&executors);
        assert!(offers.at(0, &mut rng).is_some() && offers.at(1, &mut rng).is_some());
        let _ = (other.next_u64(), other.next_u64());
        assert_eq!(rng.next_u64(), other.next_u64());
    }
}
