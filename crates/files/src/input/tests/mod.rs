mod compressed;
mod lines;
mod paths;
mod whole;

use super::{InputOptions, InputSplit, LineReader, TextOptions, text_splits};
use crate::error::Error;

/// All lines of some splits, in order.
fn lines(splits: &[InputSplit]) -> Result<Vec<String>, Error> {
    let mut all = Vec::new();
    for split in splits {
        for line in LineReader::open(split, &TextOptions::default())? {
            all.push(line?);
        }
    }
    Ok(all)
}

fn read(path: &str) -> Result<Vec<String>, Error> {
    lines(&text_splits(path, 1, &InputOptions::default())?)
}
