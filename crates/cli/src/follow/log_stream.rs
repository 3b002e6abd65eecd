//! The log of one container, copied to stdout while it grows.

use std::time::Duration;

use futures::AsyncBufReadExt;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::LogParams;
use tokio::sync::watch;
use tokio::time::timeout;

use super::log_cursor::LogCursor;
use crate::error::Error;
use crate::output;

/// How long after a connection ended the next one is tried, unless the container has ended.
const AGAIN: Duration = Duration::from_millis(500);
/// How often the end of the log of a container that ended is tried to be read.
const LAST_TRIES: u32 = 5;

/// Whose log.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) pod: String,
    pub(crate) container: &'static str,
    /// What each line begins with.
    pub(crate) prefix: String,
    /// Only so many lines of what there is already.
    pub(crate) tail: Option<i64>,
}

/// What becomes of the container whose log is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Life {
    Runs,
    Ended,
    /// Its pod is gone. Another may have the name of it, and what is read under that name is the other's log.
    Gone,
}

/// Copies the log to its end. Answers whether it got there: the log may be gone before.
pub(super) async fn follow(
    pods: Api<Pod>,
    source: Source,
    mut life: watch::Receiver<Life>,
) -> Result<bool, Error> {
    let mut cursor = LogCursor::default();
    let (mut is_whole, mut tries) = (false, 0);
    loop {
        let seen = *life.borrow_and_update();
        if seen == Life::Gone {
            return Ok(is_whole);
        }
        let is_last = seen == Life::Ended;
        match copy(&pods, &source, &mut cursor, !is_last).await? {
            Copied::Whole if is_last => return Ok(true),
            Copied::Whole => is_whole = true,
            Copied::Gone => {
                // What its program said last is about to be heard.
                life.wait_for(|life| *life != Life::Runs).await.ok();
                return Ok(is_whole);
            }
            Copied::Broken => {}
        }
        if is_last {
            tries += 1;
            if tries == LAST_TRIES {
                return Ok(false);
            }
        }
        // An error means that nobody watches any more: what there is is read for the last time.
        timeout(AGAIN, life.changed()).await.ok();
    }
}

/// Copies what there is of a log.
pub(crate) async fn copy_once(pods: &Api<Pod>, source: &Source) -> Result<bool, Error> {
    let copied = copy(pods, source, &mut LogCursor::default(), false).await?;
    Ok(matches!(copied, Copied::Whole))
}

enum Copied {
    /// To the end that the server gave it.
    Whole,
    /// The connection broke, or the container has no log yet.
    Broken,
    /// There is no such pod any more.
    Gone,
}

async fn copy(
    pods: &Api<Pod>,
    source: &Source,
    cursor: &mut LogCursor,
    follow: bool,
) -> Result<Copied, Error> {
    let since_time = cursor.reconnect();
    let tail_lines = if cursor.is_at_start() { source.tail } else { None };
    let container = Some(source.container.to_owned());
    let params =
        LogParams { container, follow, since_time, tail_lines, timestamps: true, ..LogParams::default() };
    let mut log = match pods.log_stream(&source.pod, &params).await {
        Ok(log) => log,
        Err(kube::Error::Api(status)) if status.code == 404 => return Ok(Copied::Gone),
        Err(error) => {
            tracing::debug!("read the log of {}: {error}", source.pod);
            return Ok(Copied::Broken);
        }
    };
    let mut line = Vec::new();
    loop {
        line.clear();
        match log.read_until(b'\n', &mut line).await {
            Ok(0) => return Ok(Copied::Whole),
            // Half a line comes again whole: the container has not ended yet, or the connection broke.
            Ok(_) if follow && line.last() != Some(&b'\n') => return Ok(Copied::Broken),
            Ok(_) => {}
            Err(error) => {
                tracing::debug!("read the log of {}: {error}", source.pod);
                return Ok(Copied::Broken);
            }
        }
        if let Some(text) = cursor.accept(&line) {
            if source.prefix.is_empty() {
                output::print(text)?;
            } else {
                let end: &[u8] = if text.ends_with(b"\n") { b"" } else { b"\n" };
                output::print(&[source.prefix.as_bytes(), text, end].concat())?;
            }
        }
    }
}
