//! Merges queued messages into batches, and takes batches apart.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::Stream;
use tonic::{Status, Streaming};

use super::merge::{Batch, Merge};
use super::{Receiver, Sender};
use crate::convert::Malformed;

/// A batch is closed when it has about so many bytes.
const TARGET: usize = 1 << 20;

/// The outgoing side of a stream: everything that is queued when the transport has room, merged.
pub(super) struct Batches<B: Batch> {
    queue: Receiver<B::Message>,
}

impl<B: Batch> Batches<B> {
    pub(super) fn new(queue: Receiver<B::Message>) -> Self {
        Self { queue }
    }
}

impl<B: Batch> fmt::Debug for Batches<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batches").finish_non_exhaustive()
    }
}

impl<B: Batch> Batches<B> {
    fn collect(&mut self, first: B::Message) -> B {
        let mut bytes = first.weight();
        let mut last = first;
        let mut done = Vec::new();
        while bytes < TARGET
            && let Ok(next) = self.queue.try_recv()
        {
            bytes += next.weight();
            if let Some(next) = last.merge(next) {
                done.push(std::mem::replace(&mut last, next).into());
            }
        }
        done.push(last.into());
        B::wrap(done)
    }
}

impl<B: Batch> Unpin for Batches<B> {}

impl<B: Batch> Stream for Batches<B> {
    type Item = B;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<B>> {
        let first = ready!(self.queue.poll_recv(cx));
        Poll::Ready(first.map(|first| self.collect(first)))
    }
}

/// Why the incoming side of a stream ended before its peer closed it.
#[derive(Debug, thiserror::Error)]
pub(super) enum StreamEnd {
    /// The connection broke, or what came was not protobuf.
    #[error("the stream broke")]
    Broken(#[source] Box<Status>),
    /// It was protobuf without sense.
    #[error("the peer sent a malformed message")]
    Malformed(#[source] Malformed),
}

/// Passes incoming messages on until the peer closes the stream or nobody wants them any more.
pub(super) async fn pump<B: Batch>(
    stream: &mut Streaming<B>,
    sender: &Sender<B::Message>,
) -> Result<(), StreamEnd> {
    loop {
        let next = tokio::select! {
            next = stream.message() => next,
            () = sender.closed() => return Ok(()),
        };
        let Some(batch) = next.map_err(|status| StreamEnd::Broken(Box::new(status)))? else { return Ok(()) };
        for message in batch.unwrap() {
            let message = message.try_into().map_err(StreamEnd::Malformed)?;
            if sender.send(message).is_err() {
                return Ok(());
            }
        }
    }
}
