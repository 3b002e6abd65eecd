//! The blocks that the driver itself holds, and its way to those of executors. Spark: the driver's `BlockManager`.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use hearth_storage::{BlockClient, BlockManager};
use hearth_types::{BlockId, ExecutorId, StorageLevel};

/// What the driver needs of storage.
pub trait Blocks: Send + Sync {
    /// Keeps a value where executors can read it.
    ///
    /// # Errors
    /// There is no room, with what to do about it.
    fn put(&self, block: BlockId, value: Bytes) -> Result<(), String>;

    /// Deletes a block of the driver; an unknown one is ignored.
    fn remove(&self, block: BlockId);

    /// Reads a block of an executor that serves its blocks at `address`.
    ///
    /// # Errors
    /// It is gone or cannot be read, in words.
    fn fetch(
        &self,
        executor: ExecutorId,
        address: String,
        block: BlockId,
    ) -> BoxFuture<'static, Result<Bytes, String>>;
}

/// The driver's block manager, and the connections to those of executors.
#[derive(Clone, Debug)]
pub struct DriverBlocks {
    manager: Arc<BlockManager>,
    /// `None` with a `local` master, whose only executor has the driver's own blocks.
    client: Option<BlockClient>,
}

impl DriverBlocks {
    /// Blocks in `manager`; `client` reaches the executors in other processes.
    pub fn new(manager: Arc<BlockManager>, client: Option<BlockClient>) -> Self {
        Self { manager, client }
    }
}

impl Blocks for DriverBlocks {
    fn put(&self, block: BlockId, value: Bytes) -> Result<(), String> {
        match self.manager.put_bytes(block, value, StorageLevel::MEMORY_AND_DISK_SER) {
            Ok(true) => Ok(()),
            Ok(false) => Err("there is no room; raise spark.driver.memory".to_owned()),
            Err(error) => Err(error.chain()),
        }
    }

    fn remove(&self, block: BlockId) {
        self.manager.remove(block);
    }

    fn fetch(
        &self,
        _: ExecutorId,
        address: String,
        block: BlockId,
    ) -> BoxFuture<'static, Result<Bytes, String>> {
        let (manager, client) = (Arc::clone(&self.manager), self.client.clone());
        Box::pin(async move {
            let found = match client {
                Some(client) => client.fetch_block(&address, block).await,
                None => manager.get_bytes(block),
            };
            found.map_err(|error| error.chain())?.ok_or_else(|| format!("{block} is not there"))
        })
    }
}
