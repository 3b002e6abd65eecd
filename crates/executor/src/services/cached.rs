//! Cached partitions of other executors. Spark: `BlockManager.getRemoteValues`.

use std::collections::btree_map::Entry;

use bytes::Bytes;
use hearth_rpc::message::FromExecutor;
use hearth_storage::Remote;
use hearth_types::{BlockId, RddId};

use super::{ServiceError, Services};
use crate::cancel::CancelFlag;
use crate::env::EnvParts;

impl Services {
    pub(crate) fn cached_elsewhere(
        &self,
        (rdd, partition): (RddId, u32),
        parts: &EnvParts,
        cancel: &CancelFlag,
    ) -> Result<Option<Bytes>, ServiceError> {
        let Some(Remote { client, runtime }) = &parts.remote else { return Ok(None) };
        let block = BlockId::Rdd { rdd, partition };
        for address in self.holders(rdd, partition, cancel)? {
            match runtime.block_on(client.fetch_block(&address, block)) {
                Ok(Some(bytes)) => return Ok(Some(bytes)),
                // It was dropped since the driver heard of it.
                Ok(None) => {}
                // Another holder may answer, and it can be computed in any case.
                Err(error) => {
                    tracing::info!("cached partition {block} could not be read from {address}: {error}")
                }
            }
        }
        Ok(None)
    }

    fn holders(&self, rdd: RddId, partition: u32, cancel: &CancelFlag) -> Result<Vec<String>, ServiceError> {
        self.wait(cancel, |state| match state.cached.entry((rdd, partition)) {
            Entry::Vacant(open) => {
                open.insert(None);
                self.ask(FromExecutor::CachedRequest { rdd, partition });
                None
            }
            // An answer is used once: who holds what changes.
            Entry::Occupied(mut known) => {
                let answer = known.get_mut().take()?;
                known.remove();
                Some(answer)
            }
        })
    }

    /// What the driver has answered about an RDD is not so any more. What it has not answered yet, it knows better by now.
    pub(crate) fn forget_cached(&self, rdd: RddId) {
        self.state.lock().cached.retain(|(of, _), answer| *of != rdd || answer.is_none());
        self.changed.notify_all();
    }

    /// The driver's answer.
    pub(crate) fn on_cached_at(&self, rdd: RddId, partition: u32, addresses: Vec<String>) {
        if let Some(open) = self.state.lock().cached.get_mut(&(rdd, partition)) {
            *open = Some(addresses);
        }
        self.changed.notify_all();
    }
}
