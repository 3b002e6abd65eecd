//! Which of several operators works: the holder of a lease, and only until its term is over.
//!
//! Kubeflow: client-go's `leaderelection`. Ours also closes a [`Fence`] before every write when the term is over, whatever the leader
//! is doing at that time: a process that was suspended for a minute writes nothing when it wakes up.

mod elector;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

pub use elector::{Elector, Leadership};

/// Whether this operator may write. Open until the end of the term that the last renewal bought.
#[derive(Clone, Debug, Default)]
pub struct Fence {
    until: Arc<Mutex<Term>>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Term {
    #[default]
    None,
    Until(Instant),
    Forever,
}

impl Fence {
    /// A fence for an operator that is alone.
    pub fn always_open() -> Self {
        Self { until: Arc::new(Mutex::new(Term::Forever)) }
    }

    /// Whether writing is allowed now.
    pub fn is_open(&self) -> bool {
        match *self.until.lock() {
            Term::None => false,
            Term::Until(end) => Instant::now() < end,
            Term::Forever => true,
        }
    }

    /// A renewal was asked for at `asked` and granted: the term ends `renew_deadline` after that.
    fn extend(&self, asked: Instant, renew_deadline: Duration) {
        *self.until.lock() = Term::Until(asked + renew_deadline);
    }

    /// Nothing is written from now on.
    fn close(&self) {
        *self.until.lock() = Term::None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_fence_closes_when_the_term_is_over_even_if_nobody_closes_it() {
        let fence = Fence::default();
        assert!(!fence.is_open());
        fence.extend(Instant::now(), Duration::from_secs(10));
        tokio::time::advance(Duration::from_millis(9_999)).await;
        assert!(fence.is_open());
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!fence.is_open());
    }

    #[tokio::test(start_paused = true)]
    async fn a_term_counts_from_when_the_renewal_was_asked_for() {
        let fence = Fence::default();
        let asked = Instant::now();
        tokio::time::advance(Duration::from_secs(4)).await;
        fence.extend(asked, Duration::from_secs(10));
        tokio::time::advance(Duration::from_secs(6)).await;
        assert!(!fence.is_open());
        fence.close();
        assert!(!fence.is_open());
    }
}
