//! The smallest of the heads of several sorted runs. Equal ones in the order of their runs, so merging is stable.

use std::cmp::Ordering;

use serde::de::DeserializeOwned;

use super::run::Run;
use crate::Result;

/// Merges sorted runs into one. Ends after the first error.
pub(super) struct Merge<T, F> {
    runs: Vec<Source<T>>,
    /// Positions in `runs`, as a binary heap.
    heap: Vec<usize>,
    compare: F,
    is_started: bool,
}

struct Source<T> {
    records: Run<T>,
    head: Option<T>,
}

impl<T: DeserializeOwned, F: Fn(&T, &T) -> Ordering> Merge<T, F> {
    pub(super) fn new(runs: Vec<Run<T>>, compare: F) -> Self {
        let runs = runs.into_iter().map(|records| Source { records, head: None }).collect();
        Self { runs, heap: Vec::new(), compare, is_started: false }
    }

    fn start(&mut self) -> Result<()> {
        self.is_started = true;
        for (at, run) in self.runs.iter_mut().enumerate() {
            run.head = run.records.next().transpose()?;
            if run.head.is_some() {
                self.heap.push(at);
            }
        }
        for at in (0..self.heap.len() / 2).rev() {
            self.sift_down(at);
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<Option<T>> {
        if !self.is_started {
            self.start()?;
        }
        let Some(&first) = self.heap.first() else { return Ok(None) };
        let run = &mut self.runs[first];
        let next = run.records.next().transpose()?;
        let is_empty = next.is_none();
        let smallest = std::mem::replace(&mut run.head, next);
        if is_empty {
            self.heap.swap_remove(0);
        }
        self.sift_down(0);
        Ok(smallest)
    }

    fn is_less(&self, left: usize, right: usize) -> bool {
        match (&self.runs[left].head, &self.runs[right].head) {
            (Some(a), Some(b)) => (self.compare)(a, b).then(left.cmp(&right)) == Ordering::Less,
            (Some(_), None) => true,
            (None, _) => false,
        }
    }

    fn sift_down(&mut self, mut at: usize) {
        loop {
            let left = 2 * at + 1;
            if left >= self.heap.len() {
                return;
            }
            let right = left + 1;
            let has_smaller_right =
                right < self.heap.len() && self.is_less(self.heap[right], self.heap[left]);
            let child = if has_smaller_right { right } else { left };
            if !self.is_less(self.heap[child], self.heap[at]) {
                return;
            }
            self.heap.swap(at, child);
            at = child;
        }
    }
}

impl<T: DeserializeOwned, F: Fn(&T, &T) -> Ordering> Iterator for Merge<T, F> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        let next = self.advance().transpose();
        if let Some(Err(_)) = next {
            self.heap.clear();
        }
        next
    }
}
