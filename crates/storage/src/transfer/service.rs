//! Serves blocks to other executors and to the driver. Spark: `NettyBlockRpcServer`.

use std::sync::Arc;

use bytes::Bytes;
use hearth_rpc::generated::block as proto;
use hearth_types::{BlockId, BroadcastId, RddId, ShuffleId, TaskId};
use proto::blocks_server::{Blocks, BlocksServer};
use proto::fetch_block_request::Block;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::CHUNK_SIZE;
use crate::block::BlockManager;
use crate::shuffle::{MapOutput, Piece};
use crate::{Error, Result};

/// How many chunks wait for a slow reader.
const QUEUE: usize = 2;

/// How many pieces may begin in one chunk.
const MAX_PIECES: usize = 64 * 1024;

/// The block service of one process.
#[derive(Clone, Debug)]
pub struct BlockService {
    blocks: Arc<BlockManager>,
}

impl BlockService {
    /// Serves what is in `blocks`.
    pub fn new(blocks: Arc<BlockManager>) -> Self {
        Self { blocks }
    }

    /// For a tonic server.
    pub fn into_server(self) -> BlocksServer<Self> {
        BlocksServer::new(self)
    }
}

type Chunks<T> = ReceiverStream<Result<T, Status>>;

#[tonic::async_trait]
impl Blocks for BlockService {
    type FetchShuffleStream = Chunks<proto::ShuffleChunk>;
    type FetchBlockStream = Chunks<proto::BlockChunk>;

