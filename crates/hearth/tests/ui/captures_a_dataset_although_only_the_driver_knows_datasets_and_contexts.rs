//! An RDD inside of a function of another one: Spark finds this only when it runs.
use hearth::prelude::*;

fn main() -> Result<(), hearth::Error> {
    let sc = SparkContext::new(SparkConf::new())?;
    let other = sc.range(0, 10, 1, 1);
    println!("{:?}", sc.range(0, 3, 1, 1).map(move |n| other.take(n as usize).unwrap()).collect()?);
    Ok(())
}
