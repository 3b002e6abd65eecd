//! The jobs, written as a user would write them: the same as in the Spark program that they are compared with.

use hearth::prelude::*;

/// What a job found, and its time where only a part of it counts.
pub(crate) struct Outcome {
    pub(crate) result: String,
    pub(crate) seconds: Option<f64>,
}

/// Runs one job and says what it found.
pub(crate) fn run(sc: &SparkContext, job: &str, data: &str) -> anyhow::Result<Outcome> {
    let result = match job {
        "tasks20k" => tasks(sc, 20_000),
        "tasks1m" => tasks(sc, 1_000_000),
        "jobs200x2" => many_jobs(sc),
        "shuffle1000x1000" => group(sc),
        "wordcount" => word_count(sc, data),
        "sort10m" => sort(sc, data),
        "pagerank10" => page_rank(sc, data),
        "kmeans10" => return k_means(sc),
        other => anyhow::bail!("no job {other}"),
    };
    Ok(Outcome { result: result?, seconds: None })
}

fn tasks(sc: &SparkContext, count: u32) -> anyhow::Result<String> {
    Ok(sc.range(0, i64::from(count), 1, count).count()?.to_string())
}

fn many_jobs(sc: &SparkContext) -> anyhow::Result<String> {
    let mut sum = 0;
    for _ in 0..200 {
        sum += sc.range(0, 10, 1, 2).count()?;
    }
    Ok(sum.to_string())
}

fn group(sc: &SparkContext) -> anyhow::Result<String> {
    let pairs = sc.range(0, 1_000_000, 1, 1_000).map(|n| (n, 1i32));
    Ok(pairs.group_by_key(1_000).count()?.to_string())
}

fn word_count(sc: &SparkContext, data: &str) -> anyhow::Result<String> {
    let top = sc
        .text_file(&format!("{data}/words.txt"), 0)?
        .flat_map(words)
        .map(|word| (word, 1u64))
        .reduce_by_key(|left, right| left + right, 0)
        .top_by(10, |(_, count)| *count)?;
    Ok(top.iter().take(2).map(|(word, count)| format!("{word}={count}")).collect::<Vec<_>>().join(";"))
}

/// The words of a line, one after the other.
fn words(line: String) -> impl Iterator<Item = String> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = line.as_bytes().get(at..).filter(|rest| !rest.is_empty())?;
            let end = rest.iter().position(|byte| *byte == b' ').unwrap_or(rest.len());
            let start = at;
            at += end + 1;
            if end > 0 {
                return Some(line[start..start + end].to_owned());
            }
        }
    })
}

fn sort(sc: &SparkContext, data: &str) -> anyhow::Result<String> {
    let pairs = sc.text_file(&format!("{data}/sort.txt"), 0)?.map(|line| match line.split_once('\t') {
        Some((key, value)) => (key.to_owned(), value.to_owned()),
        None => (line, String::new()),
    });
    let (rows, bad) = pairs
        .sort_by_key(true, 0)?
        .map_partitions(|records| {
            let mut last = String::new();
            let (mut rows, mut bad) = (0u64, 0u64);
            for (key, _) in records {
                rows += 1;
                bad += u64::from(key < last);
                last = key;
            }
            [(rows, bad)]
        })
        .reduce(|left, right| (left.0 + right.0, left.1 + right.1))?;
    Ok(format!("({rows}, {bad})"))
}

fn page_rank(sc: &SparkContext, data: &str) -> anyhow::Result<String> {
    let links = sc
        .text_file(&format!("{data}/edges.txt"), 4)?
        .map(|line| match line.split_once(' ') {
            Some((from, to)) => (from.to_owned(), to.to_owned()),
            None => (line, String::new()),
        })
        .distinct(0)
        .group_by_key(0)
        .cache()?;
    let mut ranks = links.map_values(|_| 1.0);
    for _ in 0..10 {
        let shares = links.join(&ranks, 0).values().flat_map(|(to, rank)| {
            let share = rank / to.len() as f64;
            to.into_iter().map(move |to| (to, share))
        });
        ranks = shares.reduce_by_key(|left, right| left + right, 0).map_values(|sum| 0.15 + 0.85 * sum);
    }
    let sum = ranks.values().sum()?;
    links.unpersist();
    Ok(format!("{sum:.6}"))
}

const CLUSTERS: usize = 10;
type Point = [f64; 10];

/// Only the iterations count, as in the peers' programs: making the points is the same for all.
fn k_means(sc: &SparkContext) -> anyhow::Result<Outcome> {
    let points = sc.range(0, 2_000_000, 1, 8).map(point).cache()?;
    points.count()?;
    let mut centres = points.take(CLUSTERS)?;
    let started = std::time::Instant::now();
    for _ in 0..10 {
        let sums = points
            .map_with(centres.clone(), |centres, point| (nearest(centres, &point), (point, 1u64)))
            .reduce_by_key(|left, right| (add(left.0, &right.0), left.1 + right.1), 0)
            .collect_as_map()?;
        for (at, centre) in centres.iter_mut().enumerate() {
            if let Some((sum, count)) = sums.get(&(at as u32)) {
                *centre = sum.map(|x| x / *count as f64);
            }
        }
    }
    let iterations = started.elapsed().as_secs_f64();
    let sum: f64 = centres.iter().flatten().sum();
    points.unpersist();
    Ok(Outcome { result: format!("{sum:.6}"), seconds: Some(iterations) })
}

fn point(n: i64) -> Point {
    std::array::from_fn(|d| (mix(n as u64 * 10 + d as u64) >> 11) as f64 / (1u64 << 53) as f64)
}

fn nearest(centres: &[Point], point: &Point) -> u32 {
    let distance = |centre: &Point| centre.iter().zip(point).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
    let (mut best, mut least) = (0, f64::MAX);
    for (at, centre) in centres.iter().enumerate() {
        let far = distance(centre);
        if far < least {
            (best, least) = (at as u32, far);
        }
    }
    best
}

fn add(mut left: Point, right: &Point) -> Point {
    left.iter_mut().zip(right).for_each(|(a, b)| *a += b);
    left
}

fn mix(n: u64) -> u64 {
    let z = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
