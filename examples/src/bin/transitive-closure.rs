//! Finds which nodes of a random graph a path connects: `transitive-closure [PARTITIONS]`. Spark: `SparkTC`.
//!
//! Joins the paths with the edges that lead to their beginnings, until no new path is found, and prints how many there
//! are.
#![expect(clippy::print_stdout, reason = "a program prints its result")]

use std::collections::BTreeSet;

use anyhow::Context;
use hearth::prelude::*;

const NODES: u64 = 100;
const EDGES: usize = 200;

fn main() -> anyhow::Result<()> {
    let partitions: u32 = std::env::args().nth(1).map_or(Ok(2), |text| {
        let usage = "usage: transitive-closure [PARTITIONS]";
        text.parse().with_context(|| format!("PARTITIONS must be a whole number, not {text:?}; {usage}"))
    })?;

    let sc = SparkContext::new(SparkConf::new().with("spark.app.name", "transitive-closure"))?;
    let mut paths = sc.parallelize(graph(), partitions).cache()?;
    // A path x → y follows an edge z → x, so the edges are joined by their end.
    let edges = paths.map(|(from, to)| (to, from)).cache()?;
    let mut count = paths.count()?;
    loop {
        let longer = paths.join(&edges, partitions).map(|(_, (to, from))| (from, to));
        paths = paths.union(&longer).distinct(partitions).cache()?;
        let before = std::mem::replace(&mut count, paths.count()?);
        if count == before {
            break;
        }
    }
    println!("The transitive closure has {count} edges");
    Ok(())
}

/// A random graph, the same each time: no edge twice, and none from a node to itself.
fn graph() -> BTreeSet<(u64, u64)> {
    let mut state = 42u64;
    let mut node = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % NODES
    };
    let mut edges = BTreeSet::new();
    while edges.len() < EDGES {
        let edge = (node(), node());
        if edge.0 != edge.1 {
            edges.insert(edge);
        }
    }
    edges
}
