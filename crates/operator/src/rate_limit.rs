//! A token bucket: how many requests a second the API server gets, and how many at once.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Gives one permit for each request. Who comes first is served first, as each takes a place in time.
#[derive(Debug)]
pub struct TokenBucket {
    /// The time that one permit takes.
    interval: Duration,
    /// How far behind the time of the next permit may be: what has not been used is kept so far.
    slack: Duration,
    /// The time of the next permit.
    next: Mutex<Instant>,
}

impl TokenBucket {
    /// `per_second` permits a second in the long run, and `burst` at once.
    pub fn new(per_second: f64, burst: u32) -> Self {
        let interval = Duration::from_secs_f64(1.0 / per_second.max(0.001));
        let slack = interval * burst.max(1).saturating_sub(1);
        let now = Instant::now();
        Self { interval, slack, next: Mutex::new(now.checked_sub(slack).unwrap_or(now)) }
    }

    /// Takes a permit and waits until it is valid.
    pub async fn acquire(&self) {
        let at = self.reserve(Instant::now());
        tokio::time::sleep_until(at).await;
    }

    /// Takes a permit if one is valid now.
    pub fn try_acquire(&self) -> bool {
        let now = Instant::now();
        let mut next = self.next.lock();
        let at = self.not_too_old(*next, now);
        let is_valid = at <= now;
        if is_valid {
            *next = at + self.interval;
        }
        is_valid
    }

    fn reserve(&self, now: Instant) -> Instant {
        let mut next = self.next.lock();
        let at = self.not_too_old(*next, now);
        *next = at + self.interval;
        at
    }

    fn not_too_old(&self, at: Instant, now: Instant) -> Instant {
        now.checked_sub(self.slack).map_or(at, |oldest| at.max(oldest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_at_once_and_the_rest_in_time() {
        let bucket = TokenBucket::new(10.0, 5);
        let start = Instant::now();
        for _ in 0..5 {
            bucket.acquire().await;
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..5 {
            bucket.acquire().await;
        }
        assert_eq!(start.elapsed().as_millis() / 10, 50);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_used_is_kept_up_to_the_burst() {
        let bucket = TokenBucket::new(10.0, 2);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(bucket.try_acquire());
        assert!(bucket.try_acquire());
        assert!(!bucket.try_acquire());
    }
}
