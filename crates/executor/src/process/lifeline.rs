//! Standard input as the tie to the driver's process. It works after `kill -9` too: the kernel closes the pipe.

use std::io::{self, BufRead};
use std::thread;
use std::time::Duration;

use hearth_rpc::Bootstrap;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use tokio::sync::oneshot;

/// The lifeline's thread only reads.
const STACK: usize = 128 << 10;

/// Why standard input does not say what to do.
#[derive(Debug, thiserror::Error)]
pub(super) enum BootstrapError {
    /// It cannot be read.
    #[error("read standard input")]
    Read { source: io::Error },
    /// Its first line is not a bootstrap.
    #[error("an executor is started by a driver, which says what to do on standard input")]
    Parse { source: serde_json::Error },
    /// There is no thread to watch it.
    #[error("watch standard input")]
    Watch { source: io::Error },
}

/// Notices when standard input ends.
pub(super) struct Lifeline {
    /// Nothing is ever sent: it closes.
    cut: oneshot::Receiver<()>,
}

impl Lifeline {
    /// Reads the first line and watches for the end from then on: on a thread, so that nothing can be in the way.
    pub(super) fn open() -> Result<(Bootstrap, Self), BootstrapError> {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(|source| BootstrapError::Read { source })?;
        let bootstrap = serde_json::from_str(&line).map_err(|source| BootstrapError::Parse { source })?;
        let (end, cut) = oneshot::channel();
        let watch = move || {
            // An error is an end as well.
            drop(io::copy(&mut io::stdin().lock(), &mut io::sink()));
            drop(end);
        };
        let watching = thread::Builder::new().name("lifeline".to_owned()).stack_size(STACK).spawn(watch);
        watching.map_err(|source| BootstrapError::Watch { source })?;
        Ok((bootstrap, Self { cut }))
    }

    /// Waits for the end.
    pub(super) async fn cut(&mut self) {
        drop((&mut self.cut).await);
    }
}

/// Whether standard input has ended or ends within this time. Blocks.
pub(super) fn is_cut_within(wait: Duration) -> bool {
    let input = io::stdin();
    let wait = Timespec::try_from(wait).ok();
    // The hang-up is told without being asked for.
    let mut ends = [PollFd::new(&input, PollFlags::empty())];
    retry_on_intr(|| poll(&mut ends, wait.as_ref())).is_ok_and(|ended| ended > 0)
}
