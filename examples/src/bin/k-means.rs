//! Groups points into K clusters: `k-means INPUT K [ITERATIONS]`. Spark: `SparkKMeans`.
//!
//! Each line of INPUT is a point: its numbers, separated by white space.
//! Begins with K points of the input, and moves each centre to the middle of the points that are nearest to it, ten
//! times unless told otherwise. Prints the centres, a line for each.
#![expect(clippy::print_stdout, reason = "a program prints its result")]
#![expect(clippy::panic, reason = "a panic fails the task with its message")]

use std::str::FromStr;

use anyhow::Context;
use hearth::prelude::*;

const USAGE: &str = "usage: k-means INPUT K [ITERATIONS]";

type Point = Vec<f64>;

/// The sum of the points of one cluster, and how many they are.
type Sum = (Point, u64);

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let (input, k) = args.next().zip(args.next()).context(USAGE)?;
    let k: usize = number("K", &k)?;
    let iterations: u32 = args.next().map_or(Ok(10), |text| number("ITERATIONS", &text))?;

    let sc = SparkContext::new(SparkConf::new().with("spark.app.name", "k-means"))?;
    let points = sc.text_file(&input, 0)?.map(parse).filter(|point| !point.is_empty()).cache()?;
    let mut centres = points.take_sample(Replacement::Without, k, 42)?;
    for _ in 0..iterations {
        let sums = points
            .map_partitions_with(centres.clone(), |centres, points| [sum_clusters(&centres, points)])
            .reduce(|left, right| {
                left.into_iter().zip(right).map(|(left, right)| add(left, right)).collect()
            })?;
        for (centre, (sum, count)) in centres.iter_mut().zip(sums) {
            // A centre that is nearest to no point stays where it is.
            if count > 0 {
                *centre = sum.iter().map(|x| x / count as f64).collect();
            }
        }
    }
    for centre in centres {
        println!("{}", centre.iter().map(f64::to_string).collect::<Vec<_>>().join(" "));
    }
    Ok(())
}

/// An argument that says how many.
fn number<T: FromStr>(name: &str, text: &str) -> anyhow::Result<T> {
    let number = text.parse().ok();
    number.with_context(|| format!("{name} must be a whole number, not {text:?}; {USAGE}"))
}

fn parse(line: String) -> Point {
    let number = |text: &str| text.parse().unwrap_or_else(|error| panic!("{text:?} in a point: {error}"));
    line.split_whitespace().map(number).collect()
}

/// For each centre the sum of the points that are nearest to it.
fn sum_clusters(centres: &[Point], points: impl Iterator<Item = Point>) -> Vec<Sum> {
    let mut sums: Vec<Sum> = centres.iter().map(|centre| (vec![0.0; centre.len()], 0)).collect();
    for point in points {
        let (sum, count) = &mut sums[nearest(centres, &point)];
        sum.iter_mut().zip(&point).for_each(|(sum, x)| *sum += x);
        *count += 1;
    }
    sums
}

fn nearest(centres: &[Point], point: &Point) -> usize {
    let distance = |centre: &Point| centre.iter().zip(point).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
    let (mut best, mut least) = (0, f64::INFINITY);
    for (at, centre) in centres.iter().enumerate() {
        let distance = distance(centre);
        if distance < least {
            (best, least) = (at, distance);
        }
    }
    best
}

fn add((mut left, count): Sum, (right, more): Sum) -> Sum {
    left.iter_mut().zip(right).for_each(|(left, right)| *left += right);
    (left, count + more)
}
