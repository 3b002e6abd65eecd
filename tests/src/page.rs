//! A page of documentation that is followed word by word: its commands are run in order, and what they print is
//! compared with what the page shows.
//!
//! A block that begins with ```` ```sh ```` is run, by one shell for the whole page; the block ```` ```text ```` after
//! it is what it prints, where `…` stands for anything on one line. A block ```` ```sh cluster ```` needs a cluster and
//! is left out.

use std::path::Path;
use std::process::{Command, Stdio};

/// What parts the outputs of two blocks.
const MARK: &str = "\u{1}end of block ";

/// One block of commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its line in the page, from 1.
    pub line: usize,
    /// The commands.
    pub commands: String,
    /// What the page says that they print.
    pub shown: Option<String>,
}

/// The blocks of a page that can be run without a cluster.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut lines = page.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(language) = line.strip_prefix("```").filter(|language| !language.is_empty()) else {
            continue;
        };
        let content: String = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| *line != "```")
            .map(|line| format!("{line}\n"))
            .collect();
        match language {
            "sh" => found.push(Block { line: number + 1, commands: content, shown: None }),
            "text" => found.last_mut().unwrap().shown = Some(content),
            "sh cluster" => {}
            other => panic!("line {}: a block of {other:?} is neither run nor shown", number + 1),
        }
    }
    found
}

/// Runs the blocks in `folder`, and compares what they print. `prepare` is run before each block.
pub fn follow(blocks: &[Block], folder: &Path, prepare: &str, environment: &[(&str, String)]) {
    // With the output of a block its commands are done, so a failure is seen where it happened.
    let script: String = blocks
        .iter()
        .map(|block| format!("{prepare}\n{}printf '{MARK}%s\\n' $?\n", block.commands))
        .collect();
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("exec 2>&1\n{script}")]).current_dir(folder).stdin(Stdio::null());
    shell.envs(environment.iter().map(|(name, value)| (name, value)));
    let output = shell.output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let mut rest = output.as_str();
    for block in blocks {
        let (printed, after) =
            rest.split_once(MARK).unwrap_or_else(|| panic!("{block:?} did not end: {rest}"));
        let (status, after) = after.split_once('\n').unwrap();
        assert_eq!(status, "0", "line {}: {}{printed}", block.line, block.commands);
        if let Some(shown) = &block.shown {
            assert!(
                matches(shown, printed),
                "line {}: {}shown:\n{shown}\nprinted:\n{printed}",
                block.line,
                block.commands
            );
        }
        rest = after;
    }
}

/// Whether a text is as shown, line by line.
fn matches(shown: &str, printed: &str) -> bool {
    let (shown, printed) = (shown.trim_end(), printed.trim_end());
    shown.lines().count() == printed.lines().count()
        && shown
            .lines()
            .zip(printed.lines())
            .all(|(shown, printed)| line_matches(shown.trim_end(), printed.trim_end()))
}

fn line_matches(shown: &str, printed: &str) -> bool {
    match shown.split_once('…') {
        None => shown == printed,
        Some((before, after)) => {
            printed.len() >= before.len() + after.len()
                && printed.starts_with(before)
                && printed.ends_with(after)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_a_list_of_blocks() {
        let page = "# A\n\n```sh\ntrue\n```\ntext\n```sh\necho a\n```\n\n```text\na\n```\n```sh cluster\nfalse\n```\n";
        let expected = [
            Block { line: 3, commands: "true\n".to_owned(), shown: None },
            Block { line: 7, commands: "echo a\n".to_owned(), shown: Some("a\n".to_owned()) },
        ];
        assert_eq!(blocks(page), expected);
    }

    #[test]
    fn dots_stand_for_anything_on_a_line() {
        assert!(matches("in … s\nb\n", "in 2.1 s\nb"));
        assert!(!matches("in … s\n", "in 2.1 s\nb"));
        assert!(!matches("a…a\n", "a"));
    }

    #[test]
    #[should_panic(expected = "line 1: false")]
    fn a_command_that_fails_fails_the_page() {
        let blocks = [Block { line: 1, commands: "false\n".to_owned(), shown: None }];
        follow(&blocks, Path::new("/"), "", &[]);
    }
}
