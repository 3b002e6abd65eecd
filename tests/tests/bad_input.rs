//! Input that is missing, unreadable, broken, too large, too small or uneven: one sentence that names it, or the right
//! answer; and nothing is left.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use hearth_tests::faults::PATIENCE;
use hearth_tests::{App, Ended, wait_until};

fn scenario<const N: usize>(arguments: [&str; N]) -> App {
    App::new(env!("CARGO_BIN_EXE_scenario")).args(arguments)
}

/// Runs it, checks that it failed with this, that it says so in Spark's words where a task failed, and that nothing is
/// left.
fn refused(app: &App, sentence: &str) -> Ended {
    let ended = app.run().failed_with(sentence);
    assert_eq!(ended.stdout(), "");
    app.assert_nothing_left();
    ended
}

fn failed_job(app: &App, sentence: &str) {
    let ended = refused(app, sentence);
    assert!(ended.stderr.contains("Job aborted due to stage failure: Task "), "{}", ended.stderr);
}

fn answers(app: &App, expected: &str) {
    assert_eq!(app.run().good().stdout(), expected);
    app.assert_nothing_left();
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn an_input_that_does_not_exist() {
    let app = scenario(["count", "none/*.txt,no-file"]);
    app.write("none/a.csv", "");
    let here = app.path("").display().to_string();
    let here = here.trim_end_matches('/');
    let ended = refused(&app, &format!("Input path does not exist: file:{here}/no-file"));
    let pattern = format!("Input Pattern file:{here}/none/*.txt matches 0 files");
    assert!(ended.stderr.contains(&pattern), "{}", ended.stderr);
}

#[test]
fn the_examples_say_what_is_missing() {
    App::manifest("word-count")
        .args(["/no/such/file"])
        .run()
        .failed_with("Input path does not exist: file:/no/such/file");
    App::example("sort").run().failed_with("usage: sort INPUT OUTPUT");
    let wrong = [
        ("k-means", &["points", "two"][..], "K must be a whole number, not \"two\"; usage: k-means INPUT K"),
        (
            "page-rank",
            &["edges", "-1"],
            "ITERATIONS must be a whole number, not \"-1\"; usage: page-rank EDGES",
        ),
        ("transitive-closure", &["1.5"], "PARTITIONS must be a whole number, not \"1.5\"; usage:"),
        ("dynamic", &[""], "ROUNDS must be a whole number, not \"\"; usage: dynamic [ROUNDS]"),
    ];
    for (example, args, sentence) in wrong {
        App::example(example).args(args).run().failed_with(sentence);
    }
}

#[test]
fn a_truncated_gz() {
    let app = scenario(["count", "text.gz"]);
    let whole = gzip("a line\n".repeat(100_000).as_bytes());
    app.write("text.gz", &whole[..whole.len() / 2]);
    failed_job(&app, "text.gz: the gzip data ends before its end mark after");
    app.write("text.gz", &whole);
    answers(&app, "100000\n");
}

#[test]
fn bytes_that_are_not_utf_8_become_the_replacement_character() {
    let app = scenario(["text", "text"]);
    app.write("text", b"caf\xe9\nok\n\xff\xfe\n");
    answers(&app, "caf\u{fffd}\nok\n\u{fffd}\u{fffd}\n");
}

/// 64 MiB here, to spare the machine; nothing in the way of a line knows the number.
#[test]
fn a_very_long_line_is_read_or_refused_by_the_limit() {
    const LONG: usize = 64 << 20;
    let app = scenario(["lengths", "text"]);
    app.write("text", ["x".repeat(LONG).as_bytes(), b"\nshort\n"].concat());
    answers(&app, &format!("{LONG}\n5\n"));
    let limited = scenario(["lengths", "text"]).conf("spark.hearth.text.maxLineLength", "1m");
    fs::rename(app.path("text"), limited.path("text")).unwrap();
    failed_job(
        &limited,
        "text: the line at byte 0 is longer than 1048576 bytes; raise spark.hearth.text.maxLineLength",
    );
}

#[test]
fn an_output_directory_that_exists() {
    let app = scenario(["save", "out"]);
    fs::create_dir(app.path("out")).unwrap();
    refused(&app, "out already exists");
}

#[test]
fn an_output_directory_that_cannot_be_made() {
    let app = scenario(["save", "file/out"]);
    app.write("file", "not a directory");
    refused(&app, "file/out");
}

#[test]
fn a_closure_that_panics_in_one_record_out_of_a_million() {
    let app = scenario(["panic"]);
    let ended = refused(
        &app,
        "Job aborted due to stage failure: Task 6 in stage 0.0 failed 4 times, most recent failure: Lost task 6.3",
    );
    for part in ["(127.0.0.1 executor ", "failing.rs:", "record 777777 is not to my taste", "choosy"] {
        assert!(ended.stderr.contains(part), "no {part:?} in {}", ended.stderr);
    }
    let local = scenario(["panic"]).conf("spark.master", "local[2]");
    refused(&local, "Task 6 in stage 0.0 failed 1 times, most recent failure: Lost task 6.0");
}

#[test]
fn records_that_do_not_deserialise() {
    let app = scenario(["other-records", "out"]);
    failed_job(&app, "out/part-0000");
}

#[test]
fn an_empty_rdd_through_every_action() {
    let app = scenario(["empty"]);
    let ended = app.run().good();
    let expected = [
        ("collect", "[]"),
        ("count", "0"),
        ("count_by_value", "{}"),
        ("is_empty", "true"),
        ("take", "[]"),
        ("top", "[]"),
        ("take_ordered", "[]"),
        ("take_sample", "[]"),
        ("fold", "0"),
        ("aggregate", "0"),
        ("tree_aggregate", "0"),
        ("sum", "0.0"),
        ("stats", "0"),
        ("lookup", "[]"),
        ("count_by_key", "{}"),
        ("collect_as_map", "{}"),
        ("to_local_iterator", "0"),
        ("run_job", "[]"),
        ("sort_by_key", "[]"),
        ("group_by_key", "[]"),
        ("join", "[]"),
        ("zip_with_index", "[]"),
        ("reduce", "empty collection"),
        ("tree_reduce", "empty collection"),
        ("first", "empty collection"),
        ("max", "empty collection"),
        ("min", "empty collection"),
    ];
    let lines = |partitions: &str| -> Vec<String> {
        expected.iter().map(|(action, result)| format!("{partitions} {action} {result}")).collect()
    };
    let expected: Vec<String> = ["none", "some"].iter().flat_map(|partitions| lines(partitions)).collect();
    assert_eq!(ended.stdout().lines().collect::<Vec<_>>(), expected);
}

#[test]
fn no_partitions() {
    answers(
        &scenario(["no-partitions"]),
        "2 partitions, 10 records\n0 partitions, 0 records\n0 records after a shuffle\n",
    );
}

#[test]
fn a_hundred_thousand_partitions() {
    answers(&scenario(["partitions", "100000"]), "1000 records\n100 keys in 100000 partitions\n");
}

#[test]
fn a_result_larger_than_the_limit() {
    let app = scenario(["large-result", "300000"]).conf("spark.driver.maxResultSize", "1m");
    let sentence = "is bigger than spark.driver.maxResultSize (1024.0 KiB)";
    let ended = refused(&app, sentence);
    assert!(ended.stderr.contains("Total size of serialized results of"), "{}", ended.stderr);
    answers(&scenario(["large-result", "3000000"]), "8 results\n");
}

#[test]
fn a_key_with_nine_tenths_of_all_rows() {
    // The sum of the numbers below 400,000 without those that 10 divides.
    let sum: i64 = (0..400_000).filter(|n| n % 10 != 0).sum();
    let expected = format!(
        "40001 keys, [{sum}] in the large one\n[360000] rows of the large one\n360001 rows joined\n\
         400000 rows sorted from -1\n"
    );
    answers(&scenario(["skewed"]), &expected);
}

#[test]
fn a_file_that_may_not_be_read() {
    let app = scenario(["count", "in"]);
    let file = app.write("in/secret", "a\n");
    fs::set_permissions(&file, Permissions::from_mode(0o000)).unwrap();
    // Nothing is hidden from root.
    let app = if is_root() { app.as_nobody() } else { app };
    failed_job(&app, "in/secret: Permission denied");
}

#[test]
fn an_input_whose_file_is_a_loop_of_links() {
    let app = scenario(["count", "in/loop"]);
    fs::create_dir(app.path("in")).unwrap();
    std::os::unix::fs::symlink("loop", app.path("in/loop")).unwrap();
    refused(&app, "in/loop");
}

#[test]
fn temporary_files_that_cannot_be_written() {
    let app = scenario(["count", "text"]).conf("spark.local.dir", "/proc/hearth");
    app.write("text", "a\n");
    refused(&app, "make a directory in /proc/hearth");
}

#[test]
fn a_port_in_use() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let ended = refused(&scenario(["no-partitions"]).conf("spark.driver.port", &port), "spark.driver.port");
    assert!(ended.stderr.contains(&port) && ended.stderr.contains("in use"), "{}", ended.stderr);
}

