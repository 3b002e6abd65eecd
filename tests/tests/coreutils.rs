//! `word-count`, `sort` and `join` against `sort`, `uniq` and `join` of coreutils with `LC_ALL=C`, byte for byte, on 100 MB
//! of real text.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use hearth_tests::{App, text};

const SIZE: u64 = 100 << 20;
const CLUSTER: &str = "local-cluster[2,1,1024]";

/// The text, written once for all tests.
fn real_text() -> &'static Path {
    static TEXT: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = TEXT.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("text");
        text::write_rust_sources(&path, SIZE);
        (directory, path)
    });
    path
}

/// What a pipe of coreutils makes, in a file of the application's directory.
fn shell(app: &App, script: &str, arguments: &[&Path]) -> Vec<u8> {
    let output = Command::new("sh")
        .args(["-e", "-c", script, "sh"])
        .args(arguments)
        .current_dir(app.path(""))
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Fails with the first line that differs, not with 100 MB.
fn assert_same(ours: &[u8], expected: &[u8]) {
    assert!(!expected.is_empty());
    if ours == expected {
        return;
    }
    let both = ours.split(|byte| *byte == b'\n').zip(expected.split(|byte| *byte == b'\n'));
    let (line, (ours, expected)) = both.enumerate().find(|(_, (ours, expected))| ours != expected).unwrap();
    panic!(
        "line {line}: {:?} instead of {:?}",
        String::from_utf8_lossy(ours),
        String::from_utf8_lossy(expected)
    );
}

#[test]
fn word_count_counts_as_sort_and_uniq_do() {
    const COUNT: &str =
        "tr -s '[:space:]' '\\n' < $1 | sed '/^$/d' | sort | uniq -c | sed 's/^ *//; s/ /\\t/' > counts
        cat counts";
    let app = App::example("word-count").args([real_text(), Path::new("out")]).conf("spark.master", CLUSTER);
    app.run().good();
    let counted = app.saved("out");
    app.write("counted", counted);
    let ours = shell(&app, "sort counted", &[]);
    let expected =
        shell(&app, &format!("{COUNT} | sed 's/\\([^\\t]*\\)\\t\\(.*\\)/\\2\\t\\1/' | sort"), &[real_text()]);
    assert_same(&ours, &expected);

    let most = App::example("word-count").args([real_text()]).conf("spark.master", CLUSTER).run().good();
    assert_same(&most.stdout, &shell(&app, "sort -k1,1nr -k2 counts | head -n 10", &[]));
}

#[test]
fn sort_sorts_as_sort_does() {
    let app = App::example("sort").args([real_text(), Path::new("out")]).conf("spark.master", CLUSTER);
    app.run().good();
    assert!(app.parts("out").len() > 1);
    assert_same(&app.saved("out"), &shell(&app, "sort $1", &[real_text()]));
}

/// Each line of the text with its number and a word of it as key; the keys of the second file are every third of them.
#[test]
fn join_joins_as_join_does() {
    const MAKE: &str = "awk '{ print $1 \"\\t\" NR \"\\t\" $0 }' $1 | tr -d '\\0' > left
        awk 'NR % 997 == 0 { print $1 \"\\t\" $2 \"\\t\" NR }' $1 | tr -d '\\0' | sort -u -t '\t' -k 1,1 > right
        sort -t '\t' -k 1,1 left > left.sorted
        join -t '\t' left.sorted right > joined";
    let app = App::example("join").args(["left", "right", "out"]).conf("spark.master", CLUSTER);
    shell(&app, MAKE, &[real_text()]);
    app.run().good();
    let expected = std::fs::read(app.path("joined")).unwrap();
    assert!(expected.len() > 10 << 20, "only {} bytes", expected.len());
    assert_same(&app.saved("out"), &expected);
}
