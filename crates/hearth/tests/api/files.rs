//! Reading text and object files.

use std::fs;

use crate::support::{Random, local, message, on_both, scratch, sorted};

#[test]
fn text_file_reads_files_directories_globs_and_lists() {
    on_both(|sc| {
        let (_keep, dir) = scratch("in");
        fs::create_dir(&dir).unwrap();
        for (name, text) in [
            ("a.txt", "one\ntwo\n"),
            ("b.txt", "three"),
            ("c.log", "four\r\nfive\n"),
            (".hidden", "no\n"),
            ("_too", "no\n"),
        ] {
            fs::write(format!("{dir}/{name}"), text).unwrap();
        }
        let lines = |path: &str| sorted(sc.text_file(path, 0).unwrap().collect().unwrap());
        assert_eq!(lines(&format!("{dir}/a.txt")), ["one", "two"]);
        assert_eq!(lines(&format!("file://{dir}/b.txt")), ["three"]);
        assert_eq!(lines(&dir), ["five", "four", "one", "three", "two"]);
        assert_eq!(lines(&format!("{dir}/*.txt")), ["one", "three", "two"]);
        assert_eq!(lines(&format!("{dir}/[bc].{{txt,log}}")), ["five", "four", "three"]);
        assert_eq!(lines(&format!("{dir}/a.???,{dir}/b.txt")), ["one", "three", "two"]);
    });
}

#[test]
fn text_file_splits_a_file_at_line_ends_wherever_they_fall() {
    on_both(|sc| {
        let mut random = Random(99);
        let (_keep, path) = scratch("lines.txt");
        for last in ["", "\n"] {
            let lines: Vec<String> = (0..3_000).map(|_| random.word(40)).chain(["end".to_owned()]).collect();
            fs::write(&path, lines.join("\n") + last).unwrap();
            for splits in [1, 2, 7, 64] {
                let rdd = sc.text_file(&path, splits).unwrap();
                assert!(rdd.num_partitions() >= splits);
                assert_eq!(rdd.collect().unwrap(), lines, "{splits} splits");
            }
        }
    });
}

#[test]
fn empty_files_have_no_lines() {
    let sc = local();
    let (_keep, path) = scratch("empty");
    fs::write(&path, "").unwrap();
    assert_eq!(sc.text_file(&path, 3).unwrap().count().unwrap(), 0);
    fs::write(&path, "\n\n").unwrap();
    assert_eq!(sc.text_file(&path, 3).unwrap().collect().unwrap(), ["", ""]);
}

#[test]
fn input_that_is_not_there_is_named_at_once() {
    let sc = local();
    let (_keep, dir) = scratch("nothing");
    let missing = message(&sc.text_file(&dir, 0).unwrap_err());
    assert!(missing.contains("Input path does not exist: ") && missing.contains(&dir), "{missing}");
    let pattern = message(&sc.text_file(&format!("{dir}/*.txt"), 0).unwrap_err());
    assert!(pattern.contains("Input Pattern ") && pattern.contains(" matches 0 files"), "{pattern}");
    let whole = message(&sc.whole_text_files(&dir, 0).unwrap_err());
    assert!(whole.contains("Input path does not exist: "), "{whole}");
    sc.object_file::<u8>(&dir).unwrap_err();
}

#[test]
fn a_file_that_goes_between_listing_and_reading_fails_the_job() {
    let sc = local();
    let (_keep, path) = scratch("gone");
    fs::write(&path, "line\n").unwrap();
    let rdd = sc.text_file(&path, 1).unwrap();
    fs::remove_file(&path).unwrap();
    let error = message(&rdd.count().unwrap_err());
    assert!(error.contains(&path), "{error}");
}

#[test]
fn whole_text_files_gives_paths_and_contents() {
    on_both(|sc| {
        let (_keep, dir) = scratch("in");
        fs::create_dir(&dir).unwrap();
        let contents = ["", "one line", "two\nlines\n", "é"];
        for (at, text) in contents.iter().enumerate() {
            fs::write(format!("{dir}/{at}.txt"), text).unwrap();
        }
        let rdd = sc.whole_text_files(&dir, 2).unwrap();
        assert!(rdd.num_partitions() <= 4);
        let files = sorted(rdd.collect().unwrap());
        assert_eq!(files.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), contents);
        assert!(files[0].0.ends_with("/in/0.txt"), "{}", files[0].0);
    });
}

#[test]
fn object_file_reads_what_save_as_object_file_wrote() {
    on_both(|sc| {
        let (_keep, dir) = scratch("objects");
        let mut random = Random(3);
        let records: Vec<(String, Option<i64>)> =
            (0..10_000).map(|n| (random.word(9), (n % 3 > 0).then_some(n))).collect();
        sc.parallelize(records.clone(), 4).save_as_object_file(&dir).unwrap();
        let read = sc.object_file::<(String, Option<i64>)>(&dir).unwrap();
        assert_eq!(read.num_partitions(), 4);
        assert_eq!(read.collect().unwrap(), records);
    });
}

#[test]
fn object_file_of_nothing_and_of_units() {
    let sc = local();
    let (_keep, dir) = scratch("nothing");
    sc.parallelize(Vec::<u8>::new(), 3).save_as_object_file(&dir).unwrap();
    assert_eq!(sc.object_file::<u8>(&dir).unwrap().count().unwrap(), 0);
    let (_keep, dir) = scratch("units");
    sc.parallelize(vec![(); 9_000], 2).save_as_object_file(&dir).unwrap();
    assert_eq!(sc.object_file::<()>(&dir).unwrap().count().unwrap(), 9_000);
}

#[test]
fn object_file_of_another_type_or_damaged_fails_its_job() {
    let sc = local();
    let (_keep, dir) = scratch("objects");
    sc.range(0, 1_000, 1, 1).save_as_object_file(&dir).unwrap();
    sc.object_file::<(String, String)>(&dir).unwrap().count().unwrap_err();
    let part = format!("{dir}/part-00000");
    let mut bytes = fs::read(&part).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    fs::write(&part, bytes).unwrap();
    sc.object_file::<i64>(&dir).unwrap().count().unwrap_err();
    assert_eq!(sc.range(0, 10, 1, 2).count().unwrap(), 10, "and harms nothing else");
}
