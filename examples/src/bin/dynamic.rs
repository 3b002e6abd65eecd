//! Work that rises and falls: `dynamic [ROUNDS]`.
//!
//! Each round runs jobs of 1, 8, 32, 8 and 1 tasks, then does nothing for a while. With dynamic allocation executors come
//! with the waiting tasks and go when they are idle; without, the program gives the same answers.
#![expect(clippy::print_stdout, reason = "a program prints its result")]

use std::thread;
use std::time::Duration;

use hearth::ListenerEvent;
use hearth::prelude::*;

const TASKS: [u32; 5] = [1, 8, 32, 8, 1];
/// A task waits instead of computing, so that many executors show their worth on few processors.
const TASK: Duration = Duration::from_millis(200);
const PAUSE: Duration = Duration::from_secs(3);

fn main() -> anyhow::Result<()> {
    let rounds: u32 = std::env::args().nth(1).map_or(Ok(1), |text| text.parse())?;

    let sc = SparkContext::new(SparkConf::new().with("spark.app.name", "dynamic"))?;
    sc.add_spark_listener(Box::new(report));
    for round in 1..=rounds {
        for tasks in TASKS {
            let sum = sc.range(0, i64::from(tasks), 1, tasks).map(slow_square).sum()?;
            println!("round {round}: {tasks} tasks, sum of squares {sum}");
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

fn slow_square(n: i64) -> i64 {
    thread::sleep(TASK);
    n * n
}

/// Says when executors come and go.
fn report(event: &ListenerEvent) {
    match event {
        ListenerEvent::ExecutorAdded { executor, .. } => println!("executor {executor} came"),
        ListenerEvent::ExecutorRemoved { executor, reason, .. } => {
            println!("executor {executor} went: {reason}")
        }
        _ => {}
    }
}
