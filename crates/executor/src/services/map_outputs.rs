//! Where the outputs of a shuffle are. Spark: `MapOutputTrackerWorker`.

use std::sync::Arc;

use hearth_rpc::message::{FromExecutor, MapOutputs};
use hearth_types::ShuffleId;

use super::{ServiceError, Services};
use crate::cancel::CancelFlag;

/// What is known of one shuffle.
#[derive(Default)]
pub(super) struct Known {
    answer: Option<Arc<MapOutputs>>,
    is_asked: bool,
}

impl Services {
    pub(crate) fn map_outputs(
        &self,
        shuffle: ShuffleId,
        epoch: u64,
        cancel: &CancelFlag,
    ) -> Result<Arc<MapOutputs>, ServiceError> {
        self.wait(cancel, |state| {
            let known = state.map_outputs.entry(shuffle).or_default();
            match &known.answer {
                Some(answer) if answer.epoch >= epoch => return Some(Arc::clone(answer)),
                // An answer to a question that is older than the task: outputs were lost since.
                Some(_) | None => {}
            }
            if !known.is_asked {
                known.is_asked = true;
                self.ask(FromExecutor::MapOutputsRequest(shuffle));
            }
            None
        })
    }

    /// The driver's answer. An older one than that which is known changes nothing.
    pub(crate) fn on_map_outputs(&self, outputs: MapOutputs) {
        let mut state = self.state.lock();
        let known = state.map_outputs.entry(outputs.shuffle).or_default();
        known.is_asked = false;
        if known.answer.as_ref().is_none_or(|answer| answer.epoch <= outputs.epoch) {
            known.answer = Some(Arc::new(outputs));
        }
        drop(state);
        self.changed.notify_all();
    }

    /// A task was launched that needs `epoch`: answers before it only take up memory.
    pub(crate) fn on_epoch(&self, epoch: u64) {
        let mut state = self.state.lock();
        if state.epoch >= epoch {
            return;
        }
        state.epoch = epoch;
        for known in state.map_outputs.values_mut() {
            known.answer.take_if(|answer| answer.epoch < epoch);
        }
        state.map_outputs.retain(|_, known| known.is_asked || known.answer.is_some());
    }

    /// The shuffle was removed.
    pub(crate) fn forget_map_outputs(&self, shuffle: ShuffleId) {
        let mut state = self.state.lock();
        if let Some(known) = state.map_outputs.get_mut(&shuffle) {
            known.answer = None;
            if !known.is_asked {
                state.map_outputs.remove(&shuffle);
            }
        }
    }
}
