//! Reads the pieces of one executor from one stream, and goes on where it broke. Spark: `OneForOneBlockFetcher`,
//! `RetryingBlockTransferor`.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use crossbeam_channel::Sender;
use hearth_rpc::generated::block as proto;
use hearth_types::{ExecutorId, ShuffleId};
use tokio::sync::Semaphore;

use super::CHUNK_SIZE;
use super::client::{BlockClient, describe};
use crate::codec::{Checksums, whole_frames};
use crate::shuffle::{Arrival, FetchLimits, Part, RemotePiece};

/// A piece of which so much has arrived is given out as far as it is whole frames.
const GIVE_OUT: usize = 4 << 20;

/// What to fetch from one executor.
pub(crate) struct StreamPlan {
    pub(crate) client: BlockClient,
    pub(crate) address: String,
    pub(crate) executor: ExecutorId,
    pub(crate) shuffle: ShuffleId,
    pub(crate) reduces: Range<u32>,
    pub(crate) pieces: Vec<RemotePiece>,
    /// Bytes of the first piece that are not wanted.
    pub(crate) skip: u64,
    pub(crate) limits: FetchLimits,
    /// A permit for each `CHUNK_SIZE` that has arrived and is not read yet.
    pub(crate) in_flight: Arc<Semaphore>,
    /// How many permits there are.
    pub(crate) max_in_flight: u32,
}

/// Why a stream ended before everything had arrived.
enum Broken {
    /// Another try may help.
    Connection(String),
    /// The other side does not have the piece.
    Refused(String),
    /// Nobody wants the pieces any more.
    Unwanted,
}

impl StreamPlan {
    /// Fetches everything and tells `arrivals`. Tries again after a broken connection, from where it broke; the count
    /// of tries begins anew whenever something has arrived.
    pub(crate) async fn run(self, arrivals: Sender<Arrival>) {
        let mut assembler = Assembler::new(self.pieces.clone(), self.skip);
        let mut tries = 0;
        let last = loop {
            let before = assembler.position();
            match self.stream(&mut assembler, &arrivals).await {
                Ok(()) => break Arrival::Done,
                Err(Broken::Unwanted) => return,
                Err(Broken::Refused(message)) => break self.failed(&assembler, message),
                Err(Broken::Connection(message)) => {
                    if assembler.position() != before {
                        tries = 0;
                    }
                    if tries >= self.limits.max_retries {
                        break self.failed(&assembler, message);
                    }
                    tries += 1;
                    tracing::warn!(executor = %self.executor, address = self.address, tries, message, "fetch broke");
                    tokio::time::sleep(self.limits.retry_wait).await;
                }
            }
        };
        // A reader that is gone needs no answer.
        drop(arrivals.send(last));
    }

    fn failed(&self, assembler: &Assembler, message: String) -> Arrival {
        let message = format!("fetch from executor {} at {}: {message}", self.executor, self.address);
        Arrival::Failed {
            map_index: assembler.current().map(|piece| piece.map_index),
            executor: self.executor,
            message,
        }
    }

    async fn stream(&self, assembler: &mut Assembler, arrivals: &Sender<Arrival>) -> Result<(), Broken> {
        assembler.restart();
        let request = proto::FetchShuffleRequest {
            shuffle: self.shuffle.0,
            reduce_start: self.reduces.start,
            reduce_end: self.reduces.end,
            map_tasks: assembler.missing().map(|piece| piece.map_task.0).collect(),
            skip: assembler.skip,
        };
        let mut client = self.client.service(&self.address).map_err(Broken::Connection)?;
        let call = self.in_time(client.fetch_shuffle(request)).await?;
        let mut chunks = call.into_inner();
        while assembler.current().is_some() {
            let Some(chunk) = self.in_time(chunks.message()).await? else {
                return Err(Broken::Connection("the answer ended too early".to_owned()));
            };
            let mut parts = Vec::with_capacity(chunk.lengths.len());
            let taken = assembler.take(chunk.lengths, chunk.data, &mut parts);
            if !parts.is_empty() {
                let bytes: usize = parts.iter().map(|part| part.bytes.len()).sum();
                let permits = bytes.div_ceil(CHUNK_SIZE).clamp(1, self.max_in_flight as usize) as u32;
                let in_flight = Arc::clone(&self.in_flight);
                let permit = in_flight.acquire_many_owned(permits).await.map_err(|_| Broken::Unwanted)?;
                let arrival = Arrival::Parts { parts, executor: self.executor, permit };
                arrivals.send(arrival).map_err(|_| Broken::Unwanted)?;
            }
            taken.map_err(|message| Broken::Connection(message.to_owned()))?;
            if let Some(message) = chunk.failure {
                return Err(Broken::Refused(message));
            }
        }
        Ok(())
    }

