use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{OutputJob, TaskOutput};
use crate::codec::Codec;
use crate::error::Error;
use crate::store::{Location, Status};
use crate::testing::{CODECS, Folder};
use crate::{InputOptions, LineReader, TextOptions, text_splits};
use hearth_types::error_chain;

/// Runs a test on files of this machine and on a store that knows only objects.
fn on_each_store(test: impl Fn(&str)) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let folder = Folder::new();
    test(&format!("file:{}", folder.at("out")));
    test(&format!("memory:/output/{}", NEXT.fetch_add(1, Ordering::Relaxed)));
}

fn write(job: &OutputJob, partition: u32, attempt: u64, text: &str) -> TaskOutput {
    let mut output = TaskOutput::open(job, partition, attempt).unwrap();
    output.write_all(text.as_bytes()).unwrap();
    output
}

/// All files below a directory, with their sizes.
fn files(dir: &str) -> Vec<String> {
    fn walk(location: &Location, prefix: &str, found: &mut Vec<String>) {
        for entry in location.list().unwrap().unwrap_or_default() {
            let name = format!("{prefix}{}", entry.location.name());
            match entry.status {
                Status::File { size } => found.push(format!("{name} {size}")),
                Status::Directory => walk(&entry.location, &format!("{name}/"), found),
            }
        }
    }
    let mut found = Vec::new();
    walk(&Location::parse(dir).unwrap(), "", &mut found);
    found
}

fn exists(dir: &str) -> bool {
    Location::parse(dir).unwrap().status().unwrap().is_some()
}

#[test]
fn a_job_leaves_its_parts_and_the_success_file_and_nothing_else() {
    on_each_store(|dir| {
        let job = OutputJob::setup(dir, None).unwrap();
        assert_eq!(job.dir(), dir);
        for partition in [2, 0, 1] {
            let mut task = write(&job, partition, u64::from(partition), &"x\n".repeat(partition as usize));
            task.close().unwrap();
            assert_eq!(task.bytes_written(), 2 * u64::from(partition));
            task.commit().unwrap();
            task.commit().unwrap();
        }
        assert!(!files(dir).iter().any(|file| file.starts_with("part-")), "{:?}", files(dir));
        job.commit(3).unwrap();
        assert_eq!(files(dir), ["_SUCCESS 0", "part-00000 0", "part-00001 2", "part-00002 4"]);
        job.commit(3).unwrap();
        job.abort().unwrap();
        assert_eq!(files(dir), ["_SUCCESS 0", "part-00000 0", "part-00001 2", "part-00002 4"]);
    });
}

#[test]
fn of_two_attempts_only_the_committed_one_is_seen() {
    on_each_store(|dir| {
        let job = OutputJob::setup(dir, None).unwrap();
        let loser = write(&job, 0, 1, "loser");
        let mut winner = write(&job, 0, 2, "winner!");
        let mut closed_loser = write(&job, 0, 3, "late");
        closed_loser.close().unwrap();
        winner.commit().unwrap();
        drop(loser);
        closed_loser.abort().unwrap();
        drop(winner);
        job.commit(1).unwrap();
        assert_eq!(files(dir), ["_SUCCESS 0", "part-00000 7"]);
    });
}

#[test]
fn an_attempt_that_is_dropped_leaves_nothing() {
    on_each_store(|dir| {
        let job = OutputJob::setup(dir, None).unwrap();
        let before = files(dir);
        drop(write(&job, 0, 1, &"x".repeat(1 << 20)));
        let mut closed = write(&job, 0, 2, "x");
        closed.close().unwrap();
        drop(closed);
        assert_eq!(files(dir), before);
    });
}

#[test]
fn a_crashed_attempt_leaves_no_part_beside_the_success_file() {
    on_each_store(|dir| {
        let job = OutputJob::setup(dir, None).unwrap();
        std::mem::forget(write(&job, 0, 1, &"half".repeat(1 << 20)));
        let mut closed = write(&job, 0, 2, "complete but not allowed to commit");
        closed.close().unwrap();
        std::mem::forget(closed);
        write(&job, 0, 3, "good").commit().unwrap();
        job.commit(1).unwrap();
        assert_eq!(files(dir), ["_SUCCESS 0", "part-00000 4"]);
    });
}

#[test]
fn a_part_that_nobody_committed_stops_the_job() {
    on_each_store(|dir| {
        let job = OutputJob::setup(dir, None).unwrap();
        write(&job, 0, 1, "good").commit().unwrap();
        let error = job.commit(2).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("output job of {dir}: part part-00001 was not committed by any task")
        );
        assert!(!exists(&format!("{dir}/_SUCCESS")));
        job.abort().unwrap();
        assert!(!exists(dir));
        job.abort().unwrap();
        assert!(matches!(job.commit(2), Err(Error::JobNotOpen { .. })));
    });
}

