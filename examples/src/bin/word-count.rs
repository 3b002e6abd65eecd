//! Counts the words of text files: `word-count INPUT [OUTPUT]`. Spark: `JavaWordCount`.
//!
//! INPUT is a file, a directory, which is read with all the directories below it, or a glob.
//! Words are separated by the white space of C's `isspace`.
//! With OUTPUT, saves a line `word<TAB>count` for each word there, in no order; else prints the ten most frequent
//! words as `count<TAB>word`.
#![expect(clippy::print_stdout, reason = "a program prints its result")]

use std::cmp::Reverse;

use anyhow::Context;
use hearth::prelude::*;

const RECURSIVE: &str = "spark.hadoop.mapreduce.input.fileinputformat.input.dir.recursive";

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let input = args.next().context("usage: word-count INPUT [OUTPUT]")?;
    let output = args.next();

    let sc =
        SparkContext::new(SparkConf::new().with("spark.app.name", "word-count").with(RECURSIVE, "true"))?;
    let counts = sc
        .text_file(&input, 0)?
        .flat_map(words)
        .map(|word| (word, 1u64))
        .reduce_by_key(|left, right| left + right, 0);
    match output {
        Some(output) => counts.map(|(word, count)| format!("{word}\t{count}")).save_as_text_file(&output)?,
        None => {
            let swapped = counts.map(|(word, count)| (Reverse(count), word));
            for (Reverse(count), word) in swapped.take_ordered(10)? {
                println!("{count}\t{word}");
            }
        }
    }
    Ok(())
}

/// The words of a line, one after the other.
fn words(line: String) -> impl Iterator<Item = String> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = line[at..].trim_start_matches(is_space);
        let start = line.len() - rest.len();
        at = rest.find(is_space).map_or(line.len(), |length| start + length);
        (start < at).then(|| line[start..at].to_owned())
    })
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t'..='\r')
}
