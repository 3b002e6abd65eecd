//! Reads the pieces of reduce partitions from wherever they are. Spark: `ShuffleBlockFetcherIterator`.
//!
//! What is here comes first, while the rest is already on its way. A large piece comes in several segments of whole
//! frames, so memory stays bounded whatever a piece's size.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hearth_types::{ExecutorId, MapStatus, ShuffleId, ShuffleReadMetrics};
use tokio::runtime::Handle;

use super::FetchError;
use super::fetch::{Fetched, RemoteFetch, RemotePiece, Source};
use super::local::FileFrames;
use super::output::{MapOutput, Piece};
use crate::block::BlockManager;
use crate::codec::Segment;
use crate::transfer::BlockClient;

/// What one reduce task wants.
#[derive(Clone, Debug)]
pub struct FetchRequest<'a> {
    /// Of which shuffle.
    pub shuffle: ShuffleId,
    /// Which reduce partitions; several when partitions are coalesced.
    pub reduces: Range<u32>,
    /// Where the outputs are; the position is the map partition.
    pub outputs: &'a [Option<MapStatus>],
    /// Block services of the executors in `outputs`.
    pub addresses: &'a BTreeMap<ExecutorId, String>,
}

/// How eagerly and how patiently outputs are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// Bytes that have arrived and are not read yet (`spark.reducer.maxSizeInFlight`).
    pub max_bytes_in_flight: u64,
    /// Tries after a broken connection (`spark.shuffle.io.maxRetries`).
    pub max_retries: u32,
    /// Time between two tries (`spark.shuffle.io.retryWait`).
    pub retry_wait: Duration,
    /// A peer that sends nothing for so long counts as broken (`spark.network.timeout`).
    pub timeout: Duration,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            max_bytes_in_flight: 48 << 20,
            max_retries: 3,
            retry_wait: Duration::from_secs(5),
            timeout: Duration::from_secs(120),
        }
    }
}

/// The way to other executors.
#[derive(Clone, Debug)]
pub struct Remote {
    /// Asks them.
    pub client: BlockClient,
    /// Where the asking runs, while the task's own thread computes.
    pub runtime: Handle,
}

/// What a reader works with.
#[derive(Clone, Debug)]
pub struct FetchContext {
    /// The outputs of this process.
    pub blocks: Arc<BlockManager>,
    /// `None` where all outputs are in this process.
    pub remote: Option<Remote>,
    /// How fetching is bounded.
    pub limits: FetchLimits,
    /// Set when the task is to stop.
    pub cancelled: Arc<AtomicBool>,
}

/// Gives the pieces as (map partition, segment). A map partition may come several times, each time with other records.
/// Ends after the first error.
pub struct ShuffleReader {
    source: Source,
    own: ExecutorId,
    cancelled: Arc<AtomicBool>,
    failure: Option<FetchError>,
    local: std::vec::IntoIter<(u32, Option<Arc<MapOutput>>)>,
    open: Option<(u32, FileFrames)>,
    remote: Option<RemoteFetch>,
    metrics: ShuffleReadMetrics,
}

impl std::fmt::Debug for ShuffleReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ShuffleReader")
            .field("source", &self.source)
            .field("metrics", &self.metrics)
            .finish_non_exhaustive()
    }
}

