//! `hearth run`: an application from its manifest, on this machine.
//!
//! Spark: `SparkSubmit`.
//! This process reads and checks; the program that it starts is the driver, which starts the executors.
//! It stays as the driver's parent: it passes signals on, and removes what the application leaves on disk,
//! however the driver ends.

mod app_dir;
mod conf;
mod driver;
mod manifest;
mod program;

use std::process::ExitCode;

use hearth_crd::{Manifest, driver_env};

pub(crate) use self::conf::{check as check_settings, parse_option as parse_setting};
pub(crate) use self::manifest::{check_assignments, read_text};

use self::app_dir::AppDir;
use self::driver::Driver;
use crate::args::{Args, RunArgs};
use crate::error::Error;

/// Runs the application to its end. The exit status is the program's.
pub(crate) fn run(run: &RunArgs, args: &Args) -> Result<ExitCode, Error> {
    let file = run.manifest.to_string_lossy();
    let text = manifest::read_text(&run.manifest, &file)?;
    let mut manifest = Manifest::parse(&text, &file)?;
    for assignment in &run.set {
        manifest.set(assignment)?;
    }
    let (application, warnings) = manifest.application()?;
    manifest::check_assignments(&warnings)?;
    manifest::check_type(&manifest, &application)?;
    manifest::check_suspend(&manifest, &application)?;
    let conf = conf::build(&manifest, &application, &run.conf)?;
    let program = program::resolve(&manifest, &application)?;
    manifest::warn(&warnings, &application);

    let arguments = if run.arguments.is_empty() {
        application.spec.arguments.iter().flatten().map(Into::into).collect()
    } else {
        run.arguments.clone()
    };
    let driver = Driver {
        program,
        arguments,
        env: driver_env(&application),
        log_level: args.log_level,
        log_format: args.log_format,
    };
    // Signals, the child and its end all come to this one thread; the driver asks the kernel to be told when
    // the thread that started it dies.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::Signals { source })?;
    runtime.block_on(async {
        let signals = driver::Signals::listen()?;
        let app_dir = AppDir::create(&conf)?;
        let ended = driver.run(&app_dir, signals, &manifest).await;
        if let Err(error) = app_dir.remove() {
            tracing::warn!("{}", hearth_types::error_chain(&error));
        }
        Ok(ExitCode::from(ended?))
    })
}
