//! Constants, statics, functions and other closures without captures are no captures.
use hearth::prelude::*;

const FACTOR: i64 = 10;
static OFFSET: i64 = 1;

fn twice(n: i64) -> i64 {
    2 * n
}

fn main() -> Result<(), hearth::Error> {
    let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[1]"))?;
    let more = |n: i64| n + OFFSET;
    let limit = 25;
    let numbers = sc.range(0, 3, 1, 1).map(twice).map(move |n| more(n) * FACTOR).filter_with(limit, |limit, n| n < limit);
    assert_eq!(numbers.collect()?, [10]);
    Ok(())
}
