//! A program that takes its time, for those who break something while it runs.

use std::thread;
use std::time::Duration;

use hearth::prelude::*;

const NUMBERS: i64 = 80_000;
const PARTITIONS: u32 = 8;
const KEYS: i64 = 100;

/// Shuffles a cached dataset again and again; prints each round's sum, and the sum of the sums.
pub(crate) fn rounds(sc: &SparkContext, count: i64) -> anyhow::Result<()> {
    let numbers = sc.range(0, NUMBERS, 1, PARTITIONS).cache()?;
    let mut total = 0;
    for round in 0..count {
        let sum = numbers
            .map_with(round, |round, n| (slowly(n) % KEYS, n + round))
            .reduce_by_key(|left, right| left + right, 4)
            .map(|(_, sum)| sum)
            .reduce(|left, right| left + right)?;
        println!("round {round}: {sum}");
        total += sum;
    }
    println!("total: {total}");
    Ok(())
}

/// A tenth of a second for each partition.
fn slowly(n: i64) -> i64 {
    if n % (NUMBERS / i64::from(PARTITIONS)) == 0 {
        thread::sleep(Duration::from_millis(100)); // waits for: somebody who breaks something
    }
    n
}

/// The same on an executor.
pub(crate) fn executor_memory(sc: &SparkContext) -> anyhow::Result<()> {
    sc.range(0, 1, 1, 1).foreach(|_| memory())?;
    Ok(())
}

/// Uses memory until there is no more.
pub(crate) fn memory() -> ! {
    let mut held: Vec<Vec<u8>> = Vec::new();
    loop {
        held.push(vec![1; 10_000_000]);
        println!("{} MB", held.len() * 10);
    }
}
