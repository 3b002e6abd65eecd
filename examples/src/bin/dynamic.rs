//! Work that rises and falls: `dynamic [ROUNDS]`.
//!
//! Each round runs jobs of 1, 8, 40, 8 and 1 tasks, then does nothing for a while. With dynamic allocation executors come
//! with the waiting tasks and go when they are idle; without, the program gives the same answers.
#![expect(clippy::print_stdout, reason = "a program prints its result")]

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use hearth::ListenerEvent;
use hearth::prelude::*;

const TASKS: [u32; 5] = [1, 8, 40, 8, 1];
/// A task waits instead of computing, so that many executors show their worth on few processors.
const TASK: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_secs(6);

fn main() -> anyhow::Result<()> {
    let rounds: u32 = std::env::args().nth(1).map_or(Ok(1), |text| {
        let usage = "usage: dynamic [ROUNDS]";
        text.parse().with_context(|| format!("ROUNDS must be a whole number, not {text:?}; {usage}"))
    })?;

    let sc = SparkContext::new(SparkConf::new().with("spark.app.name", "dynamic"))?;
    let executors = Arc::new(Mutex::new(Executors::default()));
    let heard = Arc::clone(&executors);
    sc.add_spark_listener(Box::new(move |event: &ListenerEvent| {
        heard.lock().unwrap_or_else(PoisonError::into_inner).on_event(event);
    }));
    for round in 1..=rounds {
        for tasks in TASKS {
            let sum = sc.range(0, i64::from(tasks), 1, tasks).map(slow_square).sum()?;
            println!("round {round}: {tasks} tasks, sum of squares {sum}");
        }
        thread::sleep(PAUSE);
        let executors = executors.lock().unwrap_or_else(PoisonError::into_inner);
        println!("round {round}: {} executors at most, {} are left", executors.most, executors.now);
    }
    Ok(())
}

fn slow_square(n: i64) -> i64 {
    thread::sleep(TASK);
    n * n
}

/// How many executors there are, and were at the same time.
#[derive(Default)]
struct Executors {
    now: u32,
    most: u32,
}

impl Executors {
    /// Counts executors, and says when they come and go.
    fn on_event(&mut self, event: &ListenerEvent) {
        match event {
            ListenerEvent::ExecutorAdded { executor, .. } => {
                self.now += 1;
                self.most = self.most.max(self.now);
                println!("executor {executor} came");
            }
            ListenerEvent::ExecutorRemoved { executor, reason, .. } => {
                // One that came before anybody listened goes, too.
                self.now = self.now.saturating_sub(1);
                println!("executor {executor} went: {reason}");
            }
            _ => {}
        }
    }
}
