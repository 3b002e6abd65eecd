//! Every action on nothing.

use std::fmt::Debug;

use hearth::prelude::*;

/// Prints what each action gives for an RDD without partitions and for one with partitions and without records.
pub(crate) fn every_action(sc: &SparkContext) -> anyhow::Result<()> {
    actions("none", sc, &sc.empty_rdd())?;
    actions("some", sc, &sc.parallelize(Vec::new(), 3))
}

fn actions(partitions: &str, sc: &SparkContext, empty: &Rdd<i64>) -> anyhow::Result<()> {
    let pairs = empty.map(|n| (n, n));
    let show = |action: &str, result: &dyn Debug| println!("{partitions} {action} {result:?}");
    show("collect", &empty.collect()?);
    show("count", &empty.count()?);
    show("count_by_value", &empty.count_by_value()?);
    show("is_empty", &empty.is_empty()?);
    show("take", &empty.take(3)?);
    show("top", &empty.top(3)?);
    show("take_ordered", &empty.take_ordered(3)?);
    show("take_sample", &empty.take_sample(Replacement::With, 3, 1)?);
    show("fold", &empty.fold(0, |left, right| left + right)?);
    show("aggregate", &empty.aggregate(0, |sum, n| sum + n, |left, right| left + right)?);
    show("tree_aggregate", &empty.tree_aggregate(0, |sum, n| sum + n, |left, right| left + right, 2)?);
    show("sum", &empty.sum()?);
    show("stats", &empty.stats()?.count());
    show("lookup", &pairs.lookup(1)?);
    show("count_by_key", &pairs.count_by_key()?);
    show("collect_as_map", &pairs.collect_as_map()?);
    show("to_local_iterator", &empty.to_local_iterator().count());
    empty.foreach(|_| panic!("there is no record"))?;
    empty.foreach_partition(|records| assert_eq!(records.count(), 0))?;
    show("run_job", &sc.run_job(empty, Vec::new(), (), |(), _, records| records.count())?);
    show("sort_by_key", &pairs.sort_by_key(true, 2)?.collect()?);
    show("group_by_key", &pairs.group_by_key(2).collect()?);
    show("join", &pairs.join(&pairs, 2).collect()?);
    show("zip_with_index", &empty.zip_with_index()?.collect()?);
    for (action, error) in [
        ("reduce", empty.reduce(|left, right| left + right).err()),
        ("tree_reduce", empty.tree_reduce(|left, right| left + right, 2).err()),
        ("first", empty.first().err()),
        ("max", empty.max().err()),
        ("min", empty.min().err()),
    ] {
        println!(
            "{partitions} {action} {}",
            error.map_or_else(|| "no error".to_owned(), |error| error.to_string())
        );
    }
    Ok(())
}
