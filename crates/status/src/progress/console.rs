//! The thread that draws the bar on stderr. Spark: `ConsoleProgressBar`'s timer.

use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{RecvTimeoutError, Sender};
use hearth_types::Timestamp;
use parking_lot::Mutex;

use super::render::{FIRST_DELAY, render_progress};
use crate::store::StatusStore;

/// The same bar is drawn again after this time, so that a remote shell does not look idle.
const REDRAW: Duration = Duration::from_secs(60);

/// Draws the progress of running stages on stderr until it is dropped or stopped.
#[derive(Debug)]
pub struct ConsoleProgress {
    screen: Arc<Mutex<Screen>>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Screen {
    last: String,
    drawn: Option<Instant>,
    finished: Option<Instant>,
}

impl ConsoleProgress {
    /// Starts to draw every `interval` (`spark.ui.consoleProgress.update.interval`) when stderr is a terminal.
    pub fn start(store: Arc<StatusStore>, interval: Duration) -> Option<Self> {
        if !std::io::stderr().is_terminal() {
            return None;
        }
        let screen = Arc::new(Mutex::new(Screen { last: String::new(), drawn: None, finished: None }));
        let (stop, stopped) = crossbeam_channel::bounded(0);
        let shared = Arc::clone(&screen);
        let thread = std::thread::Builder::new().name("console-progress".to_owned()).spawn(move || {
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                shared.lock().refresh(&store);
            }
        });
        match thread {
            Ok(thread) => Some(Self { screen, stop: Some(stop), thread: Some(thread) }),
            Err(error) => {
                tracing::warn!(%error, "no console progress: its thread cannot be started");
                None
            }
        }
    }

    /// Wipes the bar off, before the program prints; called when a job ends.
    pub fn finish_all(&self) {
        let mut screen = self.screen.lock();
        screen.clear();
        screen.finished = Some(Instant::now());
    }
}

impl Drop for ConsoleProgress {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::debug!("the console progress thread panicked");
        }
        self.screen.lock().clear();
    }
}

impl Screen {
    fn refresh(&mut self, store: &StatusStore) {
        if self.finished.is_some_and(|at| at.elapsed() < FIRST_DELAY) {
            return;
        }
        match render_progress(&store.active_stages(), now(), terminal_width()) {
            Some(bar) => {
                if bar != self.last || self.drawn.is_none_or(|at| at.elapsed() > REDRAW) {
                    write_stderr(&format!("\r{bar}\r"));
                    self.drawn = Some(Instant::now());
                    self.last = bar;
                }
            }
            None => self.clear(),
        }
    }

    fn clear(&mut self) {
        if !self.last.is_empty() {
            write_stderr(&format!("\r{}\r", " ".repeat(terminal_width())));
            self.last.clear();
        }
    }
}

fn write_stderr(text: &str) {
    let mut stderr = std::io::stderr().lock();
    if let Err(error) = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush()) {
        tracing::debug!(%error, "the terminal is gone");
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}

/// The terminal's own word, else `COLUMNS`, else 80.
fn terminal_width() -> usize {
    let asked =
        rustix::termios::tcgetwinsize(rustix::stdio::stderr()).ok().map(|size| usize::from(size.ws_col));
    let told = || std::env::var("COLUMNS").ok()?.parse().ok();
    asked.filter(|width| *width > 0).or_else(told).unwrap_or(80)
}
