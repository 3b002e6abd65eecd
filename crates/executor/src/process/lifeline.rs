//! Standard input as the tie to the driver's process. It works after `kill -9` too: the kernel closes the pipe.

use std::io::{self, BufRead, Read};
use std::thread;
use std::time::Duration;

use hearth_rpc::Bootstrap;
use tokio::sync::watch;

/// How long after the stream a dying driver's pipe may close.
const SOON: Duration = Duration::from_secs(1);
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
    cut: watch::Receiver<bool>,
}

impl Lifeline {
    /// Reads the first line and watches for the end from then on.
    pub(super) fn open() -> Result<(Bootstrap, Self), BootstrapError> {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(|source| BootstrapError::Read { source })?;
        let bootstrap = serde_json::from_str(&line).map_err(|source| BootstrapError::Parse { source })?;
        let (sender, cut) = watch::channel(false);
        let watching =
            thread::Builder::new().name("lifeline".to_owned()).stack_size(STACK).spawn(move || {
                wait_for_end(&mut io::stdin().lock());
                sender.send_replace(true);
            });
        watching.map_err(|source| BootstrapError::Watch { source })?;
        Ok((bootstrap, Self { cut }))
    }

    /// Waits for the end.
    pub(super) async fn cut(&mut self) {
        // An error says that the thread has ended, as it only does at the end of the input.
        drop(self.cut.wait_for(|cut| *cut).await);
    }

    /// Whether the end has come or comes within a moment. Blocks.
    pub(super) fn is_cut_soon(&self) -> bool {
        let end = std::time::Instant::now() + SOON;
        while !*self.cut.borrow() && std::time::Instant::now() < end {
            thread::sleep(Duration::from_millis(10));
        }
        *self.cut.borrow()
    }
}

fn wait_for_end(input: &mut impl Read) {
    let mut ignored = [0; 64];
    loop {
        match input.read(&mut ignored) {
            Ok(0) => return,
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return,
            Ok(_) | Err(_) => {}
        }
    }
}
