//! Grouping and sorting more than fits in memory. Spark: `ExternalAppendOnlyMap`, `ExternalSorter`.

mod aggregator;
mod context;
mod heap;
mod merge;
mod order;
mod run;
mod slots;
mod sorter;

pub use aggregator::ExternalAggregator;
pub use context::SpillContext;
pub use sorter::ExternalSorter;

#[cfg(test)]
mod tests;
