//! Text to work on: made from a seed, or found on every machine that has built this.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// A sequence of numbers that a seed determines (SplitMix64).
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// The sequence of a seed.
    pub fn of_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }
}

/// So many lines of words, few of which are frequent, with all kinds of white space between them.
pub fn words(seed: u64, lines: usize) -> String {
    const SPACES: [&str; 6] = [" ", "  ", "\t", "\u{b}", "\u{c}", " \t "];
    let mut numbers = Numbers::of_seed(seed);
    let mut text = String::new();
    for _ in 0..lines {
        for _ in 0..numbers.below(12) {
            let most = 1 + numbers.below(500);
            text.push_str(&format!("w{}", numbers.below(most)));
            text.push_str(SPACES[numbers.below(6) as usize]);
        }
        text.push('\n');
    }
    text
}

/// Writes the Rust sources of the cargo registry into one file until it has at least so many bytes.
///
/// Takes the sources in the order of their names, and again from the first if there are too few.
/// Leaves out files that are not UTF-8, which become another text when they are read, and files with a carriage return,
/// which ends a line here, as in Hadoop, but not in coreutils.
pub fn write_rust_sources(path: &Path, at_least: u64) {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cargo"));
    let folder = home.join("registry/src");
    let mut files = Vec::new();
    list(&folder, &mut files);
    files.sort();
    let mut out = BufWriter::new(File::create(path).unwrap());
    let mut written = 0;
    while written < at_least {
        let before = written;
        for file in &files {
            if written >= at_least {
                break;
            }
            let mut text = fs::read(file).unwrap();
            if std::str::from_utf8(&text).is_err() || text.contains(&b'\r') {
                continue;
            }
            if text.last() != Some(&b'\n') {
                text.push(b'\n');
            }
            out.write_all(&text).unwrap();
            written += text.len() as u64;
        }
        assert!(written > before, "no Rust sources in {}", folder.display());
    }
    out.flush().unwrap();
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        let path = entry.path();
        if kind.is_dir() {
            list(&path, files);
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
