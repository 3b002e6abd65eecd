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

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures::StreamExt;
    use hearth_types::{KillReason, StageId, TaskAttempt, TaskBinaryId, TaskId};

    use super::*;
    use crate::control::channel;
    use crate::generated::control as pb;
    use crate::message::{StageBinary, ToExecutor};
    use pb::to_executor::Kind;

    fn launch(binary: u64, size: usize) -> ToExecutor {
        let bytes = Bytes::from(vec![0; size]);
        ToExecutor::Launch {
            binaries: vec![StageBinary { id: TaskBinaryId(binary), bytes }],
            tasks: Vec::new(),
        }
    }

    fn kill() -> ToExecutor {
        let id =
            TaskAttempt { stage: StageId(0), stage_attempt: 0, partition: 0, attempt: 0, task: TaskId(0) };
        ToExecutor::Kill { id, reason: KillReason::StageCancelled }
    }

    /// The messages of each batch, launches as the binaries in them.
    async fn batches(messages: Vec<ToExecutor>) -> Vec<Vec<String>> {
        let (sender, queue) = channel();
        messages.into_iter().for_each(|message| sender.send(message).unwrap());
        drop(sender);
        let batches: Vec<pb::ToExecutorBatch> = Batches::new(queue).collect().await;
        let name = |message: pb::ToExecutor| match message.kind.unwrap() {
            Kind::Launch(launch) => {
                format!("{:?}", launch.binaries.iter().map(|binary| binary.id).collect::<Vec<_>>())
            }
            Kind::Kill(_) => "kill".to_owned(),
            other => panic!("{other:?}"),
        };
        batches.into_iter().map(|batch| batch.messages.into_iter().map(name).collect()).collect()
    }

    #[tokio::test]
    async fn what_is_queued_travels_together_and_in_order() {
        let queued = vec![launch(1, 0), launch(2, 0), kill(), launch(3, 0)];
        assert_eq!(batches(queued).await, [["[1, 2]", "kill", "[3]"]]);
    }

    #[tokio::test]
    async fn a_batch_is_closed_when_it_is_large() {
        let queued =
            vec![launch(1, TARGET / 2), launch(2, TARGET), launch(3, 0), launch(4, 2 * TARGET), kill()];
        assert_eq!(batches(queued).await, [vec!["[1, 2]"], vec!["[3, 4]"], vec!["kill"]]);
    }
}
