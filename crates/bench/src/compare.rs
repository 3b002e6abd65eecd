//! Jobs beside their peers: who runs what, in which order, and the table.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use clap::Args;

const MASTER: &str = "local-cluster[2,1,2048]";

/// What to compare with.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// Folder that holds words.txt, sort.txt and edges.txt.
    #[arg(long)]
    data: PathBuf,
    /// The hand-written program.
    #[arg(long)]
    limit: Option<PathBuf>,
    /// The script that runs the jobs on Spark.
    #[arg(long)]
    spark: Option<PathBuf>,
    /// Only these jobs.
    #[arg(long, value_delimiter = ',')]
    jobs: Vec<String>,
    /// Pairs of runs per job; the least time of each side counts.
    #[arg(long, default_value_t = 3)]
    runs: u32,
}

/// A job, its name in the hand-written program if it is there, and the allowed ratio to it.
struct Job {
    name: &'static str,
    limit: Option<(&'static str, f64)>,
}

const JOBS: [Job; 8] = [
    Job { name: "wordcount", limit: Some(("wordcount", 1.6)) },
    Job { name: "sort10m", limit: Some(("sort", 2.5)) },
    Job { name: "shuffle1000x1000", limit: Some(("shuffle", 6.0)) },
    Job { name: "pagerank10", limit: Some(("pagerank", 2.0)) },
    Job { name: "kmeans10", limit: Some(("kmeans", 1.4)) },
    Job { name: "tasks20k", limit: None },
    Job { name: "tasks1m", limit: None },
    Job { name: "jobs200x2", limit: None },
];

impl Compare {
    #[expect(clippy::print_stdout, reason = "a program prints its result")]
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        println!("| job | Hearth s | limit s | × limit | aim | Spark s | Spark × Hearth |");
        println!("|---|---|---|---|---|---|---|");
        for job in
            JOBS.iter().filter(|job| self.jobs.is_empty() || self.jobs.iter().any(|name| name == job.name))
        {
            let mut ours = Times::default();
            let mut limit = Times::default();
            for _ in 0..self.runs {
                ours.add(&self.ours(job.name)?);
                if let (Some(program), Some((name, _))) = (&self.limit, job.limit) {
                    limit.add(&[limit_seconds(program, name, &self.data)?]);
                }
            }
            // Spark has no job of a million tasks: it would take a quarter of an hour.
            let spark = match &self.spark {
                Some(script) if job.name != "tasks1m" => Times(spark_seconds(script, job.name)?),
                Some(_) | None => Times::default(),
            };
            let ratio = |over: Option<f64>, under: Option<f64>| Some(over? / under?);
            println!(
                "| {} | {} | {} | {} | {} | {} | {} |",
                job.name,
                show(ours.least()),
                show(limit.least()),
                show(ratio(ours.least(), limit.least())),
                show(job.limit.map(|(_, aim)| aim)),
                show(spark.least()),
                show(ratio(spark.least(), ours.least())),
            );
        }
        Ok(())
    }

    fn ours(&self, job: &str) -> anyhow::Result<Vec<f64>> {
        let program = std::env::current_exe().context("find this program")?;
        let output =
            Command::new(program).arg("job").arg(job).arg(&self.data).args(["--master", MASTER]).output()?;
        seconds(&output, job, |line| line.strip_prefix(job)?.trim_start().split(' ').next()?.parse().ok())
    }
}

#[derive(Default)]
struct Times(Vec<f64>);

impl Times {
    fn add(&mut self, more: &[f64]) {
        self.0.extend(more);
    }

    fn least(&self) -> Option<f64> {
        self.0.iter().copied().reduce(f64::min)
    }
}

fn show(figure: Option<f64>) -> String {
    figure.map_or_else(|| "–".to_owned(), |figure| format!("{figure:.2}"))
}

/// The hand-written program prints `JOB 1.234 s RESULT`; for k-means the iterations go to stderr, as Spark's do.
fn limit_seconds(program: &Path, job: &str, data: &Path) -> anyhow::Result<f64> {
    let output = Command::new(program).arg(job).arg(data).arg("2").output().context("run the limit")?;
    if job == "kmeans" {
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        let line = text.lines().find_map(|line| line.strip_prefix("iterate ")?.parse().ok());
        return line.context("no iteration time from the limit");
    }
    let found =
        seconds(&output, job, |line| line.strip_prefix(job)?.trim_start().split(' ').next()?.parse().ok())?;
    found.first().copied().context("no time from the limit")
}

/// Spark's program prints a line of JSON per run.
fn spark_seconds(script: &Path, job: &str) -> anyhow::Result<Vec<f64>> {
    let output = Command::new(script).args([MASTER, job, "2"]).output().context("run Spark")?;
    seconds(&output, job, |line| {
        let row: serde_json::Value = serde_json::from_str(line).ok()?;
        if row["job"] == job { row["s"].as_f64() } else { None }
    })
}

fn seconds(
    output: &std::process::Output,
    job: &str,
    parse: impl Fn(&str) -> Option<f64>,
) -> anyhow::Result<Vec<f64>> {
    let text = String::from_utf8_lossy(&output.stdout);
    let found: Vec<f64> = text.lines().filter_map(parse).collect();
    if !output.status.success() || found.is_empty() {
        bail!("{job}: {}\n{text}{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    Ok(found)
}
