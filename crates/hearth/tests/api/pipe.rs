//! Records through programs of the system.

use std::fs;

use crate::support::{PATIENCE, local, message, on_both, scratch, with_conf};

#[test]
fn pipe_runs_a_program_per_partition() {
    on_both(|sc| {
        let numbers = sc.parallelize([3, 1, 2, 9, 8], 2);
        assert_eq!(numbers.pipe(["sort", "-n"]).collect().unwrap(), ["1", "3", "2", "8", "9"]);
        let counted = sc.parallelize(Vec::<i32>::new(), 2).pipe(["wc", "-l"]).collect().unwrap();
        assert_eq!(counted.iter().map(|line| line.trim()).collect::<Vec<_>>(), ["0", "0"]);
    });
}

#[test]
fn pipe_may_leave_input_unread_and_output_unread() {
    let sc = local();
    let many = sc.range(0, 300_000, 1, 2);
    assert_eq!(many.pipe(["head", "-n", "1"]).collect().unwrap(), ["0", "150000"]);
    assert_eq!(many.pipe(["cat"]).first().unwrap(), "0");
}

#[test]
fn pipe_that_fails_fails_its_task() {
    let sc = local();
    let rdd = sc.range(0, 4, 1, 1);
    let no_program: [&str; 0] = [];
    let cases = [
        (rdd.pipe(["sh", "-c", "cat >/dev/null; exit 3"]), "Subprocess exited with status 3"),
        (rdd.pipe(["/there/is/no/such/program"]), "Cannot run program \"/there/is/no/such/program\""),
        (rdd.pipe(no_program), "needs a program"),
    ];
    for (rdd, expected) in cases {
        let error = message(&rdd.collect().unwrap_err());
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn pipe_makes_input_only_as_the_program_reads_it() {
    let sc = local();
    let endless = sc.range(0, i64::MAX, 1, 1);
    assert_eq!(endless.pipe(["head", "-n", "1"]).collect().unwrap(), ["0"]);
    assert_eq!(endless.pipe(["cat"]).take(2).unwrap(), ["0", "1"]);
}

#[test]
fn pipe_feeds_a_program_to_its_end_although_it_prints_no_more() {
    let (_keep, path) = scratch("lines");
    let sc = local();
    let script = format!("exec >&-; wc -l > {path}");
    let none = sc.range(0, 200_000, 1, 1).pipe(shell(&script));
    assert_eq!(none.count().unwrap(), 0);
    assert_eq!(fs::read_to_string(path).unwrap().trim(), "200000");
}

#[test]
fn a_cancelled_pipe_gives_its_slot_back_whether_its_program_prints_or_not() {
    let sc = with_conf("local[1]", &[]);
    for program in ["yes", "sleep 1000", "exec >&-; sleep 1000"] {
        let (_keep, path) = scratch("program");
        let piped = sc.range(0, 1, 1, 1).pipe(shell(&format!("echo > {path}; {program}")));
        std::thread::scope(|scope| {
            let running = scope.spawn(move || piped.count());
            wait_until("the program runs", || fs::exists(&path).unwrap());
            sc.cancel_all_jobs();
            running.join().unwrap().unwrap_err();
        });
        assert_eq!(sc.range(0, 10, 1, 1).count().unwrap(), 10);
    }
}

#[test]
fn a_program_ends_with_the_executor_that_runs_it() {
    let (_keep, path) = scratch("program");
    let sc = with_conf("local-cluster[1,1,512]", &[]);
    let executor = sc.range(0, 1, 1, 1).map(|_| std::process::id()).first().unwrap();
    let script = format!("echo $$ > {path}.new; mv {path}.new {path}; exec sleep 1000");
    let piped = sc.range(0, 1, 1, 1).pipe(shell(&script));
    std::thread::scope(|scope| {
        let running = scope.spawn(|| piped.count());
        wait_until("the program runs", || fs::exists(&path).unwrap());
        let program = fs::read_to_string(&path).unwrap();
        let kill = std::process::Command::new("kill").args(["-9", &executor.to_string()]).status().unwrap();
        assert!(kill.success());
        wait_until("the program has ended", || !runs(program.trim()));
        sc.cancel_all_jobs();
        running.join().unwrap().unwrap_err();
    });
}

fn shell(script: &str) -> [String; 3] {
    ["sh", "-c", script].map(str::to_owned)
}

/// Whether there is such a process that is not only waiting for somebody to ask how it ended.
fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z"))
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        std::thread::yield_now();
    }
}
