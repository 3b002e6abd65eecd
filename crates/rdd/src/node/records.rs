//! The records of one partition, as transformations hand them to each other.

use std::fmt;

/// The records of one partition, made as they are asked for.
///
/// Two RDDs know nothing of each other's types, so between them there is one indirect call for each record. Asked for
/// record by record, each one is also handed back through memory at each of these steps, as an `Option`; a consumer that
/// wants all of them (`for_each`, `fold`, `sum` and so on) gets them pushed instead, and all adapters of `std` pass that on.
pub struct Records<T>(Box<dyn Source<Item = T>>);

impl<T> Records<T> {
    pub(crate) fn new(records: impl Iterator<Item = T> + 'static) -> Self {
        Self(Box::new(records))
    }
}

impl<T> Iterator for Records<T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }

    fn fold<B, F: FnMut(B, T) -> B>(self, init: B, mut function: F) -> B {
        let mut folded = Some(init);
        self.0.push(&mut |record| folded = folded.take().map(|before| function(before, record)));
        // It is always there: a function that unwinds does not come back here.
        match folded {
            Some(folded) => folded,
            None => unreachable!("a fold without a result"),
        }
    }
}

impl<T> fmt::Debug for Records<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").finish_non_exhaustive()
    }
}

/// An iterator that pushes its records to a consumer it does not know.
trait Source: Iterator {
    /// Gives all records that are left to `to`.
    fn push(self: Box<Self>, to: &mut dyn FnMut(Self::Item));
}

impl<I: Iterator> Source for I {
    fn push(self: Box<Self>, to: &mut dyn FnMut(Self::Item)) {
        (*self).for_each(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_the_same_pulled_and_pushed() {
        let records = || {
            let doubled = Records::new(Records::new(0..5u32).map(|n| n * 2));
            Records::new(doubled.flat_map(|n| [n, n + 1]).filter(|n| n % 3 != 0))
        };
        let mut source = records();
        let pulled: Vec<u32> = std::iter::from_fn(|| source.next()).collect();
        let mut pushed = Vec::new();
        records().for_each(|record| pushed.push(record));
        assert_eq!(pulled, [1, 2, 4, 5, 7, 8]);
        assert_eq!(pushed, pulled);
        assert_eq!(records().fold(String::new(), |text, record| format!("{text}{record}")), "124578");
    }

    #[test]
    fn what_was_pulled_is_not_pushed_again() {
        let mut records = Records::new(0..4u32);
        assert_eq!(records.next(), Some(0));
        assert_eq!(records.size_hint(), (3, Some(3)));
        assert_eq!(records.sum::<u32>(), 6);
    }
}
