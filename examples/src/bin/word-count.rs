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

/// Partitions of the counts at most.
const MOST_PARTITIONS: u32 = 32;

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let input = args.next().context("usage: word-count INPUT [OUTPUT]")?;
    let output = args.next();

    let sc =
        SparkContext::new(SparkConf::new().with("spark.app.name", "word-count").with(RECURSIVE, "true"))?;
    let lines = sc.text_file(&input, 0)?;
    // A folder of many small files has as many partitions; the counts need fewer.
    let partitions = lines.num_partitions().min(MOST_PARTITIONS);
    let counts =
        lines.flat_map(words).map(|word| (word, 1u64)).reduce_by_key(|left, right| left + right, partitions);
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
    let mut end = 0;
    std::iter::from_fn(move || {
        let bytes = line.as_bytes();
        let start = end + bytes[end..].iter().position(|byte| !is_space(*byte))?;
        let length = bytes[start..].iter().position(|byte| is_space(*byte));
        end = length.map_or(line.len(), |length| start + length);
        Some(line[start..end].to_owned())
    })
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}
