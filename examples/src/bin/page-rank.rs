//! Ranks the pages of a link graph: `page-rank EDGES [ITERATIONS]`. Spark: `SparkPageRank`.
//!
//! Each line of EDGES is a link: the page that has it, white space, the page to which it leads.
//! Prints the ten pages with the highest rank as `url<TAB>rank`, after ten iterations unless told otherwise.
#![expect(clippy::print_stdout, reason = "a program prints its result")]

use std::cmp::Reverse;

use anyhow::Context;
use hearth::prelude::*;

const USAGE: &str = "usage: page-rank EDGES [ITERATIONS]";

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let edges = args.next().context(USAGE)?;
    let iterations: u32 = args.next().map_or(Ok(10), |text| {
        text.parse().with_context(|| format!("ITERATIONS must be a whole number, not {text:?}; {USAGE}"))
    })?;

    let sc = SparkContext::new(SparkConf::new().with("spark.app.name", "page-rank"))?;
    let links = sc.text_file(&edges, 0)?.flat_map(link).distinct(0).group_by_key(0).cache()?;
    let mut ranks = links.map_values(|_| 1.0);
    for _ in 0..iterations {
        let shares = links.join(&ranks, 0).values().flat_map(|(targets, rank)| {
            let share = rank / targets.len() as f64;
            targets.into_iter().map(move |url| (url, share))
        });
        ranks = shares.reduce_by_key(|left, right| left + right, 0).map_values(|sum| 0.15 + 0.85 * sum);
    }
    // The bits of positive numbers are ordered as the numbers are.
    let highest = ranks.map(|(url, rank)| (Reverse(rank.to_bits()), url)).take_ordered(10)?;
    for (Reverse(bits), url) in highest {
        println!("{url}\t{}", f64::from_bits(bits));
    }
    Ok(())
}

/// The link of a line, if there is one.
fn link(line: String) -> Option<(String, String)> {
    let mut urls = line.split_whitespace();
    Some((urls.next()?.to_owned(), urls.next()?.to_owned()))
}
