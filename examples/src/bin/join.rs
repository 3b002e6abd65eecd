//! Joins two tab separated files by their first field: `join LEFT RIGHT OUTPUT`. Spark: `PairRDDFunctions.join`.
//!
//! Each line of OUTPUT is the key, the other fields of the left line, the other fields of the right line.
//! The parts, one after the other, are sorted by these three: what `join -t '<TAB>'` gives for sorted files.

use anyhow::Context;
use hearth::prelude::*;

fn main() -> anyhow::Result<()> {
    let [left, right, output] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .ok()
        .context("usage: join LEFT RIGHT OUTPUT")?;

    let sc = SparkContext::new(SparkConf::new().with("spark.app.name", "join"))?;
    let left = sc.text_file(&left, 0)?.map(key_and_rest);
    let right = sc.text_file(&right, 0)?.map(key_and_rest);
    left.join(&right, 0)
        .map(|row| (row, ()))
        .sort_by_key(true, 0)?
        .map(|((key, (left, right)), ())| key + &left + &right)
        .save_as_text_file(&output)?;
    Ok(())
}

/// The first field, and the rest of the line from its tab on.
fn key_and_rest(mut line: String) -> (String, String) {
    let rest = line.split_off(line.find('\t').unwrap_or(line.len()));
    (line, rest)
}