#[test]
fn a_commit_that_was_interrupted_goes_on_where_it_stopped() {
    on_each_store(|dir| {
        let job = OutputJob::setup(dir, None).unwrap();
        for partition in 0..3 {
            write(&job, partition, u64::from(partition), "x").commit().unwrap();
        }
        // What a driver that dies between two moves leaves behind.
        let out = Location::parse(dir).unwrap();
        super::names::committed_task(&out, job.id(), 1).rename_file(&out.child("part-00001")).unwrap();
        job.commit(3).unwrap();
        assert_eq!(files(dir), ["_SUCCESS 0", "part-00000 1", "part-00001 1", "part-00002 1"]);
    });
}

#[test]
fn an_abort_after_half_a_commit_takes_the_moved_parts_back() {
    on_each_store(|dir| {
        let job = OutputJob::setup(dir, None).unwrap();
        write(&job, 0, 0, "x").commit().unwrap();
        Location::parse(dir).unwrap().child("part-00001").put("y".into()).unwrap();
        job.abort().unwrap();
        assert!(!exists(dir));
    });
}

#[test]
fn an_abort_keeps_what_is_not_the_jobs() {
    let folder = Folder::new();
    let dir = folder.at("out");
    let job = OutputJob::setup(&dir, None).unwrap();
    folder.file("out/notes.txt", "mine");
    job.abort().unwrap();
    assert_eq!(files(&dir), ["notes.txt 4"]);
}

#[test]
fn an_existing_directory_is_refused_in_sparks_words() {
    on_each_store(|dir| {
        let job = OutputJob::setup(dir, None).unwrap();
        let error = OutputJob::setup(dir, None).unwrap_err();
        assert_eq!(error.to_string(), format!("Output directory {dir} already exists"));
        job.commit(0).unwrap();
        assert!(matches!(OutputJob::setup(dir, None), Err(Error::OutputExists { .. })));
    });
    let folder = Folder::new();
    assert!(matches!(OutputJob::setup(&folder.directory("empty"), None), Err(Error::OutputExists { .. })));
    assert!(matches!(OutputJob::setup(&folder.file("file", ""), None), Err(Error::OutputExists { .. })));
    let below = folder.at("file/out");
    assert!(error_chain(&OutputJob::setup(&below, None).unwrap_err()).contains(&below));
}

#[test]
fn attempts_that_come_after_the_end_are_refused_and_leave_nothing() {
    on_each_store(|dir| {
        let job = OutputJob::setup(dir, None).unwrap();
        write(&job, 0, 1, "good").commit().unwrap();
        let mut late = write(&job, 0, 2, "late");
        let mut late_and_closed = write(&job, 0, 3, "late");
        late_and_closed.close().unwrap();
        job.commit(1).unwrap();
        assert!(late.commit().is_err());
        assert!(late_and_closed.commit().is_err());
        assert!(matches!(TaskOutput::open(&job, 0, 4), Err(Error::JobNotOpen { .. })));
        drop((late, late_and_closed));
        assert_eq!(files(dir), ["_SUCCESS 0", "part-00000 4"]);
    });
}

#[test]
fn an_attempt_that_saw_the_job_open_and_comes_after_its_end_leaves_nothing() {
    on_each_store(|dir| {
        let late = |job: &OutputJob| {
            let open = TaskOutput::create(job, Location::parse(dir).unwrap(), 0, 2);
            assert!(matches!(open, Err(Error::JobNotOpen { .. })));
        };
        let aborted = OutputJob::setup(dir, None).unwrap();
        aborted.abort().unwrap();
        late(&aborted);
        assert!(!exists(dir));

        let committed = OutputJob::setup(dir, None).unwrap();
        let mut at_work = write(&committed, 0, 1, "good");
        late(&aborted);
        at_work.commit().unwrap();
        committed.commit(1).unwrap();
        late(&committed);
        assert_eq!(files(dir), ["_SUCCESS 0", "part-00000 4"]);
    });
    let folder = Folder::new();
    let job = OutputJob::setup(&folder.at("out"), None).unwrap();
    write(&job, 0, 1, "good").commit().unwrap();
    job.commit(1).unwrap();
    drop(TaskOutput::create(&job, Location::parse(job.dir()).unwrap(), 0, 2));
    assert!(!folder.path().join("out/_temporary").exists());
}

