//! Measures Hearth on the jobs that it is judged by, beside the hand-written limit and Spark where they are at hand.
//!
//! Each figure is taken in a process of its own, ours and theirs in turn, so that a machine that others share does the
//! least harm to the ratio.
#![expect(clippy::print_stdout, reason = "a program prints its result")]

mod compare;
mod jobs;
mod measure;
mod memory;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Benchmarks of Hearth.
#[derive(Debug, Parser)]
#[command(name = "hearth-bench", version, after_help = EXAMPLES)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  hearth-bench compare --data DATA --limit LIMIT        every job beside the limit, with ratios
  hearth-bench compare --data DATA --spark SPARK.sh     beside Spark
  hearth-bench job wordcount DATA                       one job, twice
  hearth-bench job tasks20k                             a job without data
DATA is the folder that holds words.txt, sort.txt and edges.txt.
LIMIT is the hand-written program; it is called as `LIMIT JOB DATA 2`.
SPARK.sh runs the same jobs on Spark; it is called as `SPARK.sh MASTER JOB RUNS`.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run jobs beside their peers and print a table of ratios.
    Compare(compare::Compare),
    /// Run one job in this process and print its time and result.
    Job {
        /// Its name: tasks20k, tasks1m, jobs200x2, shuffle1000x1000, wordcount, sort10m, pagerank10, kmeans10.
        job: String,
        /// Folder of the data.
        #[arg(default_value = ".")]
        data: PathBuf,
        /// Where it runs.
        #[arg(long, default_value = "local-cluster[2,1,2048]")]
        master: String,
        /// How often.
        #[arg(long, default_value_t = 2)]
        runs: u32,
    },
    /// Print the resident memory of an idle executor, and of the driver after a million tasks.
    Memory,
}

fn main() -> anyhow::Result<()> {
    match Args::parse().command {
        Command::Compare(compare) => compare.run(),
        Command::Job { job, data, master, runs } => {
            measure::job(&job, &data.display().to_string(), &master, runs, |measured| {
                println!("{job} {:.3} s {}", measured.seconds, measured.result);
            })
        }
        Command::Memory => memory::report(),
    }
}
