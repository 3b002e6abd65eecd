//! The value of a variable of the driver would not be there on an executor.
use hearth::prelude::*;

fn main() -> Result<(), hearth::Error> {
    let sc = SparkContext::new(SparkConf::new())?;
    let factor = 10;
    println!("{:?}", sc.range(0, 3, 1, 1).map(move |n| n * factor).collect()?);
    Ok(())
}
