//! Fetching from other executors: one stream each, all at a time, bounded by what the reader has not taken yet.
//! Spark: `ShuffleBlockFetcherIterator`'s requests, `RetryingBlockTransferor`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use hearth_types::{ExecutorId, ShuffleId, TaskId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;

use super::reader::{FetchContext, Remote};
use super::{FetchError, FetchLimits};
use crate::codec::Segment;
use crate::transfer::{CHUNK_SIZE, StreamPlan};

/// How often a waiting reader looks whether its task is to stop.
const CANCEL_PERIOD: Duration = Duration::from_millis(50);

/// What is read, for requests and messages.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) shuffle: ShuffleId,
    pub(super) reduces: Range<u32>,
}

impl Source {
    pub(super) fn error(
        &self,
        map_index: Option<u32>,
        from: Option<ExecutorId>,
        message: String,
    ) -> FetchError {
        FetchError {
            shuffle: self.shuffle,
            map_index,
            reduce: self.reduces.start,
            from,
            message,
            is_cancelled: false,
        }
    }

    pub(super) fn cancelled(&self) -> FetchError {
        FetchError { is_cancelled: true, ..self.error(None, None, "the task was told to stop".to_owned()) }
    }
}

/// One map output of another executor.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RemotePiece {
    pub(crate) map_index: u32,
    pub(crate) map_task: TaskId,
}

/// A part of a piece: whole frames, or all the rest where frames cannot be told apart.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) piece: RemotePiece,
    /// Where it begins in its piece.
    pub(crate) offset: u64,
    pub(crate) bytes: Bytes,
}

/// What arrives from one executor.
pub(crate) enum Arrival {
    /// Counted as in flight until the permit is dropped.
    Parts { parts: Vec<Part>, executor: ExecutorId, permit: OwnedSemaphorePermit },
    /// Everything of one executor has arrived.
    Done,
    /// It cannot be had.
    Failed { map_index: Option<u32>, executor: ExecutorId, message: String },
}

/// What the reader gets.
pub(super) struct Fetched {
    pub(super) map_index: u32,
    pub(super) segment: Segment,
    /// Whether it is the first part of its piece.
    pub(super) is_first: bool,
}

/// Permits for bytes that have arrived and are not read yet.
#[derive(Clone)]
struct InFlight {
    permits: Arc<Semaphore>,
    max: u32,
}

/// All streams of one reader.
pub(super) struct RemoteFetch {
    arrivals: Receiver<Arrival>,
    /// Executors that are not done.
    running: usize,
    parts: std::vec::IntoIter<Part>,
    from: ExecutorId,
    _permit: Option<OwnedSemaphorePermit>,
    addresses: BTreeMap<ExecutorId, String>,
    remote: Remote,
    limits: FetchLimits,
    streams: Vec<AbortHandle>,
    waited: Duration,
}

impl RemoteFetch {
    /// Opens the streams.
    pub(super) fn start(
        source: &Source,
        pieces: BTreeMap<ExecutorId, Vec<RemotePiece>>,
        addresses: &BTreeMap<ExecutorId, String>,
        ctx: &FetchContext,
    ) -> Result<Self, FetchError> {
        let (sender, arrivals) = crossbeam_channel::unbounded();
        let first = |pieces: &Vec<RemotePiece>| pieces.first().map(|piece| piece.map_index);
        let mut known = BTreeMap::new();
        for (&executor, pieces) in &pieces {
            let Some(address) = addresses.get(&executor).filter(|_| ctx.remote.is_some()) else {
                let message = format!("executor {executor} has no block service that this process knows");
                return Err(source.error(first(pieces), Some(executor), message));
            };
            known.insert(executor, address.clone());
        }
        let Some(remote) = ctx.remote.clone() else {
            return Err(source.error(None, None, "this process cannot reach other executors".to_owned()));
        };
        let mut fetch = Self {
            arrivals,
            running: pieces.len(),
            parts: Vec::new().into_iter(),
            from: ctx.blocks.executor(),
            _permit: None,
            addresses: known,
            remote,
            limits: ctx.limits,
            streams: Vec::new(),
            waited: Duration::ZERO,
        };
        let chunks = (ctx.limits.max_bytes_in_flight / CHUNK_SIZE as u64).clamp(1, 1 << 16) as u32;
        let in_flight = InFlight { permits: Arc::new(Semaphore::new(chunks as usize)), max: chunks };
        let open = Arc::new(Semaphore::new(chunks as usize));
        for (executor, pieces) in pieces {
            let plan = fetch.plan(source, executor, pieces, 0, in_flight.clone());
            fetch.spawn(plan, Arc::clone(&open), sender.clone());
        }
        Ok(fetch)
    }

