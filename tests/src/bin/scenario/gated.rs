//! Jobs whose tasks wait until the test lets them pass.

use std::path::Path;

use hearth::prelude::*;
use hearth_tests::faults::Notes;

/// Four map tasks, which wait at the gate `map`, and two tasks that read their outputs, which wait at the gate `reduce`.
pub(crate) fn two_stages(sc: &SparkContext, notes: &str) -> anyhow::Result<()> {
    let notes = Notes::new(Path::new(notes).to_owned());
    let mapped = sc.range(0, 4, 1, 4).map_with(notes.clone(), |notes, n| {
        notes.write("map");
        notes.wait_at("map");
        (n % 2, n)
    });
    let reduced = mapped.reduce_by_key(|a, b| a + b, 2).map_with(notes, |notes, pair| {
        notes.write("reduce");
        notes.wait_at("reduce");
        pair
    });
    let mut sums = reduced.collect()?;
    sums.sort_unstable();
    println!("{sums:?}");
    Ok(())
}

/// A job whose tasks wait at the gate `first`, and then one whose tasks wait at the gate `second`.
pub(crate) fn two_jobs(sc: &SparkContext, notes: &str) -> anyhow::Result<()> {
    let notes = Notes::new(Path::new(notes).to_owned());
    for gate in ["first", "second"] {
        pass(sc, &notes, gate)?;
    }
    Ok(())
}

/// A job whose tasks wait at the gate `first`; then the program waits at the gate `end`.
pub(crate) fn one_job(sc: &SparkContext, notes: &str) -> anyhow::Result<()> {
    let notes = Notes::new(Path::new(notes).to_owned());
    pass(sc, &notes, "first")?;
    notes.wait_at("end");
    Ok(())
}

/// Four tasks that wait at a gate.
fn pass(sc: &SparkContext, notes: &Notes, gate: &str) -> anyhow::Result<()> {
    let state = (notes.clone(), gate.to_owned());
    let passed = sc.range(0, 4, 1, 4).filter_with(state, |(notes, gate), _| {
        notes.write(gate);
        notes.wait_at(gate);
        true
    });
    println!("{gate}: {}", passed.count()?);
    Ok(())
}
