use super::*;
use crate::testing::Folder;

fn names(folder: &Folder, paths: &str, recursive: bool) -> Result<Vec<String>, Error> {
    let splits = text_splits(paths, 1, &InputOptions { recursive, ..Default::default() })?;
    let prefix = format!("file:{}/", folder.path().display());
    Ok(splits.iter().map(|split| split.path.strip_prefix(&prefix).unwrap().to_string()).collect())
}

fn tree() -> Folder {
    let folder = Folder::new();
    for name in ["a1.txt", "a2.txt", "b1.txt", "c.log", "_hidden", ".hidden", "d/x.txt", "d/y.log", "e/x.txt"]
    {
        folder.file(name, "x");
    }
    folder.file("deep/1/2/z.txt", "x");
    folder.file("deep/_skipped/z.txt", "x");
    folder.file("deep/top.txt", "x");
    folder
}

#[test]
fn globs_match_as_hadoops_do() {
    let folder = tree();
    let check = |pattern: &str, expected: &[&str]| {
        let paths = folder.at(pattern);
        assert_eq!(names(&folder, &paths, false).unwrap(), expected, "{pattern}");
    };
    check("a1.txt", &["a1.txt"]);
    check("a?.txt", &["a1.txt", "a2.txt"]);
    check("*.txt", &["a1.txt", "a2.txt", "b1.txt"]);
    check("**.txt", &["a1.txt", "a2.txt", "b1.txt"]);
    check("[ab]1.txt", &["a1.txt", "b1.txt"]);
    check("[!a]1.txt", &["b1.txt"]);
    check("[^a]1.txt", &["b1.txt"]);
    check("[a-c]*", &["a1.txt", "a2.txt", "b1.txt", "c.log"]);
    check("{a,b}1.txt", &["a1.txt", "b1.txt"]);
    check("{a{1,2},c}.{txt,log}", &["a1.txt", "a2.txt", "c.log"]);
    check("{d,e}/x.txt", &["d/x.txt", "e/x.txt"]);
    check("{d/y,e/x}.*", &["d/y.log", "e/x.txt"]);
    check("?/x.txt", &["d/x.txt", "e/x.txt"]);
    check("*/1/*/z.txt", &["deep/1/2/z.txt"]);
    check("{d,e}", &["d/x.txt", "d/y.log", "e/x.txt"]);
    check("deep/../d/./x.txt", &["d/x.txt"]);
    check(r"a\1.txt", &["a1.txt"]);
}

#[test]
fn comma_lists_keep_their_order_and_may_repeat() {
    let folder = tree();
    let paths = format!("{},{},{}", folder.at("c.log"), folder.at("{b,a}1.txt"), folder.at("c.log"));
    assert_eq!(names(&folder, &paths, false).unwrap(), ["c.log", "a1.txt", "b1.txt", "c.log"]);
    let paths = format!("file://{}", folder.at("d"));
    assert_eq!(names(&folder, &paths, false).unwrap(), ["d/x.txt", "d/y.log"]);
}

#[test]
fn directories_inside_directories_are_read_only_when_asked_for() {
    let folder = tree();
    let error = names(&folder, &folder.at("deep"), false).unwrap_err();
    assert_eq!(error.to_string(), format!("Not a file: file:{}", folder.at("deep/1")));
    assert_eq!(names(&folder, &folder.at("deep"), true).unwrap(), ["deep/1/2/z.txt", "deep/top.txt"]);
}

#[test]
fn what_does_not_exist_is_told_in_sparks_words() {
    let folder = tree();
    let sentence = |paths: &str| text_splits(paths, 1, &InputOptions::default()).unwrap_err().to_string();
    let none = folder.at("none");
    assert_eq!(sentence(&none), format!("Input path does not exist: file:{none}"));
    let pattern = folder.at("z*.txt");
    assert_eq!(sentence(&pattern), format!("Input Pattern file:{pattern} matches 0 files"));
    assert_eq!(
        sentence(&format!("{none},{},{pattern}", folder.at("c.log"))),
        format!("Input path does not exist: file:{none}\nInput Pattern file:{pattern} matches 0 files")
    );
    let hidden = folder.at("_hidden");
    assert_eq!(sentence(&hidden), format!("Input path does not exist: file:{hidden}"));
    let below_a_file = folder.at("c.log/x");
    assert_eq!(sentence(&below_a_file), format!("Input path does not exist: file:{below_a_file}"));
}

