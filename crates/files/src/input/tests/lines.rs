use super::super::MAX_LINE_LENGTH_KEY;
use super::*;
use crate::testing::{Folder, Random};
use hearth_types::error_chain;

/// Lines as a reader of the whole text sees them.
fn expected(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut open = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        open = true;
        if character == '\r' || character == '\n' {
            if character == '\r' {
                characters.next_if_eq(&'\n');
            }
            lines.push(std::mem::take(&mut line));
            open = false;
        } else {
            line.push(character);
        }
    }
    if open {
        lines.push(line);
    }
    lines
}

fn random_text(random: &mut Random) -> String {
    const ENDS: [&[&str]; 4] = [&["\n"], &["\r\n"], &["\r"], &["\n", "\r\n", "\r", "\r\r\n", "\n\r"]];
    const PIECES: [&str; 8] = ["a", "bc", " ", "ü", "€", "😀", "\t", "word"];
    let ends = ENDS[random.below(ENDS.len())];
    let mut text = String::new();
    for _ in 0..random.below(12) {
        for _ in 0..random.below(5) {
            text.push_str(PIECES[random.below(PIECES.len())]);
        }
        text.push_str(ends[random.below(ends.len())]);
    }
    if random.below(2) == 0 {
        text.push_str("no end");
    }
    text
}

/// Cuts a file into splits of `size` bytes, whatever the rules for good sizes say.
fn cut(path: &str, total: u64, size: u64) -> Vec<InputSplit> {
    let whole = text_splits(path, 1, &InputOptions::default()).unwrap().remove(0);
    (0..total.div_ceil(size))
        .map(|i| InputSplit { start: i * size, length: size.min(total - i * size), ..whole.clone() })
        .collect()
}

#[test]
fn every_way_to_split_gives_the_lines_of_the_whole() {
    let folder = Folder::new();
    for seed in 0..150 {
        let text = random_text(&mut Random::new(seed));
        let path = folder.file("text", &text);
        let expected = expected(&text);
        assert_eq!(read(&path).unwrap(), expected, "seed {seed}: {text:?}");
        for size in 1..=text.len() as u64 {
            let splits = cut(&path, text.len() as u64, size);
            assert_eq!(lines(&splits).unwrap(), expected, "seed {seed}, splits of {size}: {text:?}");
        }
    }
}

#[test]
fn the_splits_of_text_splits_give_the_lines_of_the_whole() {
    let folder = Folder::new();
    for seed in 0..60 {
        let random = &mut Random::new(seed);
        let text = (0..20).map(|_| random_text(random)).collect::<String>();
        let path = folder.file("text", &text);
        for min_partitions in [1, 2, 3, 7, 50, 5000] {
            let splits = text_splits(&path, min_partitions, &InputOptions::default()).unwrap();
            assert_eq!(splits.iter().map(|split| split.length).sum::<u64>(), text.len() as u64);
            assert_eq!(lines(&splits).unwrap(), expected(&text), "seed {seed}, {min_partitions} partitions");
        }
    }
}

#[test]
fn line_ends_at_the_borders_of_what_is_read_at_once_are_seen_whole() {
    const CHUNK: usize = 256 << 10;
    let folder = Folder::new();
    for end in ["\n", "\r\n", "\r"] {
        for before in CHUNK - 3..CHUNK + 2 {
            let text = format!("{}{end}second{end}{end}last", "x".repeat(before));
            let path = folder.file("text", &text);
            assert_eq!(read(&path).unwrap(), expected(&text), "{before} bytes before {end:?}");
            for border in before as u64 - 1..before as u64 + 3 {
                let splits = cut(&path, text.len() as u64, border);
                assert_eq!(
                    lines(&splits).unwrap(),
                    expected(&text),
                    "{before} before {end:?}, cut at {border}"
                );
            }
        }
    }
}

#[test]
fn a_text_of_many_blocks_is_read_whole() {
    let folder = Folder::new();
    let mut random = Random::new(7);
    let mut text = String::new();
    while text.len() < 3 << 20 {
        let length = random.below(200);
        text.push_str(&"äb".repeat(length));
        text.push_str(["\n", "\r\n"][random.below(2)]);
    }
    let path = folder.file("text", &text);
    let expected = expected(&text);
    for min_partitions in [1, 3, 100] {
        let splits = text_splits(&path, min_partitions, &InputOptions::default()).unwrap();
        assert_eq!(lines(&splits).unwrap(), expected);
    }
}

#[test]
fn bytes_that_are_not_utf8_become_replacement_characters_and_harm_no_other_line() {
    let folder = Folder::new();
    let path = folder.file("text", b"good\nb\xFFd\n\xE2\x82\n\xED\xA0\x80\r\nl\xC3\xA4st\xC3");
    let expected = ["good", "b\u{FFFD}d", "\u{FFFD}", "\u{FFFD}", "läst\u{FFFD}"];
    assert_eq!(read(&path).unwrap(), expected);
    for size in 1..22 {
        assert_eq!(lines(&cut(&path, 22, size)).unwrap(), expected, "splits of {size}");
    }
}

