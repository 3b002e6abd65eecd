//! What happens next in virtual time: a queue of (time, sequence, occurrence).

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use hearth_types::Timestamp;

/// Occurrences by time; those of one moment in the order in which they were put in.
#[derive(Debug)]
pub struct Queue<T> {
    heap: BinaryHeap<Reverse<Entry<T>>>,
    sequence: u64,
}

impl<T> Queue<T> {
    /// Nothing happens yet.
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), sequence: 0 }
    }

    /// Lets something happen at `time`.
    pub fn push(&mut self, time: Timestamp, what: T) {
        self.heap.push(Reverse(Entry { time, sequence: self.sequence, what }));
        self.sequence += 1;
    }

    /// When the next one happens.
    pub fn next_time(&self) -> Option<Timestamp> {
        self.heap.peek().map(|Reverse(entry)| entry.time)
    }

    /// Takes the next one out.
    pub fn pop(&mut self) -> Option<(Timestamp, T)> {
        self.heap.pop().map(|Reverse(entry)| (entry.time, entry.what))
    }
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[derive(Debug)]
struct Entry<T> {
    time: Timestamp,
    sequence: u64,
    what: T,
}

impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.time, self.sequence).cmp(&(other.time, other.sequence))
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Entry<T> {}