#[test]
fn wrong_patterns_and_schemes_are_named() {
    let sentence = |paths: &str| text_splits(paths, 1, &InputOptions::default()).unwrap_err().to_string();
    assert!(sentence("/x/[a").starts_with("illegal file pattern /x/[a: "));
    assert!(sentence("/x/{a").starts_with("illegal file pattern /x/{a: "));
    assert!(sentence("s3a://bucket/x").contains("the scheme `s3a` is not supported"));
    assert!(sentence("").contains("empty string"));
}

#[test]
fn links_that_lead_nowhere_are_passed_over_and_named_when_asked_for() {
    let folder = Folder::new();
    folder.file("in/a", "x");
    let link = folder.at("in/b");
    std::os::unix::fs::symlink("/nowhere/at/all", &link).unwrap();
    std::os::unix::fs::symlink(folder.at("in/a"), folder.at("in/c")).unwrap();
    assert_eq!(names(&folder, &folder.at("in"), false).unwrap(), ["in/a", "in/c"]);
    let error = text_splits(&link, 1, &InputOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), format!("Input path does not exist: file:{link}"));
}

#[test]
fn names_with_spaces_and_percent_signs_are_taken_as_they_are() {
    let folder = Folder::new();
    for name in ["a b%20c.txt", "ümläut €.txt", "x:y.txt", "#a.txt", "a#1", "a\tb"] {
        let path = folder.file(name, "found\n");
        assert_eq!(read(&path).unwrap(), ["found"], "{name}");
    }
}

#[test]
fn splits_follow_hadoops_sizes() {
    let folder = Folder::new();
    let check = |size: usize, min_partitions: u32, expected: &[u64]| {
        let path = folder.file("text", vec![b'x'; size]);
        let splits = text_splits(&path, min_partitions, &InputOptions::default()).unwrap();
        let lengths: Vec<u64> = splits.iter().map(|split| split.length).collect();
        assert_eq!(lengths, expected, "{size} bytes in {min_partitions}");
        let mut start = 0;
        for split in &splits {
            assert_eq!((split.start, split.size), (start, size as u64));
            start += split.length;
        }
    };
    check(0, 2, &[]);
    check(1, 2, &[1]);
    check(100, 1, &[100]);
    check(100, 2, &[50, 50]);
    check(101, 2, &[50, 51]);
    check(100, 3, &[33, 33, 34]);
    check(10, 4, &[2, 2, 2, 2, 2]);
    check(0, 0, &[]);
    check(70 << 20, 1, &[32 << 20, 32 << 20, 6 << 20]);
    check(34 << 20, 1, &[34 << 20]);
}

#[test]
fn least_and_largest_split_sizes_are_honoured() {
    let folder = Folder::new();
    let path = folder.file("text", vec![b'x'; 100]);
    let lengths = |options: InputOptions| -> Vec<u64> {
        text_splits(&path, 4, &options).unwrap().iter().map(|split| split.length).collect()
    };
    assert_eq!(lengths(InputOptions { min_split_size: 60, ..Default::default() }), [60, 40]);
    assert_eq!(lengths(InputOptions { max_split_size: 20, ..Default::default() }), [20; 5]);
}

#[test]
fn empty_files_are_partitions_only_if_asked_for() {
    let folder = Folder::new();
    for (name, text) in [("in/a", ""), ("in/b", "x"), ("in/c.gz", ""), ("in/d", "")] {
        folder.file(name, text);
    }
    let lengths = |ignore_empty| -> Vec<u64> {
        let options = InputOptions { ignore_empty, ..Default::default() };
        text_splits(&folder.at("in"), 1, &options).unwrap().iter().map(|split| split.length).collect()
    };
    assert_eq!(lengths(true), [1]);
    assert_eq!(lengths(false), [0, 1, 0, 0]);
}

#[test]
fn the_goal_size_is_shared_by_all_files() {
    let folder = Folder::new();
    folder.file("in/a", vec![b'x'; 90]);
    folder.file("in/b", vec![b'x'; 10]);
    folder.file("in/c", "");
    let splits = text_splits(&folder.at("in"), 4, &InputOptions::default()).unwrap();
    let lengths: Vec<u64> = splits.iter().map(|split| split.length).collect();
    assert_eq!(lengths, [25, 25, 25, 15, 10]);
}

#[test]
fn splits_travel() {
    let folder = tree();
    let splits = text_splits(&folder.at("d"), 1, &InputOptions::default()).unwrap();
    let bytes = postcard::to_stdvec(&splits).unwrap();
    assert_eq!(postcard::from_bytes::<Vec<InputSplit>>(&bytes).unwrap(), splits);
}
