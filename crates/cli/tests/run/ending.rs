//! Ends other than the program's own: signals to `hearth run` and to the driver.

use rustix::process::Signal;

use crate::harness::{App, send};

/// A driver that says its process id and ends with 7 when it is interrupted. Its child keeps nothing open that a test reads.
const POLITE: &str = "trap 'kill $!; exit 7' INT\nsleep 1000 >/dev/null 2>&1 &\necho $$\nwait";
/// A driver that cannot be interrupted.
const STUBBORN: &str = "trap '' INT TERM\necho $$\nread line";

#[test]
fn an_interrupt_ends_the_driver_and_the_status_is_130() {
    let app = App::new(POLITE);
    let started = app.start();
    started.signal(Signal::INT);
    let ended = started.end();
    assert_eq!((ended.status, ended.stderr.as_str()), (130, ""), "it ended by itself");
    app.assert_nothing_left();
}

#[test]
fn a_driver_that_does_not_end_is_killed() {
    let app = App::new(STUBBORN);
    let started = app.start();
    started.signal(Signal::INT);
    let ended = started.end();
    assert_eq!(ended.status, 130);
    assert!(ended.stderr.contains("the driver did not end after the interrupt"), "{}", ended.stderr);
    app.assert_nothing_left();
}

#[test]
fn a_termination_is_passed_on_as_an_interrupt_and_the_status_is_143() {
    let app = App::new(POLITE);
    let started = app.start();
    started.signal(Signal::TERM);
    assert_eq!(started.end().status, 143);
    app.assert_nothing_left();
}

#[test]
fn a_driver_that_is_killed_leaves_nothing_behind() {
    let app = App::new("echo data > \"$HEARTH_APP_DIR/block\"\necho $$\nread line");
    let started = app.start();
    send(started.first_line.parse().unwrap(), Signal::KILL);
    assert_eq!(started.end().status, 137);
    app.assert_nothing_left();
}

#[test]
fn a_driver_that_a_signal_ends_gives_its_number() {
    let app = App::new("kill -TERM $$");
    assert_eq!(app.run(&[]).status, 143);
}

#[test]
fn a_driver_that_removes_its_directory_is_no_error() {
    let app = App::new("rm -r \"$HEARTH_APP_DIR\"");
    app.run(&[]).good();
    app.assert_nothing_left();
}

#[test]
fn the_run_goes_on_as_long_as_the_driver() {
    let app = App::new("echo ready\nread line\nexit 5");
    let mut started = app.start();
    assert_eq!(started.first_line, "ready");
    started.write_line();
    assert_eq!(started.end().status, 5);
}
