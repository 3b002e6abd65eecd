//! A simulated cluster around the scheduler: everything from one seed, with faults, invariants and an oracle.
//!
//! A run has two phases. In the first, executors die, fall silent or lose data, and messages are late or come twice.
//! In the second, nothing goes wrong any more, and everything must finish.
//! Spark has nothing like it: its scheduler reads clocks and starts threads, ours is a function.
#![warn(missing_docs)]

pub mod blocks;
pub mod chaos;
pub mod cluster;
pub mod content;
mod driver;
pub mod executor;
pub mod invariants;
pub mod oracle;
pub mod plan;
mod processes;
pub mod program;
pub mod queue;
pub mod random;
pub mod trace;
pub mod world;

pub use invariants::Violation;
pub use plan::Plan;
pub use trace::Trace;
pub use world::Outcome;

/// Runs a seed once.
pub fn run_once(seed: u64) -> Outcome {
    let plan = Plan::from_seed(seed);
    world::World::new(&plan).run()
}

/// Runs a seed twice; unequal traces are a violation, too.
pub fn run_twice(seed: u64) -> Outcome {
    let first = run_once(seed);
    let second = run_once(seed);
    if first.violation.is_none() && first.trace != second.trace {
        let (invariant, sentence) = SAME_TRACE;
        let detail = first_difference(first.trace.as_str(), second.trace.as_str());
        return Outcome { violation: Some(Violation { invariant, sentence, detail }), ..first };
    }
    first
}

/// Name and sentence of everything that a run checks.
pub fn checked() -> Vec<(&'static str, &'static str)> {
    let plan = Plan::from_seed(0);
    let mut all = invariants::Invariants::new(&plan).list();
    all.extend([
        oracle::RIGHT_ANSWER,
        oracle::ONE_VERSION,
        oracle::FAIR_FAILURE,
        world::STANDSTILL,
        world::NO_PANIC,
        SAME_TRACE,
    ]);
    all
}

const SAME_TRACE: (&str, &str) = ("same_trace", "two runs of one seed are equal byte for byte");

fn first_difference(first: &str, second: &str) -> String {
    let lines = first.lines().map(Some).chain(std::iter::repeat(None));
    let others = second.lines().map(Some).chain(std::iter::repeat(None));
    let pairs =
        lines.zip(others).enumerate().take_while(|(_, (one, other))| one.is_some() || other.is_some());
    let mut differing = pairs.filter(|(_, (one, other))| one != other);
    match differing.next() {
        Some((at, (one, other))) => {
            format!("line {}: {:?} or {:?}", at + 1, one.unwrap_or("the end"), other.unwrap_or("the end"))
        }
        None => "the traces differ".to_owned(),
    }
}
