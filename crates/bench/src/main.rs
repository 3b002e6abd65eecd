//! Measures Hearth on the jobs that it is judged by, beside the hand-written limit and Spark.
#![expect(clippy::print_stdout, reason = "a program prints its result")]

mod jobs;

use std::time::Instant;

use hearth::prelude::*;

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let (job, data) = (args.next().unwrap_or_default(), args.next().unwrap_or_default());
    let master = args.next().unwrap_or_else(|| "local-cluster[2,1,2048]".to_owned());
    let runs: u32 = args.next().map_or(Ok(2), |text| text.parse())?;
    let sc = SparkContext::new(SparkConf::new().with("spark.app.name", "bench").with("spark.master", master))?;
    for _ in 0..runs {
        let started = Instant::now();
        let result = jobs::run(&sc, &job, &data)?;
        println!("{job} {:.3} s {result}", started.elapsed().as_secs_f64());
    }
    Ok(())
}
