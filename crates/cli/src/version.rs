//! `hearth version`.

use std::io::Write;
use std::process::ExitCode;

use crate::error::Error;

/// Prints the version, and what it follows.
pub(crate) fn print() -> Result<ExitCode, Error> {
    let text = format!(
        "hearth {}\nfollows Spark 4.3.0 and SparkApplication {}\n",
        env!("CARGO_PKG_VERSION"),
        hearth_crd::API_VERSION
    );
    std::io::stdout().write_all(text.as_bytes()).map_err(|source| Error::Stdout { source })?;
    Ok(ExitCode::SUCCESS)
}
