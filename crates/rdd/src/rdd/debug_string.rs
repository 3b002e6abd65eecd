//! The lineage as text, indented where a shuffle lies between. Spark: `RDD.toDebugString`.
//!
//! The shape is Spark's; the nodes are ours, which are fewer for some operations.

use std::sync::Arc;

use hearth_storage::Data;
use hearth_types::{RddId, StorageLevel};

use super::Rdd;
use crate::node::{AnyLineage, Dependency};

impl<T: Data> Rdd<T> {
    /// What this RDD is computed from, as Spark prints it: partitions in parentheses where a stage begins, the storage
    /// level of this RDD in the brackets of every line, and how much of an RDD is cached, if some of it is.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let sums = sc.range(0, 9, 1, 3).map(|n| (n % 2, n)).reduce_by_key(|a, b| a + b, 2);
    /// let text = sums.to_debug_string();
    /// assert!(text.starts_with("(2) ShuffledRDD[2] at reduceByKey at "), "{text}");
    /// assert!(text.contains("\n +-(3) MapPartitionsRDD[1] at map at "), "{text}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `RDD.toDebugString`
    pub fn to_debug_string(&self) -> String {
        let root: Arc<dyn AnyLineage> = self.lineage.clone();
        let level = self.lineage.storage_level();
        let level = if level == StorageLevel::NONE { String::new() } else { level.to_string() };
        let cached = |rdd| self.cached(rdd);
        let mut text = Text { level, cached: &cached, lines: Vec::new() };
        let (count, bar) = partitions(&root);
        text.describe(&root, &format!("{count} "), &format!("{bar} "));
        text.parents(&root, &bar);
        text.lines.join("\n")
    }

    fn cached(&self, rdd: RddId) -> Option<String> {
        let known =
            self.context.driver().status_store().rdd(rdd).filter(|known| known.cached_partitions > 0)?;
        let (memory, disk) = (bytes(known.memory_used), bytes(known.disk_used));
        Some(format!(
            "    CachedPartitions: {}; MemorySize: {memory}; DiskSize: {disk}",
            known.cached_partitions
        ))
    }
}

struct Text<'a> {
    level: String,
    cached: &'a dyn Fn(RddId) -> Option<String>,
    lines: Vec<String>,
}

impl Text<'_> {
    /// One RDD; `first` stands before its line, `then` before the line about its cache.
    fn describe(&mut self, rdd: &Arc<dyn AnyLineage>, first: &str, then: &str) {
        let name = rdd.name().map(|name| format!("{name} ")).unwrap_or_default();
        let (kind, id, at) = (rdd.kind(), rdd.id(), rdd.call_site());
        self.lines.push(format!("{first}{name}{kind}[{id}] at {at} [{}]", self.level));
        if let Some(cached) = (self.cached)(id) {
            self.lines.push(format!("{then}{cached}"));
        }
    }

    /// What an RDD is computed from. Without recursion: lineages of iterative programs are deep.
    fn parents(&mut self, root: &Arc<dyn AnyLineage>, prefix: &str) {
        let mut next = Branch::below(root, prefix);
        while let Some(Branch { dependency, prefix, is_last }) = next.pop() {
            match dependency {
                Dependency::Narrow { parent, .. } => {
                    self.describe(&parent, &prefix, &prefix);
                    next.extend(Branch::below(&parent, &prefix));
                }
                Dependency::Shuffle(shuffle) => {
                    let parent = shuffle.parent();
                    // The bar of the stage above ends here, in the branch that leads down.
                    let bare = prefix.trim_end();
                    let trimmed =
                        bare.strip_suffix('|').filter(|_| bare.len() < prefix.len()).unwrap_or(&prefix);
                    let (count, bar) = partitions(parent);
                    let then = format!("{trimmed}{}{bar}", if is_last { "  " } else { "| " });
                    self.describe(parent, &format!("{trimmed}+-{count} "), &then);
                    next.extend(Branch::below(parent, &then));
                }
            }
        }
    }
}

/// A line to come, and all below it.
struct Branch {
    dependency: Dependency,
    prefix: String,
    is_last: bool,
}

impl Branch {
    /// The branches below an RDD, the first of them at the end.
    fn below(rdd: &Arc<dyn AnyLineage>, prefix: &str) -> Vec<Self> {
        let mut is_last = true;
        let mut branches = Vec::new();
        for dependency in rdd.node().dependencies().into_iter().rev() {
            branches.push(Self { dependency, prefix: prefix.to_owned(), is_last });
            is_last = false;
        }
        branches
    }
}

/// `(3)`, and a bar under its middle that is one wider.
fn partitions(rdd: &Arc<dyn AnyLineage>) -> (String, String) {
    let count = format!("({})", rdd.partitions());
    let left = (count.len() - 1) / 2;
    let bar = format!("{}|{}", " ".repeat(left), " ".repeat(count.len() - left));
    (count, bar)
}

/// A size as Spark prints it: `512.0 B`, `1126.4 KiB`. Spark: `Utils.bytesToString`.
fn bytes(size: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut unit = 0;
    // A unit is used from two of it on.
    while unit + 1 < UNITS.len() && size >= 2 << (10 * (unit + 1)) {
        unit += 1;
    }
    format!("{:.1} {}", size as f64 / (1u64 << (10 * unit)) as f64, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_printed_in_the_largest_unit_of_which_there_are_two() {
        assert_eq!(
            [0, 2_047, 2_048, 1_153_434, 5 << 30].map(bytes),
            ["0.0 B", "2047.0 B", "2.0 KiB", "1126.4 KiB", "5.0 GiB"]
        );
    }
}
