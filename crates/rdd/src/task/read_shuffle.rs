//! The records of one reduce partition, fetched and decoded as they are asked for. Spark: `BlockStoreShuffleReader`.

use std::marker::PhantomData;

use hearth_storage::codec::Records;
use hearth_storage::{Data, FetchContext, FetchError, FetchRequest, ShuffleReader};
use hearth_types::{KillReason, ShuffleId, TaskEndReason};

use super::TaskContext;
use crate::failure::{OrThrow, throw, throw_error};

pub(crate) struct ShuffleRecords<R> {
    reader: ShuffleReader,
    segment: Option<Records<R>>,
    records: u64,
    task: TaskContext,
    kind: PhantomData<R>,
}

impl<R: Data> ShuffleRecords<R> {
    pub(crate) fn open(task: &TaskContext, shuffle: ShuffleId, reduce: u32) -> Self {
        let env = task.env();
        let found = env.map_outputs(shuffle, task.launch().description.epoch, task.cancel());
        let outputs = match found {
            Ok(outputs) => outputs,
            Err(error) => {
                task.check_interrupted();
                throw_error(&error)
            }
        };
        if let Some(map_index) = outputs.outputs.iter().position(Option::is_none) {
            throw(TaskEndReason::FetchFailed {
                shuffle,
                map_index: None,
                reduce,
                from: None,
                message: format!("Missing an output location for shuffle {shuffle} partition {map_index}"),
            });
        }
        let request = FetchRequest {
            shuffle,
            reduces: reduce..reduce + 1,
            outputs: &outputs.outputs,
            addresses: &outputs.addresses,
        };
        let context = FetchContext {
            blocks: env.block_manager().clone(),
            remote: env.remote().cloned(),
            limits: env.fetch_limits(),
            cancelled: task.cancel().as_flag(),
        };
        let reader = ShuffleReader::new(&request, context);
        Self { reader, segment: None, records: 0, task: task.clone(), kind: PhantomData }
    }

    fn fail(&self, error: FetchError) -> ! {
        let FetchError { shuffle, map_index, reduce, from, message, is_cancelled } = error;
        if is_cancelled {
            self.task.check_interrupted();
            throw(TaskEndReason::TaskKilled(KillReason::StageCancelled));
        }
        throw(TaskEndReason::FetchFailed { shuffle, map_index, reduce, from, message })
    }
}

impl<R: Data> Iterator for ShuffleRecords<R> {
    type Item = R;

    fn next(&mut self) -> Option<R> {
        loop {
            if let Some(record) = self.segment.as_mut().and_then(Iterator::next) {
                self.task.check_interrupted();
                self.records += 1;
                return Some(record.or_throw());
            }
            match self.reader.next()? {
                Ok((_, segment)) => self.segment = Some(Records::new(segment)),
                Err(error) => self.fail(error),
            }
        }
    }
}

impl<R> Drop for ShuffleRecords<R> {
    fn drop(&mut self) {
        let read = self.reader.metrics();
        let records = self.records;
        self.task.update_metrics(|metrics| {
            let sum = &mut metrics.shuffle_read;
            sum.remote_blocks_fetched += read.remote_blocks_fetched;
            sum.local_blocks_fetched += read.local_blocks_fetched;
            sum.fetch_wait_millis += read.fetch_wait_millis;
            sum.remote_bytes_read += read.remote_bytes_read;
            sum.remote_bytes_read_to_disk += read.remote_bytes_read_to_disk;
            sum.local_bytes_read += read.local_bytes_read;
            sum.records_read += records;
        });
    }
}
