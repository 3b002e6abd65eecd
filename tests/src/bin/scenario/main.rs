//! Programs for the tests that no example is: `scenario NAME [ARGUMENT]…`.
#![expect(clippy::print_stdout, reason = "a program prints its result")]
#![expect(clippy::panic, reason = "what a test asks for")]

mod empty;
mod failing;
mod gated;
mod network;
mod rounds;
mod running;
mod sizes;

use hearth::prelude::*;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["count", input] => sizes::count(&start()?, input),
        ["lengths", input] => sizes::lengths(&start()?, input),
        ["text", input] => sizes::text(&start()?, input),
        ["empty"] => empty::every_action(&start()?),
        ["no-partitions"] => sizes::no_partitions(&start()?),
        ["partitions", count] => sizes::partitions(&start()?, count.parse()?),
        ["large-result", bytes] => sizes::large_result(&start()?, bytes.parse()?),
        ["skewed"] => sizes::skewed(&start()?),
        ["save", output] => sizes::save(&start()?, output),
        ["panic"] => failing::panic_in_one_record(&start()?),
        ["panic-while-saving", output] => failing::panic_while_saving(&start()?, output),
        ["panic-handled"] => failing::panic_handled(&start()?),
        ["other-records", directory] => failing::other_records(&start()?, directory),
        ["exit", status] => running::exit(&start()?, status.parse()?),
        ["exit-in-a-task", status] => running::exit_in_a_task(&start()?, status.parse()?),
        ["forget"] => running::forget(start()?),
        ["terminate"] => running::terminate(&start()?),
        ["rounds", count] => rounds::rounds(&start()?, count.parse()?),
        ["memory"] => rounds::memory(),
        ["executor-memory"] => rounds::executor_memory(&start()?),
        ["abort"] => std::process::abort(),
        ["wait", dir] => running::wait(&start()?, dir),
        ["orphan", dir] => running::orphan(dir),
        ["gated", notes] => gated::two_stages(&start()?, notes),
        ["gated-once", notes] => gated::one_job(&start()?, notes),
        ["gated-twice", notes] => gated::two_jobs(&start()?, notes),
        ["exchange", notes] => network::exchange(&start()?, notes),
        ["stay"] => network::stay(),
        ["connect", ref addresses @ ..] => network::connect(addresses),
        _ => anyhow::bail!("no scenario {arguments:?}"),
    }
}

fn start() -> hearth::Result<SparkContext> {
    SparkContext::new(SparkConf::new().with("spark.app.name", "scenario"))
}
