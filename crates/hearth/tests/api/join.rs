//! Two RDDs by key: cogroup, the four joins, subtract by key.

use hearth::prelude::*;

use crate::support::{local, on_both, sorted};

fn sides(sc: &SparkContext) -> (Rdd<(i32, char)>, Rdd<(i32, u8)>) {
    let left = sc.parallelize([(1, 'a'), (1, 'b'), (2, 'c'), (4, 'd')], 3);
    let right = sc.parallelize([(1, 10), (2, 20), (2, 21), (3, 30)], 2);
    (left, right)
}

#[test]
fn cogroup_has_the_values_of_either_side() {
    on_both(|sc| {
        let (left, right) = sides(sc);
        let groups = left.cogroup(&right, 4);
        assert_eq!(groups.num_partitions(), 4);
        let groups = groups.map_values(|(left, right)| (sorted(left), sorted(right)));
        let expected = [
            (1, (vec!['a', 'b'], vec![10])),
            (2, (vec!['c'], vec![20, 21])),
            (3, (vec![], vec![30])),
            (4, (vec!['d'], vec![])),
        ];
        assert_eq!(sorted(groups.collect().unwrap()), expected);
    });
}

#[test]
fn join_pairs_values_of_keys_on_both_sides() {
    on_both(|sc| {
        let (left, right) = sides(sc);
        let expected = [(1, ('a', 10)), (1, ('b', 10)), (2, ('c', 20)), (2, ('c', 21))];
        assert_eq!(sorted(left.join(&right, 0).collect().unwrap()), expected);
        assert_eq!(sorted(left.join(&right, 1).collect().unwrap()), expected);
        assert_eq!(sorted(left.join(&right, 50).collect().unwrap()), expected);
    });
}

#[test]
fn outer_joins_keep_what_has_no_partner() {
    on_both(|sc| {
        let (left, right) = sides(sc);
        let mut of_left =
            vec![(1, ('a', Some(10))), (1, ('b', Some(10))), (2, ('c', Some(20))), (2, ('c', Some(21)))];
        of_left.push((4, ('d', None)));
        assert_eq!(sorted(left.left_outer_join(&right, 0).collect().unwrap()), of_left);
        let of_right = [
            (1, (Some('a'), 10)),
            (1, (Some('b'), 10)),
            (2, (Some('c'), 20)),
            (2, (Some('c'), 21)),
            (3, (None, 30)),
        ];
        assert_eq!(sorted(left.right_outer_join(&right, 0).collect().unwrap()), of_right);
        let full = left.full_outer_join(&right, 0);
        let mut expected: Vec<_> = of_left.iter().map(|&(key, (l, r))| (key, (Some(l), r))).collect();
        expected.push((3, (None, Some(30))));
        assert_eq!(sorted(full.collect().unwrap()), sorted(expected));
    });
}

#[test]
fn joins_with_nothing() {
    let sc = local();
    let (left, _) = sides(&sc);
    for none in [sc.empty_rdd::<(i32, u8)>(), sc.parallelize(Vec::<(i32, u8)>::new(), 3)] {
        assert_eq!(left.join(&none, 0).count().unwrap(), 0);
        assert_eq!(none.join(&left, 0).count().unwrap(), 0);
        assert_eq!(left.left_outer_join(&none, 0).count().unwrap(), 4);
        assert_eq!(left.right_outer_join(&none, 0).count().unwrap(), 0);
        assert_eq!(left.full_outer_join(&none, 0).count().unwrap(), 4);
        assert_eq!(none.full_outer_join(&none, 0).count().unwrap(), 0);
    }
}

#[test]
fn a_join_with_itself_reads_both_sides() {
    on_both(|sc| {
        let (left, _) = sides(sc);
        let squares = left.join(&left, 2);
        assert_eq!(squares.count().unwrap(), 2 * 2 + 1 + 1);
        let reduced = left.map_values(|_| 1).reduce_by_key(|a, b| a + b, 2);
        let both = sorted(reduced.join(&reduced, 2).collect().unwrap());
        assert_eq!(both, [(1, (2, 2)), (2, (1, 1)), (4, (1, 1))]);
    });
}

#[test]
fn unit_values_join_and_subtract() {
    on_both(|sc| {
        let left = sc.parallelize([(1, ()), (1, ()), (2, ())], 2);
        let right = sc.parallelize([(1, ()), (3, ())], 2);
        assert_eq!(left.join(&right, 0).count().unwrap(), 2);
        assert_eq!(left.subtract_by_key(&right, 0).collect().unwrap(), [(2, ())]);
        assert_eq!(
            sorted(left.subtract_by_key(&sc.empty_rdd::<(i32, u8)>(), 0).keys().collect().unwrap()),
            [1, 1, 2]
        );
    });
}

#[test]
fn sides_that_are_partitioned_alike_are_joined_in_place() {
    let sc = local();
    let part = |from, to| sc.range(from, to, 1, 3).map(|n| (n, n)).partition_by(HashPartitioner::new(4));
    let (left, right) = (part(0, 60), part(40, 100));
    let joined = left.join(&right, 4);
    assert_eq!(joined.to_debug_string().matches("+-").count(), 2, "only the two of partition_by");
    assert_eq!(sorted(joined.keys().collect().unwrap()), (40..60).collect::<Vec<_>>());
    let half = left.join(&sc.range(50, 70, 1, 2).map(|n| (n, ())), 4);
    assert_eq!(half.to_debug_string().matches("+-").count(), 2, "left stays, right moves");
    assert_eq!(sorted(half.keys().collect().unwrap()), (50..60).collect::<Vec<_>>());
}

#[test]
fn a_join_keeps_the_partitioner_for_what_follows() {
    let sc = local();
    let (left, right) = sides(&sc);
    let summed = left.join(&right, 3).map_values(|(_, n)| u32::from(n)).reduce_by_key(|a, b| a + b, 3);
    assert_eq!(summed.to_debug_string().matches("+-").count(), 2);
    assert_eq!(sorted(summed.collect().unwrap()), [(1, 20), (2, 41)]);
}