    /// A peer that is silent for too long counts as broken.
    async fn in_time<T>(&self, call: impl Future<Output = Result<T, tonic::Status>>) -> Result<T, Broken> {
        match tokio::time::timeout(self.limits.timeout, call).await {
            Ok(answer) => answer.map_err(|status| Broken::Connection(describe(&status))),
            Err(_) => Err(Broken::Connection(format!("no answer for {:?}", self.limits.timeout))),
        }
    }
}

/// Cuts chunks into pieces.
struct Assembler {
    pieces: Vec<RemotePiece>,
    /// The piece that is arriving.
    next: usize,
    /// Bytes of it that were given out, or are not wanted.
    skip: u64,
    /// Sizes of pieces that have begun, the first without what has arrived of it.
    lengths: VecDeque<u64>,
    /// What has arrived of the current piece and is not given out.
    pending: BytesMut,
}

impl Assembler {
    fn new(pieces: Vec<RemotePiece>, skip: u64) -> Self {
        Self { pieces, next: 0, skip, lengths: VecDeque::new(), pending: BytesMut::new() }
    }

    /// Forgets what was not given out, for a new stream.
    fn restart(&mut self) {
        self.lengths.clear();
        self.pending.clear();
    }

    fn missing(&self) -> impl Iterator<Item = &RemotePiece> {
        self.pieces[self.next..].iter()
    }

    fn current(&self) -> Option<RemotePiece> {
        self.pieces.get(self.next).copied()
    }

    fn position(&self) -> (usize, u64) {
        (self.next, self.skip)
    }

    /// Adds a chunk; what can be given out goes to `parts`, also before an error.
    fn take(
        &mut self,
        lengths: Vec<u64>,
        mut data: Bytes,
        parts: &mut Vec<Part>,
    ) -> Result<(), &'static str> {
        self.lengths.extend(lengths);
        if self.lengths.len() > self.pieces.len() - self.next {
            return Err("the answer has too many pieces");
        }
        while let Some(left) = self.lengths.front_mut() {
            let Some(&piece) = self.pieces.get(self.next) else {
                return Err("the answer has too many pieces");
            };
            let take = usize::try_from(*left).unwrap_or(usize::MAX).min(data.len());
            *left -= take as u64;
            let is_whole = *left == 0;
            if is_whole && self.pending.is_empty() {
                self.give_out(piece, data.split_to(take), parts);
            } else {
                if self.pending.is_empty() {
                    // All that will be held of the piece at a time, so that it need not move while it grows.
                    let rest = usize::try_from(*left).unwrap_or(usize::MAX);
                    self.pending.reserve(take.saturating_add(rest).min(GIVE_OUT + CHUNK_SIZE));
                }
                self.pending.extend_from_slice(&data[..take]);
                data.advance(take);
                let cut = if is_whole { self.pending.len() } else { self.complete_frames() };
                let bytes = self.pending.split_to(cut).freeze();
                self.give_out(piece, bytes, parts);
            }
            if !is_whole {
                break;
            }
            self.lengths.pop_front();
            self.next += 1;
            self.skip = 0;
        }
        if data.is_empty() { Ok(()) } else { Err("the answer has data that belongs to no piece") }
    }

    fn complete_frames(&self) -> usize {
        if self.pending.len() < GIVE_OUT {
            return 0;
        }
        whole_frames(&self.pending, Checksums::Ignore).unwrap_or(0)
    }

    fn give_out(&mut self, piece: RemotePiece, bytes: Bytes, parts: &mut Vec<Part>) {
        if bytes.is_empty() {
            return;
        }
        let offset = self.skip;
        self.skip += bytes.len() as u64;
        parts.push(Part { piece, offset, bytes });
    }
}
