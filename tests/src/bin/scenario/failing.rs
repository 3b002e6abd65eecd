//! Functions that panic, and records that are not what they should be.

use hearth::prelude::*;

/// One record of a million that the function cannot take.
pub(crate) fn panic_in_one_record(sc: &SparkContext) -> anyhow::Result<()> {
    println!("{}", sc.range(0, 1_000_000, 1, 8).map(choosy).count()?);
    Ok(())
}

/// The same, and the program lives with it.
pub(crate) fn panic_handled(sc: &SparkContext) -> anyhow::Result<()> {
    let error = sc.range(0, 1_000_000, 1, 8).map(choosy).count().err();
    println!("failed: {}", error.is_some());
    println!("{}", sc.range(0, 1_000, 1, 8).map(choosy).count()?);
    Ok(())
}

/// Some parts are written and committed when the one with the bad record fails.
pub(crate) fn panic_while_saving(sc: &SparkContext, output: &str) -> anyhow::Result<()> {
    sc.range(0, 1_000_000, 1, 8).map(choosy).save_as_text_file(output)?;
    Ok(())
}

fn choosy(n: i64) -> i64 {
    assert!(n != 777_777, "record {n} is not to my taste");
    n
}

/// Writes numbers, and reads them as if they were words with their counts.
pub(crate) fn other_records(sc: &SparkContext, directory: &str) -> anyhow::Result<()> {
    sc.range(1_000_000, 1_000_100, 1, 2).save_as_object_file(directory)?;
    println!("{:?}", sc.object_file::<(String, Vec<char>)>(directory)?.collect()?);
    Ok(())
}
