//! Estimates pi by throwing darts at a square: `pi [PARTITIONS] [SAMPLES_PER_PARTITION]`. Spark: `SparkPi`.
#![expect(clippy::print_stdout, reason = "a program prints its result")]

use std::str::FromStr;

use anyhow::Context;
use hearth::prelude::*;

/// The step from one state of SplitMix64 to the next.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let partitions: u32 = args.next().map_or(Ok(2), |text| count("PARTITIONS", &text))?;
    let samples: u64 = args.next().map_or(Ok(100_000), |text| count("SAMPLES_PER_PARTITION", &text))?;

    let sc = SparkContext::new(SparkConf::new().with("spark.app.name", "pi"))?;
    let inside = sc
        .range(0, i64::from(partitions), 1, partitions)
        .map_with(samples, |samples, partition| darts_inside(partition as u64, *samples))
        .reduce(|left, right| left + right)?;
    let thrown = u64::from(partitions) * samples;
    println!("Pi is roughly {}", 4.0 * inside as f64 / thrown as f64);
    Ok(())
}

/// An argument that says how many.
fn count<T: FromStr + From<u8> + PartialOrd>(name: &str, text: &str) -> anyhow::Result<T> {
    let number = text.parse().ok().filter(|number| *number >= T::from(1));
    number.with_context(|| {
        let usage = "usage: pi [PARTITIONS] [SAMPLES_PER_PARTITION]";
        format!("{name} must be a whole number from 1 on, not {text:?}; {usage}")
    })
}

/// How many of so many darts, thrown at the square from -1 to 1, hit the circle in it.
fn darts_inside(seed: u64, darts: u64) -> u64 {
    // Each seed begins elsewhere in the one sequence of SplitMix64: small, and good enough to throw darts.
    let mut state = mix(seed.wrapping_add(GAMMA));
    let mut coordinate = || {
        state = state.wrapping_add(GAMMA);
        (mix(state) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    (0..darts).filter(|_| coordinate().powi(2) + coordinate().powi(2) <= 1.0).count() as u64
}

fn mix(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
