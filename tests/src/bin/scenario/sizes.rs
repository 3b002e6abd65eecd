//! Inputs, partitions and results that are larger, smaller or less even than usual.

use hearth::prelude::*;

/// How many lines there are.
pub(crate) fn count(sc: &SparkContext, input: &str) -> anyhow::Result<()> {
    println!("{}", sc.text_file(input, 0)?.count()?);
    Ok(())
}

/// How long each line is.
pub(crate) fn lengths(sc: &SparkContext, input: &str) -> anyhow::Result<()> {
    for length in sc.text_file(input, 0)?.map(|line| line.len() as u64).collect()? {
        println!("{length}");
    }
    Ok(())
}

/// The lines themselves.
pub(crate) fn text(sc: &SparkContext, input: &str) -> anyhow::Result<()> {
    for line in sc.text_file(input, 0)?.collect()? {
        println!("{line}");
    }
    Ok(())
}

/// 0 partitions: the default number where a program asks for 0, none where there are none.
pub(crate) fn no_partitions(sc: &SparkContext) -> anyhow::Result<()> {
    let default = sc.range(0, 10, 1, 0);
    println!("{} partitions, {} records", default.num_partitions(), default.count()?);
    let none = sc.empty_rdd::<(i64, i64)>();
    println!("{} partitions, {} records", none.num_partitions(), none.count()?);
    let reduced = none.reduce_by_key(|left, right| left + right, 0);
    println!("{} records after a shuffle", reduced.count()?);
    Ok(())
}

/// So many map and reduce partitions, most of them without a record.
pub(crate) fn partitions(sc: &SparkContext, partitions: u32) -> anyhow::Result<()> {
    println!("{} records", sc.range(0, 1_000, 1, partitions).count()?);
    let few =
        sc.range(0, 1_000, 1, 4).map(|n| (n % 100, n)).reduce_by_key(|left, right| left + right, partitions);
    println!("{} keys in {} partitions", few.count()?, few.num_partitions());
    Ok(())
}

/// A result of so many bytes from each of eight tasks.
pub(crate) fn large_result(sc: &SparkContext, bytes: usize) -> anyhow::Result<()> {
    let results = sc.range(0, 8, 1, 8).map_with(bytes, |bytes, n| vec![n as u8; *bytes]).collect()?;
    println!("{} results", results.len());
    Ok(())
}

const ROWS: i64 = 400_000;

/// One key has nine of ten rows, in every operation that brings the rows of a key together.
pub(crate) fn skewed(sc: &SparkContext) -> anyhow::Result<()> {
    let rows = sc.range(0, ROWS, 1, 8).map(|n| (if n % 10 == 0 { n } else { -1 }, n));
    let sums = rows.reduce_by_key(|left, right| left + right, 4);
    println!("{} keys, {:?} in the large one", sums.count()?, sums.lookup(-1)?);
    let sizes = rows.group_by_key(4).map_values(|values| values.len() as u64);
    println!("{:?} rows of the large one", sizes.lookup(-1)?);
    let joined = rows.join(&sc.parallelize([(-1i64, 'x'), (10, 'y')], 2), 4);
    println!("{} rows joined", joined.count()?);
    let sorted = rows.sort_by_key(true, 4)?.keys();
    let (first, count) = (sorted.first()?, sorted.count()?);
    println!("{count} rows sorted from {first}");
    Ok(())
}

/// A thousand lines in four parts.
pub(crate) fn save(sc: &SparkContext, output: &str) -> anyhow::Result<()> {
    sc.range(0, 1_000, 1, 4).save_as_text_file(output)?;
    Ok(())
}