/// Root makes a tiny file system of its own, which only the application sees full.
#[test]
fn a_full_disk() {
    let app = scenario(["skewed"]).conf("spark.hearth.shuffle.maxInMemorySize", "0");
    let disk = app.path("disk");
    fs::create_dir(&disk).unwrap();
    let app = app.conf("spark.local.dir", disk.to_str().unwrap());
    let _mounted = match Mounted::tiny(&disk) {
        Some(mounted) => mounted,
        // Only root may mount; others see the whole disk.
        None => return assert!(!is_root(), "mount a tmpfs"),
    };
    let ended = app.run().failed_with("Job aborted due to stage failure: ");
    assert!(ended.stderr.contains("No space left on device"), "{}", ended.stderr);
    assert!(ended.stderr.contains(disk.to_str().unwrap()), "{}", ended.stderr);
    wait_until(PATIENCE, "the disk is empty", || app.entries("disk").is_empty());
    app.assert_nothing_left();
}

/// A file system in memory, unmounted when it is dropped.
struct Mounted(std::path::PathBuf);

impl Mounted {
    fn tiny(at: &std::path::Path) -> Option<Self> {
        let mut mount = std::process::Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=256k", "tmpfs"]).arg(at);
        let status = mount.stderr(std::process::Stdio::null()).status().ok()?;
        status.success().then(|| Self(at.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let status = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
        assert!(status.is_ok_and(|status| status.success()), "unmount {}", self.0.display());
    }
}
