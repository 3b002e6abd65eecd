//! Only the driver has a context.
use hearth::prelude::*;

fn main() -> Result<(), hearth::Error> {
    let sc = SparkContext::new(SparkConf::new())?;
    let inner = sc.clone();
    println!("{:?}", sc.range(0, 3, 1, 1).map(move |n| inner.range(0, n, 1, 1).count().unwrap()).collect()?);
    Ok(())
}
