//! Waits. Clocks of different machines differ, and jump: no wait is negative, and none is longer than asked for.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The longest time that is counted: a hundred years.
const LONGEST: i64 = 100 * 366 * 86_400;

/// Seconds as a user wrote them: not less than none, and not more than can be counted.
pub(crate) fn seconds(seconds: i64) -> Duration {
    Duration::from_secs(seconds.clamp(0, LONGEST).unsigned_abs())
}

/// What is left of `limit` since `since`; nothing once it has passed. At most `limit`, also if `since` is still to come.
pub(crate) fn left(now: Timestamp, since: Timestamp, limit: Duration) -> Option<Duration> {
    let limit = SignedDuration::try_from(limit).unwrap_or(SignedDuration::MAX);
    let elapsed = now.duration_since(since).max(SignedDuration::ZERO);
    let left = limit.checked_sub(elapsed)?;
    Duration::try_from(left).ok().filter(|left| !left.is_zero())
}

/// The same for waits after which something is done again: what began later than can be, before the clock jumped back, is not
/// waited for.
pub(crate) fn settling(now: Timestamp, since: Timestamp, limit: Duration) -> Option<Duration> {
    let ahead = since.duration_since(now);
    let is_in_future = SignedDuration::try_from(limit).is_ok_and(|limit| ahead > limit);
    if is_in_future { None } else { left(now, since, limit) }
}

/// The time as Kubernetes writes it: whole seconds.
pub(crate) fn whole_seconds(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn waits_are_never_negative_and_never_longer_than_asked_for() {
        let limit = seconds(10);
        assert_eq!(left(at(100), at(96), limit), Some(seconds(6)));
        assert_eq!(left(at(100), at(90), limit), None);
        assert_eq!(left(at(100), at(0), limit), None);
        assert_eq!(left(at(100), at(5000), limit), Some(limit), "the clock jumped back");
        assert_eq!(left(Timestamp::MAX, Timestamp::MIN, limit), None);
        assert_eq!(left(Timestamp::MIN, Timestamp::MAX, limit), Some(limit));
        assert_eq!(left(at(100), at(100), Duration::ZERO), None);
        assert!(left(at(100), at(100), seconds(i64::MAX)).is_some());
        assert_eq!(seconds(-5), Duration::ZERO);
    }

    #[test]
    fn what_is_done_again_does_not_wait_for_another_clock() {
        let limit = seconds(3);
        assert_eq!(settling(at(100), at(101), limit), Some(limit));
        assert_eq!(settling(at(100), at(400), limit), None);
        assert_eq!(settling(at(100), at(98), limit), Some(seconds(1)));
    }
}