    async fn fetch_shuffle(
        &self,
        request: Request<proto::FetchShuffleRequest>,
    ) -> Result<Response<Self::FetchShuffleStream>, Status> {
        let request = request.into_inner();
        if request.reduce_start >= request.reduce_end {
            return Err(Status::invalid_argument("no reduce partition is asked for"));
        }
        let blocks = Arc::clone(&self.blocks);
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::task::spawn_blocking(move || send_pieces(&blocks, &request, sender));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn fetch_block(
        &self,
        request: Request<proto::FetchBlockRequest>,
    ) -> Result<Response<Self::FetchBlockStream>, Status> {
        let name = match request.into_inner().block {
            Some(Block::Rdd(block)) => BlockId::Rdd { rdd: RddId(block.rdd), partition: block.partition },
            Some(Block::Broadcast(id)) => BlockId::Broadcast(BroadcastId(id)),
            Some(Block::TaskResult(task)) => BlockId::TaskResult(TaskId(task)),
            None => return Err(Status::invalid_argument("no block is asked for")),
        };
        let blocks = Arc::clone(&self.blocks);
        let (sender, receiver) = mpsc::channel(QUEUE);
        tokio::task::spawn_blocking(move || send_block(&blocks, name, &sender));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

/// The reader is gone.
struct Gone;

fn send_block(
    blocks: &BlockManager,
    name: BlockId,
    sender: &mpsc::Sender<Result<proto::BlockChunk, Status>>,
) {
    let mut data = match blocks.get_bytes(name) {
        Ok(found) => found,
        Err(error) => {
            // A reader that is gone needs no answer.
            drop(sender.blocking_send(Err(Status::internal(error.chain()))));
            return;
        }
    };
    let found = data.is_some();
    let mut data = data.take().unwrap_or_default();
    let (size, checksum) = (data.len() as u64, crc32fast::hash(&data));
    let mut head = Some(proto::BlockHead { found, size, checksum });
    while head.is_some() || !data.is_empty() {
        let chunk = proto::BlockChunk { head: head.take(), data: data.split_to(data.len().min(CHUNK_SIZE)) };
        if sender.blocking_send(Ok(chunk)).is_err() {
            return;
        }
    }
}

fn send_pieces(
    blocks: &BlockManager,
    request: &proto::FetchShuffleRequest,
    sender: mpsc::Sender<Result<proto::ShuffleChunk, Status>>,
) {
    let outputs: Vec<Option<Arc<MapOutput>>> = {
        let shuffles = blocks.shuffles().read();
        let shuffle = shuffles.get(&ShuffleId(request.shuffle));
        let find = |task: &u64| shuffle.and_then(|outputs| outputs.get(&TaskId(*task))).cloned();
        request.map_tasks.iter().map(find).collect()
    };
    let mut chunks = ChunkWriter { sender, lengths: Vec::new(), data: Vec::new() };
    let mut skip = request.skip;
    for (output, map_task) in outputs.into_iter().zip(&request.map_tasks) {
        let piece = output.map(|output| output.piece(request.reduce_start, request.reduce_end));
        let sent = match piece {
            Some(Ok(Some(piece))) => chunks.write_piece(piece, std::mem::take(&mut skip)),
            Some(Err(error)) => chunks.fail(error.chain()),
            Some(Ok(None)) | None => {
                let shuffle = request.shuffle;
                chunks.fail(format!("executor {} has no shuffle_{shuffle}_{map_task}_0", blocks.executor()))
            }
        };
        if sent.is_err() {
            return;
        }
    }
    if let Err(Gone) = chunks.flush(None) {
        tracing::debug!("a reader went away");
    }
}

/// Packs pieces into chunks.
struct ChunkWriter {
    sender: mpsc::Sender<Result<proto::ShuffleChunk, Status>>,
    lengths: Vec<u64>,
    data: Vec<u8>,
}

impl ChunkWriter {
    fn write_piece(&mut self, piece: Piece, skip: u64) -> Result<(), Gone> {
        let skip = skip.min(piece.len());
        self.lengths.push(piece.len() - skip);
        match piece {
            Piece::Memory(bytes) => self.write_bytes(bytes.slice(usize::try_from(skip).unwrap_or(0)..)),
            Piece::File { file, path, start, end } => {
                let mut at = start + skip;
                while at < end {
                    let room = CHUNK_SIZE - self.data.len();
                    let len = usize::try_from(end - at).unwrap_or(room).min(room);
                    let filled = self.data.len();
                    self.data.resize(filled + len, 0);
                    if let Err(error) =
                        std::os::unix::fs::FileExt::read_exact_at(&file, &mut self.data[filled..], at)
                    {
                        self.data.truncate(filled);
                        return self.fail(Error::file("read", &path)(error).chain());
                    }
                    at += len as u64;
                    self.flush_if_full()?;
                }
                self.flush_if_full()
            }
        }
    }

    fn write_bytes(&mut self, mut bytes: Bytes) -> Result<(), Gone> {
        // Small pieces are copied together; a large one goes out as slices of itself.
        if bytes.len() <= CHUNK_SIZE / 4 {
            if self.data.len() + bytes.len() > CHUNK_SIZE {
                self.flush(None)?;
            }
            self.data.extend_from_slice(&bytes);
            return self.flush_if_full();
        }
        while !bytes.is_empty() {
            if !self.data.is_empty() {
                // The length of this piece may go out before its first byte.
                self.flush(None)?;
            }
            let data = bytes.split_to(bytes.len().min(CHUNK_SIZE));
            let lengths = std::mem::take(&mut self.lengths);
            self.send(proto::ShuffleChunk { lengths, data, failure: None })?;
        }
        Ok(())
    }

    fn flush_if_full(&mut self) -> Result<(), Gone> {
        let is_full = self.data.len() >= CHUNK_SIZE || self.lengths.len() >= MAX_PIECES;
        if is_full { self.flush(None) } else { Ok(()) }
    }

    /// Sends what there is and says why there is no more. The broken piece's length, if sent, is never filled.
    fn fail(&mut self, message: String) -> Result<(), Gone> {
        self.flush(Some(message))?;
        Err(Gone)
    }

    fn flush(&mut self, failure: Option<String>) -> Result<(), Gone> {
        if self.lengths.is_empty() && self.data.is_empty() && failure.is_none() {
            return Ok(());
        }
        let data = Bytes::from(std::mem::take(&mut self.data));
        let lengths = std::mem::take(&mut self.lengths);
        self.send(proto::ShuffleChunk { lengths, data, failure })
    }

    fn send(&mut self, chunk: proto::ShuffleChunk) -> Result<(), Gone> {
        self.sender.blocking_send(Ok(chunk)).map_err(|_| Gone)
    }
}
