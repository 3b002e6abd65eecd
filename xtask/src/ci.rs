//! What continuous integration runs, which is what a developer runs: README's test command.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};

use crate::workspace::Workspace;
use crate::{image, say, tidy};

/// One step: its name, and the command that must succeed.
struct Step {
    name: &'static str,
    arguments: &'static [&'static str],
}

const STEPS_BEFORE_TIDY: [Step; 2] = [
    Step { name: "format", arguments: &["fmt", "--all", "--check"] },
    Step { name: "clippy", arguments: &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"] },
];

const STEPS_AFTER_TIDY: [Step; 4] = [
    // The tests of real processes start these binaries, which Cargo builds for tests of the same package only.
    Step { name: "build", arguments: &["build", "--workspace"] },
    // All of them, so one run tells everything that fails.
    Step { name: "test", arguments: &["test", "--workspace", "--no-fail-fast"] },
    // Of the whole workspace, as its dependencies would be built once more with the features of this package alone.
    // The tests take turns by themselves; each thread is a test that runs or waits.
    Step {
        name: CLUSTER,
        arguments: &["test", "--workspace", "--test", "e2e", "--", "--test-threads", "32"],
    },
    Step {
        name: "simulator",
        arguments: &[
            "run",
            "--release",
            "-p",
            "hearth-scheduler-sim",
            "--",
            "run",
            "--seed",
            "0",
            "--count",
            "1000",
        ],
    },
];

/// The step of the tests in pods; in others they do nothing.
const CLUSTER: &str = "cluster";

/// Runs every step in order, until one fails.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let start = Instant::now();
    for step in &STEPS_BEFORE_TIDY {
        timed(step.name, || cargo(workspace, step))?;
    }
    timed("tidy", || tidy::run(workspace))?;
    for step in &STEPS_AFTER_TIDY {
        timed(step.name, || cargo(workspace, step))?;
    }
    // Elsewhere it would take a release build's time from a developer who did not ask for an image.
    if std::env::var_os("HEARTH_REQUIRE_CLUSTER").is_some() {
        timed("image", || image::build_if_changed(workspace))?;
    }
    say(&format!("ci: all steps passed in {:.0} s", start.elapsed().as_secs_f64()));
    Ok(())
}

fn timed(name: &str, step: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    say(&format!("ci: {name} …"));
    let start = Instant::now();
    let outcome = step();
    let seconds = start.elapsed().as_secs_f64();
    say(&format!("ci: {name} {} after {seconds:.0} s", if outcome.is_ok() { "passed" } else { "FAILED" }));
    outcome.with_context(|| format!("ci step {name}"))
}

fn cargo(workspace: &Workspace, step: &Step) -> anyhow::Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // `cargo xtask` describes itself to its children in the environment, which must not leak into the tests.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_")
            || name.to_string_lossy().starts_with("CARGO_MANIFEST_")
        {
            command.env_remove(name);
        }
    }
    if step.name != CLUSTER {
        command.env("HEARTH_CLUSTER_TESTS", "off");
    }
    let arguments = step.arguments;
    command.args(arguments).current_dir(workspace.root());
    let status = command.status().with_context(|| format!("start cargo {}", arguments.join(" ")))?;
    if !status.success() {
        bail!("cargo {}: {status}", arguments.join(" "));
    }
    Ok(())
}