#[test]
fn a_byte_order_mark_is_passed_over_at_the_beginning_only() {
    let folder = Folder::new();
    let path = folder.file("text", "\u{FEFF}first\n\u{FEFF}second\n");
    assert_eq!(read(&path).unwrap(), ["first", "\u{FEFF}second"]);
    assert_eq!(lines(&cut(&path, 16, 5)).unwrap(), ["first", "\u{FEFF}second"]);
}

#[test]
fn an_empty_file_has_no_lines() {
    let folder = Folder::new();
    assert!(read(&folder.file("empty", "")).unwrap().is_empty());
    assert_eq!(read(&folder.file("one", "\n")).unwrap(), [""]);
}

#[test]
fn a_very_long_line_is_read_once_however_it_is_split() {
    let folder = Folder::new();
    let long = "0123456789".repeat(2 << 20);
    let path = folder.file("text", format!("a\n{long}\nb\n"));
    let splits = text_splits(&path, 8, &InputOptions::default()).unwrap();
    assert_eq!(splits.len(), 8);
    let read: u64 = splits
        .iter()
        .map(|split| {
            let mut reader = LineReader::open(split, &TextOptions::default()).unwrap();
            while reader.next_line().unwrap().is_some() {}
            reader.bytes_read()
        })
        .sum();
    assert!(read < 2 * long.len() as u64 + (4 << 20), "{read} bytes read");
    let lines = lines(&splits).unwrap();
    assert_eq!((lines.len(), lines[0].as_str(), lines[2].as_str()), (3, "a", "b"));
    assert!(lines[1] == long);
}

#[test]
fn a_line_over_the_limit_is_an_error_that_names_file_place_and_key() {
    let folder = Folder::new();
    let options = TextOptions { max_line_length: 10, ..TextOptions::default() };
    for text in ["ab\n0123456789x\nrest\n".to_string(), format!("ab\n{}", "x".repeat(1 << 20))] {
        let path = folder.file("text", text);
        let split = text_splits(&path, 1, &InputOptions::default()).unwrap().remove(0);
        let mut reader = LineReader::open(&split, &options).unwrap();
        assert_eq!(reader.next().unwrap().unwrap(), "ab");
        let error = reader.next().unwrap().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "file:{path}: the line at byte 3 is longer than 10 bytes; raise {MAX_LINE_LENGTH_KEY} to read it"
            )
        );
        assert!(!error.is_retryable());
        assert!(reader.next().is_none());
    }
    let path = folder.file("text", "0123456789\r\n0123456789");
    let split = text_splits(&path, 1, &InputOptions::default()).unwrap().remove(0);
    assert_eq!(LineReader::open(&split, &options).unwrap().filter_map(Result::ok).count(), 2);
}

#[test]
fn bytes_read_are_counted() {
    let folder = Folder::new();
    let path = folder.file("text", "a\nb\n");
    let split = text_splits(&path, 1, &InputOptions::default()).unwrap().remove(0);
    let mut reader = LineReader::open(&split, &TextOptions::default()).unwrap();
    while reader.next().is_some() {}
    assert_eq!(reader.bytes_read(), 4);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = Folder::new();
    let path = folder.file("text", "a\n");
    let split = text_splits(&path, 1, &InputOptions::default()).unwrap().remove(0);
    std::fs::remove_file(&path).unwrap();
    let error = LineReader::open(&split, &TextOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), format!("file:{path} is not there, or is not a file"));
    std::fs::create_dir(&path).unwrap();
    let error = LineReader::open(&split, &TextOptions::default()).unwrap_err();
    assert!(
        error_chain(&error).contains(&path) && error_chain(&error).contains("directory"),
        "{}",
        error_chain(&error)
    );
}

#[test]
fn a_file_that_became_shorter_is_named() {
    let folder = Folder::new();
    let path = folder.file("text", "0123456789");
    let splits = cut(&path, 10, 5);
    std::fs::write(&path, "012").unwrap();
    let error = LineReader::open(&splits[1], &TextOptions::default()).unwrap_err().to_string();
    assert!(error.contains(&path) && error.contains("shorter than 5 bytes"), "{error}");
}

#[test]
fn a_store_without_local_files_is_read_through_its_stream() {
    use crate::store::Location;
    let text = (0..1000).map(|i| format!("line {i}\r\n")).collect::<String>();
    Location::parse("memory:/lines/text").unwrap().put(text.clone().into()).unwrap();
    for min_partitions in [1, 7] {
        let splits = text_splits("memory:/lines", min_partitions, &InputOptions::default()).unwrap();
        assert_eq!(splits.len(), min_partitions as usize);
        assert_eq!(lines(&splits).unwrap(), expected(&text));
    }
}
