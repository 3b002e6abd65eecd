//! The same for a function that goes into a shuffle.
use hearth::prelude::*;

fn main() -> Result<(), hearth::Error> {
    let sc = SparkContext::new(SparkConf::new())?;
    let most = 10;
    let pairs = sc.range(0, 3, 1, 1).map(|n| (n, n));
    println!("{:?}", pairs.reduce_by_key(move |a, b| (a + b).min(most), 2).collect()?);
    Ok(())
}
