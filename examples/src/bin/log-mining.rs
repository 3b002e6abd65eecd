//! Asks a log several questions about its errors: `log-mining INPUT`. Spark: the example that introduced RDDs.
//!
//! A line of the log is `DATE TIME LEVEL COMPONENT: MESSAGE`, as log4j writes it.
//! The lines of level ERROR are kept in memory, so only the first question reads the files.
#![expect(clippy::print_stdout, reason = "a program prints its result")]

use std::cmp::Reverse;

use anyhow::Context;
use hearth::prelude::*;

fn main() -> anyhow::Result<()> {
    let input = std::env::args().nth(1).context("usage: log-mining INPUT")?;

    let sc = SparkContext::new(SparkConf::new().with("spark.app.name", "log-mining"))?;
    let errors = sc.text_file(&input, 0)?.filter(|line| line.split(' ').nth(2) == Some("ERROR")).cache()?;
    println!("{} errors", errors.count()?);
    for word in ["timeout", "refused", "memory"] {
        let mentions = errors.filter_with(word.to_owned(), |word, line| line.contains(word.as_str()));
        println!("{} mention {word}", mentions.count()?);
    }
    let by_component = errors.map(|line| (component(&line).to_owned(), 1u64)).reduce_by_key(|a, b| a + b, 0);
    for (Reverse(count), component) in
        by_component.map(|(name, count)| (Reverse(count), name)).take_ordered(5)?
    {
        println!("{count} in {component}");
    }
    Ok(())
}

/// The fourth word, without its colon.
fn component(line: &str) -> &str {
    line.split(' ').nth(3).unwrap_or_default().trim_end_matches(':')
}
