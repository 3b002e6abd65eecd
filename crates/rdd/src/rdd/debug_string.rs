//! The lineage as text, indented where a shuffle lies between. Spark: `RDD.toDebugString`.

use std::sync::Arc;

use hearth_storage::Data;

use super::Rdd;
use crate::node::{AnyLineage, Dependency};

impl<T: Data> Rdd<T> {
    /// What this RDD is computed from, as Spark prints it: partitions in parentheses where a stage begins, and the storage
    /// level in brackets.
    ///
    /// Spark: `RDD.toDebugString`
    pub fn to_debug_string(&self) -> String {
        let root: Arc<dyn AnyLineage> = self.lineage.clone();
        let mut lines = Vec::new();
        let (count, bar) = partitions(&root);
        lines.push(format!("{count} {}", describe(&root)));
        children(&root, &bar, &mut lines);
        lines.join("\n")
    }
}

/// `(3)`, and a bar under its middle that is one wider.
fn partitions(rdd: &Arc<dyn AnyLineage>) -> (String, String) {
    let count = format!("({})", rdd.partitions());
    let left = (count.len() - 1) / 2;
    let bar = format!("{}|{}", " ".repeat(left), " ".repeat(count.len() - left));
    (count, bar)
}

fn describe(rdd: &Arc<dyn AnyLineage>) -> String {
    let name = rdd.name().map(|name| format!("{name} ")).unwrap_or_default();
    let level = rdd.storage_level();
    let level = if level.is_valid() { level.to_string() } else { String::new() };
    format!("{name}{}[{}] at {} [{level}]", rdd.kind(), rdd.id(), rdd.call_site())
}

fn children(rdd: &Arc<dyn AnyLineage>, prefix: &str, lines: &mut Vec<String>) {
    let dependencies = rdd.dependencies();
    let last = dependencies.len().saturating_sub(1);
    for (at, dependency) in dependencies.iter().enumerate() {
        match dependency {
            Dependency::Narrow { parent, .. } => {
                lines.push(format!("{prefix}{}", describe(parent)));
                children(parent, prefix, lines);
            }
            Dependency::Shuffle(shuffle) => {
                let parent = shuffle.parent();
                // The bar of the stage above ends here, in the branch that leads down.
                let trimmed = prefix.trim_end().strip_suffix('|').filter(|_| prefix.ends_with(' ')).unwrap_or(prefix);
                let (count, bar) = partitions(parent);
                lines.push(format!("{trimmed}+-{count} {}", describe(parent)));
                let next = format!("{trimmed}{}{bar}", if at == last { "  " } else { "| " });
                children(parent, &next, lines);
            }
        }
    }
}
