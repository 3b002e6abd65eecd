//! The table.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::Args;
use crate::applications::Times;
use crate::nodes::Counts;
use crate::operator::Usage;

pub(crate) fn print(
    args: &Args,
    times: &Times,
    start: Instant,
    pods: &Counts,
    usage: Option<(Usage, Usage)>,
    requests: Option<&BTreeMap<String, f64>>,
) {
    let count = args.applications as f64;
    let seconds = |duration: &Duration| duration.as_secs_f64();
    let last = |list: &[Duration]| list.last().map(seconds).unwrap_or_default();
    println!("| what | measured |");
    println!("|---|---|");
    println!(
        "| applications | {} with {} executors, {} failed |",
        args.applications, args.executors, times.failed
    );
    println!("| created | in {:.1} s |", seconds(&times.created));
    println!("| driver pods | {} |", pods.drivers);
    println!("| executor pods | {} |", pods.executors);
    let drivers = pods.last_driver.map(|last| (last - start).as_secs_f64()).unwrap_or_default();
    println!("| driver pods created, per minute | {:.0} |", 60.0 * count / drivers);
    println!("| submitted, per minute | {:.0} |", 60.0 * count / last(&times.submitted));
    println!("| completed, per minute | {:.0} |", 60.0 * count / last(&times.ended));
    if let Some((before, after)) = usage {
        let cpu = (after.cpu - before.cpu).as_secs_f64() * 1000.0 / count;
        println!("| operator CPU per application | {cpu:.2} ms |");
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        println!("| operator memory before | {:.0} MiB |", mib(before.memory));
        println!(
            "| operator memory after | {:.0} MiB, at most {:.0} MiB |",
            mib(after.memory),
            mib(after.peak_memory)
        );
    }
    if let Some(requests) = requests {
        let all: f64 = requests.values().sum();
        let is_pod =
            |labels: &str| labels.contains("resource=\"pods\"") && labels.contains("verb=\"create\"");
        let pods: f64 = requests.iter().filter(|(labels, _)| is_pod(labels)).map(|(_, count)| count).sum();
        println!("| requests to the API server per application | {:.2} |", all / count);
        println!("| beside the creation of its pods | {:.2} |", (all - pods) / count);
        for (labels, requests) in requests {
            println!("| {} | {:.2} |", labels.replace('|', " "), requests / count);
        }
    }
}
