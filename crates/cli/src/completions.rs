//! `hearth completions`.

use std::io::Write;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Args;
use crate::error::Error;

/// Prints the completions of a shell.
pub(crate) fn print(shell: Shell) -> Result<ExitCode, Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "hearth", &mut script);
    std::io::stdout().write_all(&script).map_err(|source| Error::Stdout { source })?;
    Ok(ExitCode::SUCCESS)
}
