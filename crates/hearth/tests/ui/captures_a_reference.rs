//! A reference leads to the driver's memory.
use hearth::prelude::*;

fn main() -> Result<(), hearth::Error> {
    let sc = SparkContext::new(SparkConf::new())?;
    let words = vec!["a".to_owned()];
    println!("{:?}", sc.range(0, 3, 1, 1).map(|_| words.len()).collect()?);
    Ok(())
}
