//! Asks other processes for blocks. Spark: `BlockTransferService.fetchBlocks`.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use hearth_rpc::Connector;
use hearth_rpc::generated::block as proto;
use hearth_types::{BlockId, error_chain};
use proto::blocks_client::BlocksClient;
use tonic::transport::Channel;

use super::CHUNK_SIZE;
use crate::error::Corruption;
use crate::{Error, Result};

/// Asks the block services of other executors and of the driver. Cheap to clone.
#[derive(Clone)]
pub struct BlockClient {
    connector: Arc<dyn Connector>,
}

impl std::fmt::Debug for BlockClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockClient").finish_non_exhaustive()
    }
}

impl BlockClient {
    /// Uses the connections of `connector`.
    pub fn new(connector: Arc<dyn Connector>) -> Self {
        Self { connector }
    }

    /// Reads a whole block from the service at `address` (`host:port`); `None` if it is not there.
    /// An error may be gone at the next try.
    pub async fn fetch_block(&self, address: &str, block: BlockId) -> Result<Option<Bytes>> {
        let failed =
            |message: String| Error::Fetch { block, address: address.into(), message: message.into() };
        let name = match block {
            BlockId::Rdd { rdd, partition } => {
                proto::fetch_block_request::Block::Rdd(proto::RddBlock { rdd: rdd.0, partition })
            }
            BlockId::Broadcast(id) => proto::fetch_block_request::Block::Broadcast(id.0),
            BlockId::TaskResult(task) => proto::fetch_block_request::Block::TaskResult(task.0),
            BlockId::Shuffle { .. } => return Err(failed("map outputs are read by piece".to_owned())),
        };
        let mut client = self.service(address).map_err(failed)?;
        let request = proto::FetchBlockRequest { block: Some(name) };
        let mut chunks =
            client.fetch_block(request).await.map_err(|status| failed(describe(&status)))?.into_inner();
        let mut head = None;
        // The size comes from outside, so room is made as data arrives.
        let mut data = BytesMut::new();
        while let Some(chunk) = chunks.message().await.map_err(|status| failed(describe(&status)))? {
            head = head.or(chunk.head);
            if data.is_empty() && head.is_some_and(|head| head.size == chunk.data.len() as u64) {
                data = BytesMut::from(chunk.data);
            } else {
                data.extend_from_slice(&chunk.data);
            }
        }
        let Some(head) = head else { return Err(failed("the answer is empty".to_owned())) };
        if !head.found {
            return Ok(None);
        }
        if head.size != data.len() as u64 {
            return Err(failed(format!("the answer has {} bytes of {}", data.len(), head.size)));
        }
        let found = crc32fast::hash(&data);
        if found != head.checksum {
            return Err(Error::Corrupt(Corruption::Checksum { found, expected: head.checksum }));
        }
        Ok(Some(data.freeze()))
    }

    /// The service at `address`; the error is for people.
    pub(super) fn service(&self, address: &str) -> Result<BlocksClient<Channel>, String> {
        let channel = self.connector.channel(address).map_err(|error| error_chain(&error))?;
        Ok(BlocksClient::new(channel).max_decoding_message_size(4 * CHUNK_SIZE))
    }
}

/// A failed call in one line.
pub(super) fn describe(status: &tonic::Status) -> String {
    match std::error::Error::source(status) {
        Some(source) => format!("{}: {}", status.message(), error_chain(source)),
        None => format!("{}: {}", status.code(), status.message()),
    }
}