#[test]
fn parts_are_compressed_and_read_back() {
    let text: String = (0..50_000).map(|i| format!("line {i}\n")).collect();
    for codec in CODECS {
        on_each_store(|dir| {
            let job = OutputJob::setup(dir, Some(codec)).unwrap();
            let mut task = TaskOutput::open(&job, 0, 9).unwrap();
            for line in text.split_inclusive('\n') {
                task.write_all(line.as_bytes()).unwrap();
            }
            task.commit().unwrap();
            assert!(task.bytes_written() < text.len() as u64 / 2);
            job.commit(1).unwrap();
            assert_eq!(job.part_name(0), format!("part-00000{}", codec.extension()));
            let splits = text_splits(dir, 1, &InputOptions::default()).unwrap();
            let lines = LineReader::open(&splits[0], &TextOptions::default()).unwrap();
            assert!(lines.map(Result::unwrap).eq(text.lines()), "{codec}");
        });
    }
}

#[test]
fn codecs_have_hadoops_names_and_short_ones() {
    for (name, codec) in [
        ("org.apache.hadoop.io.compress.GzipCodec", Codec::Gzip),
        ("org.apache.hadoop.io.compress.BZip2Codec", Codec::Bzip2),
        ("org.apache.hadoop.io.compress.ZStandardCodec", Codec::Zstd),
        ("GzipCodec", Codec::Gzip),
        ("gzip", Codec::Gzip),
        ("bz2", Codec::Bzip2),
        ("zstd", Codec::Zstd),
    ] {
        assert_eq!(Codec::by_name(name).unwrap(), codec, "{name}");
    }
    let error = Codec::by_name("org.apache.hadoop.io.compress.SnappyCodec").unwrap_err();
    assert!(error.to_string().contains("SnappyCodec: this compression is not supported"));
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let folder = Folder::new();
    let job = OutputJob::setup(&folder.at("out"), None).unwrap();
    let blocked = folder.path().join("out/_temporary/0/_temporary");
    std::fs::write(&blocked, "a file where a directory should be").unwrap();
    let error = TaskOutput::open(&job, 0, 1).unwrap_err();
    assert!(error_chain(&error).contains(blocked.to_str().unwrap()), "{}", error_chain(&error));
}

#[test]
fn a_part_that_cannot_be_closed_is_an_error_that_names_it() {
    let folder = Folder::new();
    let job = OutputJob::setup(&folder.at("out"), None).unwrap();
    let mut task = write(&job, 0, 1, "x");
    std::fs::remove_dir_all(folder.path().join("out/_temporary")).unwrap();
    let error = task.close().unwrap_err();
    assert!(error_chain(&error).contains("_m_000000_1"), "{}", error_chain(&error));
    assert!(task.write(b"more").is_err());
    assert!(task.commit().is_err());
}

/// Runs itself again in a process that may not write long files, which is how a full disk looks to it.
#[test]
fn a_full_disk_fails_the_attempt_and_names_its_file() {
    const CHILD: &str = "HEARTH_FILES_TEST_FULL_DISK";
    if let Ok(dir) = std::env::var(CHILD) {
        let job = OutputJob::setup(&dir, None).unwrap();
        let before = files(&dir);
        let mut task = TaskOutput::open(&job, 0, 1).unwrap();
        let error = (0..).find_map(|_| task.write_all(&[b'x'; 10_000]).err()).unwrap();
        let error = Error::from_io("write", "", error);
        assert!(error.to_string().starts_with("write file:/") && error_chain(&error).contains("_m_000000_1"));
        assert!(error.is_retryable());
        assert!(task.write(b"more").is_err());
        assert!(task.commit().is_err());
        drop(task);
        assert_eq!(files(&dir), before);
        return;
    }
    let folder = Folder::new();
    let status = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "output::tests::a_full_disk_fails_the_attempt_and_names_its_file"])
        .env(CHILD, folder.at("out"))
        .output()
        .unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
    assert!(folder.path().join("out").exists(), "the child ran the test");
}

#[test]
fn all_of_it_works_on_the_thread_of_an_asynchronous_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        on_each_store(|dir| {
            let job = OutputJob::setup(dir, None).unwrap();
            drop(write(&job, 0, 0, "dropped"));
            write(&job, 0, 1, "a\nb\n").commit().unwrap();
            job.commit(1).unwrap();
            let splits = text_splits(dir, 1, &InputOptions::default()).unwrap();
            let lines = LineReader::open(&splits[0], &TextOptions::default()).unwrap();
            assert_eq!(lines.map(Result::unwrap).collect::<Vec<_>>(), ["a", "b"]);
        });
    });
}

#[test]
fn a_job_travels() {
    let folder = Folder::new();
    let job = OutputJob::setup(&folder.at("out"), Some(Codec::Gzip)).unwrap();
    let copy: OutputJob = postcard::from_bytes(&postcard::to_stdvec(&job).unwrap()).unwrap();
    assert_eq!(copy, job);
    write(&copy, 0, 1, "x").commit().unwrap();
    job.commit(1).unwrap();
}
