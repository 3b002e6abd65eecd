//! Sorts the lines of text files by their bytes: `sort INPUT OUTPUT`. Spark: `RDD.sortBy`, `JavaSort` of its benchmarks.
//!
//! The parts of OUTPUT, one after the other, are the sorted file.

use anyhow::Context;
use hearth::prelude::*;

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let (input, output) = args.next().zip(args.next()).context("usage: sort INPUT OUTPUT")?;

    let sc = SparkContext::new(SparkConf::new().with("spark.app.name", "sort"))?;
    let lines = sc.text_file(&input, 0)?.map(|line| (line, ()));
    lines.sort_by_key(true, 0)?.keys().save_as_text_file(&output)?;
    Ok(())
}
