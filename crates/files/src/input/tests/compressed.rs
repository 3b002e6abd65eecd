use super::*;
use crate::codec::Codec;
use crate::testing::{CODECS, Folder, Random, compress};
use hearth_types::error_chain;

fn name(codec: Codec) -> String {
    format!("text{}", codec.extension())
}

fn text(lines: usize) -> String {
    let mut random = Random::new(3);
    (0..lines).map(|i| format!("{i} {}\n", random.next())).collect()
}

#[test]
fn compressed_files_are_one_split_and_give_their_lines() {
    let folder = Folder::new();
    let text = text(20_000);
    let expected: Vec<&str> = text.lines().collect();
    for codec in CODECS {
        let path = folder.file(&name(codec), compress(codec, text.as_bytes()));
        let splits = text_splits(&path, 8, &InputOptions::default()).unwrap();
        assert_eq!(splits.len(), 1, "{codec}");
        assert_eq!(lines(&splits).unwrap(), expected, "{codec}");
        let mut reader = LineReader::open(&splits[0], &TextOptions::default()).unwrap();
        while reader.next().is_some() {}
        assert_eq!(reader.bytes_read(), splits[0].size, "{codec}");
    }
}

#[test]
fn members_that_follow_each_other_are_one_text() {
    let folder = Folder::new();
    for codec in CODECS {
        let data = [&b"a\nb"[..], b"", b"c\n", b"d"].map(|part| compress(codec, part)).concat();
        assert_eq!(read(&folder.file(&name(codec), data)).unwrap(), ["a", "bc", "d"], "{codec}");
    }
}

#[test]
fn truncated_files_are_errors_that_name_the_file_wherever_they_end() {
    let folder = Folder::new();
    for codec in CODECS {
        let data = compress(codec, text(300).as_bytes());
        for length in (1..data.len()).step_by(7).chain([data.len() - 1]) {
            let path = folder.file(&name(codec), &data[..length]);
            let error = read(&path).unwrap_err();
            let message = error.to_string();
            assert!(
                message.contains(&path) && message.ends_with("the file is truncated"),
                "{codec} after {length} of {}: {}",
                data.len(),
                error_chain(&error)
            );
        }
    }
}

#[test]
fn what_could_be_read_before_the_truncation_comes_first() {
    let folder = Folder::new();
    let data = compress(Codec::Gzip, text(200_000).as_bytes());
    let path = folder.file("text.gz", &data[..data.len() / 2]);
    let splits = text_splits(&path, 1, &InputOptions::default()).unwrap();
    let mut reader = LineReader::open(&splits[0], &TextOptions::default()).unwrap();
    assert!(reader.next().unwrap().unwrap().starts_with("0 "));
    assert!(reader.by_ref().any(|line| line.is_err()));
    assert!(reader.next().is_none());
}

#[test]
fn a_truncated_file_ends_early_when_corrupt_files_are_to_be_ignored() {
    let folder = Folder::new();
    let data = compress(Codec::Gzip, text(200_000).as_bytes());
    let path = folder.file("text.gz", &data[..data.len() / 2]);
    let split = text_splits(&path, 1, &InputOptions::default()).unwrap().remove(0);
    let options = TextOptions { ignore_corrupt_files: true, ..TextOptions::default() };
    let lines = LineReader::open(&split, &options).unwrap().map(Result::unwrap).count();
    assert!((50_000..150_000).contains(&lines), "{lines}");
}

#[test]
fn files_that_are_not_what_their_extension_says_are_damaged() {
    let folder = Folder::new();
    for codec in CODECS {
        let path =
            folder.file(&name(codec), "this is plain text, and long enough for any header\n".repeat(9));
        let error = read(&path).unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{codec}: {}", error_chain(&error));
        assert!(error.to_string().contains(&path));
    }
}

#[test]
fn compressions_that_are_not_supported_are_refused_before_a_task_runs() {
    let folder = Folder::new();
    let path = folder.file("text.snappy", "x");
    let error = text_splits(&path, 1, &InputOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("file:{path}: this compression is not supported; supported are gzip, bzip2 and zstd")
    );
}

/// Damages valid data in a seeded way, or makes data from nothing.
fn garbage(codec: Codec, random: &mut Random) -> Vec<u8> {
    let length = random.below(400);
    let mut data = match random.below(4) {
        0 => return random.bytes(length),
        1 => compress(codec, &random.bytes(length)),
        _ => compress(codec, "some words and lines\n".repeat(length).as_bytes()),
    };
    for _ in 0..random.below(6) {
        let at = random.below(data.len());
        match random.below(4) {
            0 => data[at] = random.bytes(1)[0],
            1 => data[at] ^= 1 << random.below(8),
            2 => data.truncate(at.max(1)),
            _ => {
                let tail = data.split_off(at);
                data.extend(random.bytes(3));
                data.extend(tail);
            }
        }
    }
    data
}

#[test]
fn garbage_never_panics_and_never_goes_on_for_ever() {
    let folder = Folder::new();
    for codec in CODECS {
        for seed in 0..400 {
            let data = garbage(codec, &mut Random::new(seed));
            let path = folder.file(&name(codec), data);
            match read(&path) {
                Ok(lines) => assert!(lines.len() < 1 << 20),
                Err(error) => assert!(error.to_string().contains(&path), "{codec}, seed {seed}: {error}"),
            }
        }
    }
}
