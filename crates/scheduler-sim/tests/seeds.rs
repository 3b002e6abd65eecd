//! Fifty seeds hold, and a seed always does the same.

use hearth_scheduler_sim::{checked, run_once, run_twice};

#[test]
fn fifty_seeds_hold() {
    for seed in 0..50 {
        if let Some(violation) = run_twice(seed).violation {
            panic!("seed {seed} violates {violation}");
        }
    }
}

#[test]
fn one_seed_gives_one_trace_and_two_seeds_give_two() {
    let traces: Vec<_> = [7, 7, 8].into_iter().map(|seed| run_once(seed).trace).collect();
    assert!(!traces[0].as_str().is_empty());
    assert_eq!(traces[0], traces[1]);
    assert_ne!(traces[0], traces[2]);
}

#[test]
fn every_check_has_its_own_name() {
    let mut names: Vec<_> = checked().into_iter().map(|(name, _)| name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!((names.len(), count), (count, 22));
}
