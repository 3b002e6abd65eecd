//! Broadcast values: read from the driver by the first task that needs one, then kept with the executor's blocks.

use bytes::Bytes;
use hearth_storage::Remote;
use hearth_types::{BlockId, BroadcastId, StorageLevel};

use super::{ServiceError, Services};
use crate::cancel::CancelFlag;
use crate::env::EnvParts;

impl Services {
    pub(crate) fn broadcast(
        &self,
        id: BroadcastId,
        parts: &EnvParts,
        cancel: &CancelFlag,
    ) -> Result<Bytes, ServiceError> {
        let block = BlockId::Broadcast(id);
        let failed = |source| ServiceError::Broadcast { id, source };
        let local = || parts.block_manager.get_bytes(block).map_err(failed);
        if let Some(bytes) = local()? {
            return Ok(bytes);
        }
        let Some(Remote { client, runtime }) = &parts.remote else {
            return Err(ServiceError::BroadcastGone(id));
        };
        // One task at a time reads a value; those that waited find it among the blocks.
        let turn = Turn::take(self, id, cancel)?;
        if let Some(bytes) = local()? {
            return Ok(bytes);
        }
        let fetched =
            runtime.block_on(client.fetch_block(&parts.driver_block_address, block)).map_err(failed)?;
        let bytes = fetched.ok_or(ServiceError::BroadcastGone(id))?;
        let stored = parts.block_manager.put_bytes(block, bytes.clone(), StorageLevel::MEMORY_AND_DISK_SER);
        if !stored.map_err(failed)? {
            tracing::warn!(
                "no room to keep broadcast variable {id}: every task will read it from the driver"
            );
        }
        drop(turn);
        Ok(bytes)
    }
}

/// The right to read one value, given back when dropped.
struct Turn<'a> {
    services: &'a Services,
    id: BroadcastId,
}

impl<'a> Turn<'a> {
    fn take(services: &'a Services, id: BroadcastId, cancel: &CancelFlag) -> Result<Self, ServiceError> {
        services.wait(cancel, |state| state.broadcasts.insert(id).then_some(()))?;
        Ok(Self { services, id })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.services.state.lock().broadcasts.remove(&self.id);
        self.services.changed.notify_all();
    }
}