    /// The next part, its checksums compared; fetched again once if they are wrong.
    pub(super) fn next(
        &mut self,
        source: &Source,
        cancelled: &AtomicBool,
    ) -> Result<Option<Fetched>, FetchError> {
        let Some(Part { piece, offset, bytes }) = self.next_part(source, cancelled)? else { return Ok(None) };
        let length = bytes.len();
        let segment = match Segment::verified(bytes) {
            Ok(segment) => segment,
            Err(error) => {
                tracing::warn!(
                    map_index = piece.map_index,
                    error = error.chain(),
                    "fetching a corrupt piece again"
                );
                let again = self.fetch_again(source, piece, offset, length, cancelled)?;
                Segment::verified(again)
                    .map_err(|error| source.error(Some(piece.map_index), Some(self.from), error.chain()))?
            }
        };
        Ok(Some(Fetched { map_index: piece.map_index, segment, is_first: offset == 0 }))
    }

    pub(super) fn wait_millis(&self) -> u64 {
        self.waited.as_millis() as u64
    }

    fn next_part(&mut self, source: &Source, cancelled: &AtomicBool) -> Result<Option<Part>, FetchError> {
        loop {
            if let Some(part) = self.parts.next() {
                return Ok(Some(part));
            }
            self._permit = None;
            if self.running == 0 {
                return Ok(None);
            }
            match wait(&self.arrivals, source, cancelled, &mut self.waited)? {
                Arrival::Parts { parts, executor, permit } => {
                    self.parts = parts.into_iter();
                    self.from = executor;
                    self._permit = Some(permit);
                }
                Arrival::Done => self.running -= 1,
                Arrival::Failed { map_index, executor, message } => {
                    return Err(source.error(map_index, Some(executor), message));
                }
            }
        }
    }

    /// Fetches `length` bytes of a piece from `offset` on, on a stream of its own.
    fn fetch_again(
        &mut self,
        source: &Source,
        piece: RemotePiece,
        offset: u64,
        length: usize,
        cancelled: &AtomicBool,
    ) -> Result<Bytes, FetchError> {
        let (sender, arrivals) = crossbeam_channel::unbounded();
        let in_flight = InFlight { permits: Arc::new(Semaphore::new(8)), max: 8 };
        let plan = self.plan(source, self.from, vec![piece], offset, in_flight);
        self.spawn(plan, Arc::new(Semaphore::new(1)), sender);
        let mut bytes = Vec::new();
        while bytes.len() < length {
            match wait(&arrivals, source, cancelled, &mut self.waited)? {
                Arrival::Parts { parts, .. } => {
                    parts.iter().for_each(|part| bytes.extend_from_slice(&part.bytes))
                }
                Arrival::Done => break,
                Arrival::Failed { map_index, executor, message } => {
                    return Err(source.error(map_index, Some(executor), message));
                }
            }
        }
        if let Some(stream) = self.streams.pop() {
            stream.abort();
        }
        bytes.truncate(length);
        Ok(Bytes::from(bytes))
    }

    fn plan(
        &self,
        source: &Source,
        executor: ExecutorId,
        pieces: Vec<RemotePiece>,
        skip: u64,
        in_flight: InFlight,
    ) -> StreamPlan {
        StreamPlan {
            client: self.remote.client.clone(),
            address: self.addresses.get(&executor).cloned().unwrap_or_default(),
            executor,
            shuffle: source.shuffle,
            reduces: source.reduces.clone(),
            pieces,
            skip,
            limits: self.limits,
            in_flight: in_flight.permits,
            max_in_flight: in_flight.max,
        }
    }

    fn spawn(&mut self, plan: StreamPlan, open: Arc<Semaphore>, sender: Sender<Arrival>) {
        let stream = self.remote.runtime.spawn(async move {
            let _open = open.acquire_owned().await;
            plan.run(sender).await;
        });
        self.streams.push(stream.abort_handle());
    }
}

impl Drop for RemoteFetch {
    fn drop(&mut self) {
        for stream in &self.streams {
            stream.abort();
        }
    }
}

/// Waits for what arrives next, or for the task to be cancelled.
fn wait(
    arrivals: &Receiver<Arrival>,
    source: &Source,
    cancelled: &AtomicBool,
    waited: &mut Duration,
) -> Result<Arrival, FetchError> {
    if let Ok(arrival) = arrivals.try_recv() {
        return Ok(arrival);
    }
    let started = Instant::now();
    let arrival = loop {
        if cancelled.load(Ordering::Relaxed) {
            break Err(source.cancelled());
        }
        match arrivals.recv_timeout(CANCEL_PERIOD) {
            Ok(arrival) => break Ok(arrival),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                break Err(source.error(None, None, "the process stopped fetching".to_owned()));
            }
        }
    };
    *waited += started.elapsed();
    arrival
}
