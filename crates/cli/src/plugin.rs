//! The same binary as a plugin of kubectl: named `kubectl-hearth` it is `kubectl hearth …`.

use std::ffi::OsStr;
use std::path::Path;

use clap::{Command, CommandFactory, FromArgMatches};

use crate::args::Args;

/// The name by which kubectl finds the plugin.
const PLUGIN: &str = "kubectl-hearth";

/// Parses the command line of this process; ends it where that is wrong, or where help is wanted.
pub(crate) fn parse() -> Args {
    let program = std::env::args_os().next().unwrap_or_default();
    let command = if is_plugin(&program) { as_plugin(Args::command()) } else { Args::command() };
    let matches = command.get_matches();
    Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

fn is_plugin(program: &OsStr) -> bool {
    Path::new(program).file_name().is_some_and(|name| name == PLUGIN)
}

/// The command as its users type it: in the usage and in the examples.
fn as_plugin(command: Command) -> Command {
    let mut command = command.bin_name("kubectl hearth");
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        command = command.mut_subcommand(name, with_examples);
    }
    with_examples(command)
}

fn with_examples(command: Command) -> Command {
    let Some(help) = command.get_after_long_help().map(ToString::to_string) else { return command };
    let help: Vec<String> = help
        .lines()
        .map(|line| match line.trim_start().strip_prefix("hearth ") {
            Some(rest) => {
                format!("{}kubectl hearth {rest}", " ".repeat(line.len() - line.trim_start().len()))
            }
            None => line.to_owned(),
        })
        .collect();
    command.after_long_help(help.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_file_makes_it_a_plugin() {
        assert!(is_plugin(OsStr::new("/usr/local/bin/kubectl-hearth")));
        assert!(!is_plugin(OsStr::new("/usr/local/bin/hearth")));
    }

    #[test]
    fn usage_and_examples_are_as_one_types_them() {
        let mut command = as_plugin(Args::command());
        command.build();
        let submit = command.find_subcommand_mut("submit").unwrap();
        let help = submit.render_long_help().to_string();
        assert!(help.contains("Usage: kubectl hearth submit"), "{help}");
        assert!(help.contains("\n    kubectl hearth submit deploy/examples/pi.yaml\n"), "{help}");
    }
}
