//! What commands print: results on stdout, what happens meanwhile on stderr.

use std::io::{self, Write};

use clap::ValueEnum;
use hearth_crd::SparkApplication;
use serde::Serialize;
use serde_json::Value;

use crate::args::LogFormat;
use crate::error::Error;

/// The form of a result for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputForm {
    Json,
    Yaml,
    Name,
}

/// Writes to stdout.
pub(crate) fn print(text: &[u8]) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text).and_then(|()| stdout.flush()).map_err(stdout_error)
}

fn stdout_error(source: io::Error) -> Error {
    match source.kind() {
        io::ErrorKind::BrokenPipe => Error::ReaderGone,
        _ => Error::Stdout { source },
    }
}

/// Prints a value as JSON or YAML.
pub(crate) fn print_value(form: OutputForm, value: &impl Serialize) -> Result<(), Error> {
    let unwritable = |problem: String| Error::Stdout { source: io::Error::other(problem) };
    let value = serde_json::to_value(value).map_err(|error| unwritable(error.to_string()))?;
    let text = match form {
        OutputForm::Json => {
            serde_json::to_string_pretty(&value).map(|text| text + "\n").map_err(|error| error.to_string())
        }
        OutputForm::Yaml | OutputForm::Name => {
            serde_norway::to_string(&value).map_err(|error| error.to_string())
        }
    };
    print(text.map_err(unwritable)?.as_bytes())
}

/// Prints an application; `Name` is the form that kubectl takes.
pub(crate) fn print_application(form: OutputForm, application: &SparkApplication) -> Result<(), Error> {
    match form {
        OutputForm::Name => print(format!("{}\n", object_name(application)).as_bytes()),
        OutputForm::Json | OutputForm::Yaml => print_value(form, &clean(application)),
    }
}

/// The application as people read it: without the bookkeeping of field managers.
pub(crate) fn clean(application: &SparkApplication) -> Value {
    let mut application = application.clone();
    application.metadata.managed_fields = None;
    serde_json::to_value(&application).unwrap_or_default()
}

/// As kubectl names objects, as in `sparkapplication.sparkoperator.k8s.io/pi`.
pub(crate) fn object_name(application: &SparkApplication) -> String {
    let name = application.metadata.name.as_deref().unwrap_or_default();
    format!("sparkapplication.{}/{name}", hearth_crd::GROUP)
}

/// Tells on stderr what happens, in the form of the log lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reporter(pub(crate) LogFormat);

impl Reporter {
    /// Tells one thing.
    pub(crate) fn say(self, sentence: &str) {
        self.line("INFO", sentence, sentence);
    }

    /// Tells why the command ends with another status than 0.
    pub(crate) fn fail(self, sentence: &str) {
        self.line("ERROR", sentence, &format!("error: {sentence}"));
    }

    fn line(self, level: &str, message: &str, text: &str) {
        let line = match self.0 {
            LogFormat::Text => format!("{text}\n"),
            LogFormat::Json => format!("{}\n", serde_json::json!({ "level": level, "message": message })),
        };
        // With stderr gone there is nobody left to tell.
        io::stderr().write_all(line.as_bytes()).ok();
    }
}

/// A table with columns as wide as what is in them.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|cell| cell.chars().count())).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}\n", padded.join("   ").trim_end())
    };
    let body = rows.iter().map(|row| line(row.iter().map(String::as_str).collect()));
    std::iter::once(line(head.to_vec())).chain(body).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let rows =
            [vec!["pi".to_owned(), "RUNNING".to_owned()], vec!["word-count".to_owned(), String::new()]];
        let expected = "NAME         STATE\npi           RUNNING\nword-count\n";
        assert_eq!(table(&["NAME", "STATE"], &rows), expected);
    }
}
