//! How far a log was read, so that a new connection goes on where the last one broke.
//!
//! The API server gives lines from a second on, so the lines of that second come again.
//! How many of them were seen is counted: lines that say the same thing at the same time stay two lines.

use jiff::Timestamp;

/// How far a log was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogCursor {
    /// The time of the latest line.
    last: Option<Timestamp>,
    /// How many lines were seen since the beginning of the second of the latest.
    seen: usize,
    /// How many lines are still to come again.
    again: usize,
}

impl LogCursor {
    /// Whether any line was read.
    pub(crate) fn is_at_start(&self) -> bool {
        self.last.is_none()
    }

    /// Begins a new connection, and says from which second on it has to give lines.
    pub(crate) fn reconnect(&mut self) -> Option<Timestamp> {
        self.again = self.seen;
        self.last.map(second)
    }

    /// What of a line is new: the line without its time, or nothing if it was read before.
    ///
    /// A line without a time, as nodes write them about themselves, is always new.
    pub(crate) fn accept<'l>(&mut self, line: &'l [u8]) -> Option<&'l [u8]> {
        let Some((time, text)) = split(line) else { return Some(line) };
        if self.again > 0 {
            self.again -= 1;
            if self.last.is_some_and(|last| time <= last) {
                return None;
            }
            self.again = 0;
        }
        match self.last {
            Some(last) if second(time) < second(last) => {}
            Some(last) if second(time) == second(last) => {
                self.seen += 1;
                self.last = Some(last.max(time));
            }
            Some(_) | None => {
                self.seen = 1;
                self.last = Some(time);
            }
        }
        Some(text)
    }
}

fn second(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second()).unwrap_or(time)
}

fn split(line: &[u8]) -> Option<(Timestamp, &[u8])> {
    let space = line.iter().position(|byte| *byte == b' ')?;
    let time = std::str::from_utf8(&line[..space]).ok()?.parse().ok()?;
    Some((time, &line[space + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [&str; 6] = [
        "2026-01-01T00:00:00.1Z one\n",
        "2026-01-01T00:00:01.5Z two\n",
        "2026-01-01T00:00:01.5Z two\n",
        "2026-01-01T00:00:01.4Z before\n",
        "2026-01-01T00:00:01.9Z \n",
        "2026-01-01T00:00:02.0Z three",
    ];

    /// What the API server gives: the lines from a second on.
    fn served(since: Option<Timestamp>) -> Vec<&'static str> {
        let from = |line: &&str| since.is_none_or(|since| split(line.as_bytes()).unwrap().0 >= since);
        LINES.iter().copied().filter(from).collect()
    }

    #[test]
    fn wherever_a_connection_breaks_nothing_is_lost_or_repeated() {
        for first in 0..=LINES.len() {
            for second in 0..=LINES.len() {
                let mut cursor = LogCursor::default();
                let mut read = Vec::new();
                for most in [first, second, LINES.len()] {
                    let since = cursor.reconnect();
                    for line in served(since).into_iter().take(most) {
                        read.extend(cursor.accept(line.as_bytes()).map(<[u8]>::to_vec));
                    }
                }
                let text = String::from_utf8(read.concat()).unwrap();
                assert_eq!(text, "one\ntwo\ntwo\nbefore\n\nthree", "broken after {first} and {second}");
            }
        }
    }

    #[test]
    fn lines_that_were_rotated_away_do_not_hide_new_ones() {
        let mut cursor = LogCursor::default();
        for line in &LINES[..5] {
            cursor.accept(line.as_bytes());
        }
        cursor.reconnect();
        assert_eq!(cursor.accept(LINES[4].as_bytes()), None);
        assert_eq!(cursor.accept(b"2026-01-01T00:00:02.0Z new\n"), Some(&b"new\n"[..]));
        assert_eq!(cursor.accept(b"2026-01-01T00:00:02.0Z new\n"), Some(&b"new\n"[..]));
    }

    #[test]
    fn a_line_without_a_time_passes_as_it_is() {
        assert_eq!(LogCursor::default().accept(b"failed to watch"), Some(&b"failed to watch"[..]));
    }
}
