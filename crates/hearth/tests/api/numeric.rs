//! Sums, statistics, histograms.

use hearth::StatCounter;

use crate::support::{Random, local, message, on_both};

#[test]
fn sum_and_mean_take_every_kind_of_number() {
    on_both(|sc| {
        assert_eq!(sc.range(0, 101, 1, 4).sum().unwrap(), 5_050.0);
        assert_eq!(sc.parallelize([1u8, 2, 255], 2).sum().unwrap(), 258.0);
        assert_eq!(sc.parallelize([0.5f32, 0.25], 5).sum().unwrap(), 0.75);
        assert_eq!(sc.parallelize([1, 2, 3, 6], 3).mean().unwrap(), 3.0);
        assert_eq!(sc.parallelize([7.0], 4).mean().unwrap(), 7.0);
    });
}

#[test]
fn stats_agree_with_the_definitions() {
    on_both(|sc| {
        let mut random = Random(17);
        let numbers: Vec<f64> =
            (0..1_000).map(|_| random.below(1_000_000) as f64 / 1_000.0 - 300.0).collect();
        let stats = sc.parallelize(numbers.clone(), 7).stats().unwrap();
        let count = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / count;
        let squares = numbers.iter().map(|n| (n - mean).powi(2)).sum::<f64>();
        let near = |a: f64, b: f64| assert!((a - b).abs() <= 1e-9 * b.abs(), "{a} is not {b}");
        assert_eq!(stats.count(), 1_000);
        near(stats.mean(), mean);
        near(stats.sum(), mean * count);
        near(stats.variance(), squares / count);
        near(stats.stdev(), (squares / count).sqrt());
        near(stats.sample_variance(), squares / (count - 1.0));
        near(stats.sample_stdev(), (squares / (count - 1.0)).sqrt());
        assert_eq!(stats.min(), numbers.iter().copied().fold(f64::INFINITY, f64::min));
        assert_eq!(stats.max(), numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max));
    });
}

#[test]
fn a_stat_counter_merges_as_if_it_had_seen_all() {
    let of = |numbers: &[f64]| numbers.iter().fold(StatCounter::default(), |stats, n| stats.with(*n));
    let all = of(&[1.0, 2.0, 3.0, 4.0, 100.0]);
    let merged = of(&[1.0, 2.0]).merged(of(&[])).merged(of(&[3.0])).merged(of(&[4.0, 100.0]));
    assert_eq!((merged.count(), merged.min(), merged.max()), (5, 1.0, 100.0));
    assert!((merged.mean() - all.mean()).abs() < 1e-12);
    assert!((merged.variance() - all.variance()).abs() < 1e-9);
    assert_eq!(of(&[]).merged(all), all);
    assert!(of(&[1.0]).sample_variance().is_nan() && of(&[1.0]).sample_stdev().is_nan());
    assert_eq!((of(&[1.0]).variance(), of(&[1.0]).stdev()), (0.0, 0.0));
    assert_eq!(
        of(&[2.0, 4.0]).to_string(),
        "(count: 2, mean: 3.000000, stdev: 1.000000, max: 4.000000, min: 2.000000)"
    );
}

#[test]
fn not_a_number_spoils_statistics_as_in_spark() {
    let sc = local();
    let numbers = sc.parallelize([1.0, f64::NAN, 3.0], 2);
    assert!(numbers.sum().unwrap().is_nan() && numbers.mean().unwrap().is_nan());
    let stats = numbers.stats().unwrap();
    assert_eq!(stats.count(), 3);
    assert!(stats.variance().is_nan());
    assert!(stats.max().is_nan() && stats.min().is_nan(), "java.lang.Math.max of NaN is NaN: {stats}");
}

#[test]
fn histogram_cuts_between_least_and_greatest() {
    on_both(|sc| {
        let histogram = sc.range(0, 51, 1, 3).histogram(2).unwrap();
        assert_eq!((histogram.buckets, histogram.counts), (vec![0.0, 25.0, 50.0], vec![25, 26]));
        let tenths = sc.parallelize((0..=10).map(|n| f64::from(n) / 10.0).collect::<Vec<_>>(), 3);
        assert_eq!(tenths.histogram(10).unwrap().counts, [1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
        let one = sc.parallelize([5, 5, 5], 2).histogram(4).unwrap();
        assert_eq!((one.buckets, one.counts), (vec![5.0, 5.0], vec![3]));
        let single = sc.range(1, 11, 1, 20).histogram(1).unwrap();
        assert_eq!((single.buckets, single.counts), (vec![1.0, 10.0], vec![10]));
    });
}

#[test]
fn histogram_of_counts_between_given_borders() {
    on_both(|sc| {
        let rdd = sc.parallelize([-1.0, 0.0, 1.0, 9.9, 10.0, 15.0, 20.0, 20.1, f64::NAN], 3);
        let histogram = rdd.histogram_of(&[0.0, 1.0, 10.0, 20.0]).unwrap();
        assert_eq!(
            histogram.counts,
            [1, 2, 3],
            "a border belongs to the bucket above it, the last to the last"
        );
    });
}

#[test]
fn histograms_that_cannot_be_say_why() {
    let sc = local();
    let numbers = sc.parallelize([1.0, 2.0], 2);
    assert!(message(&numbers.histogram(0).unwrap_err()).contains("at least one bucket"));
    for borders in [&[][..], &[1.0], &[2.0, 1.0], &[1.0, 1.0], &[0.0, f64::NAN]] {
        let error = message(&numbers.histogram_of(borders).unwrap_err());
        assert!(error.contains("buckets array must have at least two elements"), "{error}");
    }
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = message(&sc.parallelize([1.0, wrong], 1).histogram(2).unwrap_err());
        assert!(error.contains("containing +/-infinity or NaN"), "{error}");
    }
}
