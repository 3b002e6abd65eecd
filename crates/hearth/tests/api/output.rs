//! Writing text files.

use std::fs;

use crate::support::{local, message, on_both, scratch};

fn names(dir: &str) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn save_as_text_file_writes_a_part_per_partition_and_success() {
    on_both(|sc| {
        let (_keep, dir) = scratch("out");
        sc.parallelize([1, 2, 3], 4).save_as_text_file(&dir).unwrap();
        assert_eq!(names(&dir), ["_SUCCESS", "part-00000", "part-00001", "part-00002", "part-00003"]);
        let parts: Vec<String> =
            (0..4).map(|n| fs::read_to_string(format!("{dir}/part-0000{n}")).unwrap()).collect();
        assert_eq!(parts, ["", "1\n", "2\n", "3\n"]);
        assert_eq!(sc.text_file(&dir, 0).unwrap().collect().unwrap(), ["1", "2", "3"]);
    });
}

#[test]
fn an_empty_rdd_is_saved_as_success_alone() {
    let sc = local();
    let (_keep, dir) = scratch("out");
    sc.empty_rdd::<String>().save_as_text_file(&dir).unwrap();
    assert_eq!(names(&dir), ["_SUCCESS"]);
}

#[test]
fn save_as_compressed_text_file_reads_back() {
    on_both(|sc| {
        for (codec, ending) in [
            ("gzip", "gz"),
            ("bzip2", "bz2"),
            ("zstd", "zst"),
            ("org.apache.hadoop.io.compress.GzipCodec", "gz"),
        ] {
            let (_keep, dir) = scratch("out");
            let lines: Vec<String> = (0..2_000).map(|n| format!("line {n}")).collect();
            sc.parallelize(lines.clone(), 2).save_as_compressed_text_file(&dir, codec).unwrap();
            assert_eq!(names(&dir)[1], format!("part-00000.{ending}"));
            assert_eq!(sc.text_file(&dir, 0).unwrap().collect().unwrap(), lines);
        }
    });
}

#[test]
fn a_codec_that_is_not_known_is_refused() {
    let (_keep, dir) = scratch("out");
    let error = local().range(0, 3, 1, 1).save_as_compressed_text_file(&dir, "lzo").unwrap_err();
    assert!(message(&error).contains("lzo"), "{error}");
    assert!(!fs::exists(&dir).unwrap());
}

#[test]
fn a_directory_that_exists_is_not_touched() {
    let sc = local();
    let (_keep, dir) = scratch("out");
    fs::create_dir(&dir).unwrap();
    for error in
        [sc.range(0, 3, 1, 1).save_as_text_file(&dir), sc.range(0, 3, 1, 1).save_as_object_file(&dir)]
    {
        let error = message(&error.unwrap_err());
        assert!(error.contains("Output directory") && error.contains("already exists"), "{error}");
    }
    assert!(names(&dir).is_empty());
}

#[test]
fn a_job_that_fails_leaves_no_success_and_no_half_parts() {
    on_both(|sc| {
        let (_keep, dir) = scratch("out");
        let rdd = sc.range(0, 100, 1, 4).map(|n| {
            assert!(n != 99, "the last one");
            n
        });
        let error = message(&rdd.save_as_text_file(&dir).unwrap_err());
        assert!(error.contains("the last one"), "{error}");
        if fs::exists(&dir).unwrap() {
            assert!(names(&dir).is_empty(), "{:?}", names(&dir));
        }
        sc.range(0, 3, 1, 1).save_as_text_file(&dir).unwrap();
    });
}
