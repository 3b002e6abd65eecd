//! The simulator on the command line: `run`, `replay`, `meta`.
#![expect(clippy::print_stdout, reason = "printing is what this program does")]

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand};
use hearth_scheduler_sim::{Outcome, checked, run_once, run_twice};

/// Runs Hearth's scheduler in a simulated cluster with faults, and checks what must always hold.
///
/// Everything about a run comes from its seed: the cluster, the program, the settings, what goes wrong and when.
/// Time is virtual: a run of minutes takes about a millisecond.
#[derive(Debug, Parser)]
#[command(
    name = "sim",
    version,
    after_help = "\
Examples:
  sim run --seed 0 --count 1000          check a thousand seeds, each twice
  sim run --seed 0 --count 1000 --trace failed.txt
                                         the same; keep the trace of the first seed that fails
  sim replay --seed 17                   print all that happens with seed 17
  sim meta --seed 0 --count 100          check only that a seed always does the same

In a trace `>` is what the scheduler is told, `<` what it wants, `*` what happens elsewhere.
`s1.0/3.2 t17` is stage 1, attempt 0, partition 3, attempt 2 of the partition, task 17.
Exit status: 0 when all holds, 1 when something does not, 2 for a wrong option."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Checks seeds, each run twice; stops at the first that violates something.
    Run {
        #[command(flatten)]
        seeds: Seeds,
        /// Where to write the whole trace of a failing seed.
        #[arg(long, value_name = "FILE")]
        trace: Option<PathBuf>,
    },
    /// Prints the trace of one seed, and what it violates.
    Replay {
        /// The seed.
        #[arg(long)]
        seed: u64,
    },
    /// Runs each seed twice and compares the traces byte for byte, whatever else they violate.
    Meta {
        #[command(flatten)]
        seeds: Seeds,
    },
}

#[derive(Args, Clone, Copy, Debug)]
struct Seeds {
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How many seeds.
    #[arg(long, default_value_t = 1_000)]
    count: u64,
    /// How many to run at a time [default: one per core].
    #[arg(long)]
    threads: Option<NonZeroUsize>,
}

/// How many lines of a failing trace are shown.
const TAIL: usize = 60;

fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Run { seeds, trace } => run(seeds, trace),
        Command::Replay { seed } => Ok(replay(seed)),
        Command::Meta { seeds } => Ok(meta(seeds)),
    }
}

fn run(seeds: Seeds, trace: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let found = search(seeds, |seed| {
        let outcome = run_twice(seed);
        (outcome.events, outcome.violation.is_some())
    });
    let Some(seed) = found.first else {
        println!("{}", found.summary());
        println!("checked in every seed:");
        for (name, sentence) in checked() {
            println!("  {name:18} {sentence}");
        }
        return Ok(ExitCode::SUCCESS);
    };
    let outcome = run_twice(seed);
    println!("{}", outcome.trace.tail(TAIL));
    println!("{}", verdict(seed, &outcome));
    println!("found after {} seeds; to see all of it: sim replay --seed {seed}", seed - seeds.seed + 1);
    if let Some(path) = trace {
        std::fs::write(&path, outcome.trace.as_str())
            .with_context(|| format!("write the trace to {path:?}"))?;
    }
    Ok(ExitCode::FAILURE)
}

fn replay(seed: u64) -> ExitCode {
    let outcome = run_once(seed);
    print!("{}", outcome.trace.as_str());
    println!("{}", verdict(seed, &outcome));
    if outcome.violation.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn meta(seeds: Seeds) -> ExitCode {
    let found = search(seeds, |seed| {
        let (one, other) = (run_once(seed), run_once(seed));
        (one.events, one.trace != other.trace)
    });
    match found.first {
        Some(seed) => {
            println!("seed {seed}: two runs differ");
            ExitCode::FAILURE
        }
        None => {
            println!("{}; each gave the same trace twice", found.summary());
            ExitCode::SUCCESS
        }
    }
}

fn verdict(seed: u64, outcome: &Outcome) -> String {
    match &outcome.violation {
        Some(violation) => format!("seed {seed} violates {violation}"),
        None => format!("seed {seed}: all holds after {} events", outcome.events),
    }
}

struct Found {
    first: Option<u64>,
    count: u64,
    events: u64,
    seconds: f64,
}

impl Found {
    fn summary(&self) -> String {
        let Self { count, events, seconds, .. } = self;
        let rate = *count as f64 / seconds.max(1e-9);
        format!(
            "{count} seeds, {events} events in {seconds:.1} s: {rate:.0} seeds per second, each run twice"
        )
    }
}

/// Asks `fails` for each seed, on all cores; it says how many events there were and whether the seed fails.
/// Finds the lowest failing seed.
fn search(seeds: Seeds, fails: impl Fn(u64) -> (u64, bool) + Sync) -> Found {
    let started = Instant::now();
    let end = seeds.seed.saturating_add(seeds.count);
    let (next, first, events) = (AtomicU64::new(seeds.seed), AtomicU64::new(end), AtomicU64::new(0));
    let threads = seeds.threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first.load(Ordering::Relaxed) {
                        break;
                    }
                    let (told, failed) = fails(seed);
                    events.fetch_add(told, Ordering::Relaxed);
                    if failed {
                        first.fetch_min(seed, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let first = Some(first.into_inner()).filter(|first| *first < end);
    Found { first, count: seeds.count, events: events.into_inner(), seconds: started.elapsed().as_secs_f64() }
}
