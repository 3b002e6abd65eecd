//! Contexts for tests, and seeded random data.

use hearth::prelude::*;

/// A context in this process.
pub fn local() -> SparkContext {
    context("local[2]")
}

/// A context with two executor processes of one slot each.
pub fn cluster() -> SparkContext {
    context("local-cluster[2,1,512]")
}

fn context(master: &str) -> SparkContext {
    SparkContext::new(SparkConf::new().with("spark.master", master)).unwrap()
}

/// Runs a test on both masters.
pub fn on_both(test: impl Fn(&SparkContext)) {
    for sc in [local(), cluster()] {
        test(&sc);
        sc.stop();
    }
}
