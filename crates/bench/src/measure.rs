//! Runs one job in this process and takes its time.

use std::time::Instant;

use hearth::prelude::*;

use crate::jobs;

/// One run.
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    pub(crate) result: String,
}

/// Runs a job so often in one application, as it would run in a long-lived one, and tells of each run.
pub(crate) fn job(
    job: &str,
    data: &str,
    master: &str,
    runs: u32,
    mut tell: impl FnMut(Measured),
) -> anyhow::Result<()> {
    let sc =
        SparkContext::new(SparkConf::new().with("spark.app.name", "bench").with("spark.master", master))?;
    for _ in 0..runs {
        let started = Instant::now();
        let jobs::Outcome { result, seconds } = jobs::run(&sc, job, data)?;
        tell(Measured { seconds: seconds.unwrap_or_else(|| started.elapsed().as_secs_f64()), result });
    }
    Ok(())
}