impl ShuffleReader {
    /// Begins to fetch what is not in this process.
    pub fn new(request: &FetchRequest<'_>, ctx: FetchContext) -> Self {
        let source = Source { shuffle: request.shuffle, reduces: request.reduces.clone() };
        let own = ctx.blocks.executor();
        let mut failure = None;
        let mut local = Vec::new();
        let mut remote: BTreeMap<ExecutorId, Vec<RemotePiece>> = BTreeMap::new();
        for (map_index, status) in (0u32..).zip(request.outputs) {
            let Some(status) = status else {
                let message = format!(
                    "Missing an output location for shuffle {} partition {}",
                    source.shuffle, source.reduces.start
                );
                failure = Some(source.error(Some(map_index), None, message));
                break;
            };
            if source.reduces.clone().all(|reduce| status.sizes.size(reduce) == 0) {
                continue;
            }
            if status.executor == own {
                local.push((map_index, status.map_task));
            } else {
                let piece = RemotePiece { map_index, map_task: status.map_task };
                remote.entry(status.executor).or_default().push(piece);
            }
        }
        let remote = match (&failure, remote.is_empty()) {
            (Some(_), _) | (None, true) => None,
            (None, false) => match RemoteFetch::start(&source, remote, request.addresses, &ctx) {
                Ok(fetch) => Some(fetch),
                Err(error) => {
                    failure = Some(error);
                    None
                }
            },
        };
        let outputs = ctx.blocks.shuffles().read();
        let outputs = outputs.get(&source.shuffle);
        let local: Vec<_> = local
            .into_iter()
            .map(|(map_index, map_task)| {
                (map_index, outputs.and_then(|outputs| outputs.get(&map_task)).cloned())
            })
            .collect();
        Self {
            source,
            own,
            cancelled: ctx.cancelled,
            failure,
            local: local.into_iter(),
            open: None,
            remote,
            metrics: ShuffleReadMetrics::default(),
        }
    }

    /// What was read so far; `records_read` is for the caller to count.
    pub fn metrics(&self) -> ShuffleReadMetrics {
        let fetch_wait_millis = self.remote.as_ref().map_or(0, RemoteFetch::wait_millis);
        ShuffleReadMetrics { fetch_wait_millis, ..self.metrics }
    }

    fn next_segment(&mut self) -> Result<Option<(u32, Segment)>, FetchError> {
        if let Some(failure) = self.failure.take() {
            return Err(failure);
        }
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(self.source.cancelled());
        }
        if let Some(segment) = self.next_local()? {
            return Ok(Some(segment));
        }
        let Some(remote) = &mut self.remote else { return Ok(None) };
        let Some(Fetched { map_index, segment, is_first }) = remote.next(&self.source, &self.cancelled)?
        else {
            return Ok(None);
        };
        self.metrics.remote_blocks_fetched += u64::from(is_first);
        self.metrics.remote_bytes_read += segment.len() as u64;
        Ok(Some((map_index, segment)))
    }

    fn next_local(&mut self) -> Result<Option<(u32, Segment)>, FetchError> {
        loop {
            if let Some((map_index, file)) = &mut self.open {
                let map_index = *map_index;
                let read = file.next_segment();
                match read.map_err(|error| self.local_error(map_index, error.chain()))? {
                    Some(segment) => {
                        self.metrics.local_bytes_read += segment.len() as u64;
                        return Ok(Some((map_index, segment)));
                    }
                    None => self.open = None,
                }
            }
            let Some((map_index, output)) = self.local.next() else { return Ok(None) };
            let Range { start, end } = self.source.reduces;
            let piece = match output.map(|output| output.piece(start, end)) {
                Some(Ok(Some(piece))) => piece,
                Some(Err(error)) => return Err(self.local_error(map_index, error.chain())),
                Some(Ok(None)) | None => {
                    return Err(self.local_error(map_index, "the map output is not here any more".to_owned()));
                }
            };
            self.metrics.local_blocks_fetched += 1;
            match piece {
                Piece::Memory(bytes) if bytes.is_empty() => {}
                Piece::Memory(bytes) => {
                    self.metrics.local_bytes_read += bytes.len() as u64;
                    return Ok(Some((map_index, Segment::trusted(bytes))));
                }
                Piece::File { file, path, start, end } => {
                    self.open = Some((map_index, FileFrames::new(file, path, start, end)));
                }
            }
        }
    }

    fn local_error(&self, map_index: u32, message: String) -> FetchError {
        self.source.error(Some(map_index), Some(self.own), message)
    }
}

impl Iterator for ShuffleReader {
    type Item = Result<(u32, Segment), FetchError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.next_segment() {
            Ok(segment) => segment.map(Ok),
            Err(error) => {
                self.local = Vec::new().into_iter();
                self.open = None;
                self.remote = None;
                Some(Err(error))
            }
        }
    }
}
