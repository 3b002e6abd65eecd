//! Writes the output of one map task. Spark: `SortShuffleWriter`, `BypassMergeSortShuffleWriter`, `ExternalSorter`.
//!
//! Records are serialised into one buffer per reduce partition, so nothing is ever sorted.
//! When the task's memory is used up the buffers go to a spill file as frames, and merging spills is concatenation.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use hearth_types::{BlockId, MapSizes, ShuffleId, ShuffleWriteMetrics, TaskId};
use serde::Serialize;

use super::index::Index;
use super::output::{MapOutput, OutputFileWriter};
use crate::block::BlockManager;
use crate::codec::{self, Compression, FRAME_TARGET, FrameEncoder, Framing, MAX_HEADER};
use crate::hash::hash_of_place;
use crate::memory::{Grant, TaskMemory};
use crate::{Error, Result};

/// How much is written to a file at a time.
const WRITE_SIZE: usize = 256 * 1024;

/// The first allocation of a reduce partition's buffer: most partitions of a wide shuffle get a record or two.
const FIRST_CAPACITY: usize = 32;

/// What was moved from memory to disk because memory was short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpillMetrics {
    /// Bytes it had in memory.
    pub memory_bytes_spilled: u64,
    /// Bytes it took on disk.
    pub disk_bytes_spilled: u64,
}

impl std::ops::AddAssign for SpillMetrics {
    fn add_assign(&mut self, other: Self) {
        self.memory_bytes_spilled += other.memory_bytes_spilled;
        self.disk_bytes_spilled += other.disk_bytes_spilled;
    }
}

/// Takes the records of one map task and makes its output. Dropped without `finish`, it leaves nothing behind.
pub struct MapOutputWriter<'a> {
    blocks: &'a BlockManager,
    shuffle: ShuffleId,
    map_task: TaskId,
    partitions: Vec<Partition>,
    grant: Grant,
    /// Capacity of all buffers.
    used: u64,
    /// Bytes of closed buffers, before compression.
    closed_bytes: u64,
    encoder: FrameEncoder,
    spill: Option<SpillFile>,
    spilled: SpillMetrics,
    records: u64,
    checksum: u64,
    write_nanos: u64,
}

/// What one reduce partition has in memory.
#[derive(Default)]
struct Partition {
    open: Vec<u8>,
    open_records: u64,
    closed: Vec<Closed>,
}

/// A full buffer.
enum Closed {
    Records { bytes: Vec<u8>, records: u64 },
    Frame(Vec<u8>),
}

/// All spills of one task: each has a segment per reduce partition.
struct SpillFile {
    file: File,
    len: u64,
    /// Per spill: where each partition's segment begins, and where the last ends.
    offsets: Vec<Vec<u64>>,
}

impl std::fmt::Debug for MapOutputWriter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MapOutputWriter")
            .field("shuffle", &self.shuffle)
            .field("map_task", &self.map_task)
            .finish_non_exhaustive()
    }
}

impl<'a> MapOutputWriter<'a> {
    /// For the output of `map_task`, with `reduces` pieces.
    pub fn new(
        blocks: &'a BlockManager,
        shuffle: ShuffleId,
        map_task: TaskId,
        reduces: u32,
        memory: &TaskMemory,
    ) -> Self {
        let mut partitions = Vec::new();
        partitions.resize_with(reduces as usize, Partition::default);
        Self {
            blocks,
            shuffle,
            map_task,
            used: (partitions.capacity() * size_of::<Partition>()) as u64,
            partitions,
            grant: Grant::new(memory),
            closed_bytes: 0,
            encoder: FrameEncoder::new(blocks.framing()),
            spill: None,
            spilled: SpillMetrics::default(),
            records: 0,
            checksum: 0,
            write_nanos: 0,
        }
    }

    /// Adds a record to the piece for reduce partition `reduce`, and all of it to the checksum.
    #[inline]
    pub fn write<T: Serialize + ?Sized>(&mut self, reduce: u32, record: &T) -> Result<()> {
        self.append(reduce, |open| {
            codec::encode(record, open)?;
            Ok(open.len())
        })
    }

    /// Adds a pair to the piece for reduce partition `reduce`, and its key to the checksum.
    #[inline]
    pub fn write_keyed<K: Serialize, V: Serialize>(&mut self, reduce: u32, record: &(K, V)) -> Result<()> {
        self.append(reduce, |open| {
            let start = open.len();
            codec::encode(&record.0, open)?;
            let end_of_key = open.len();
            // A pair is its parts, one after the other.
            codec::encode(&record.1, open).inspect_err(|_| open.truncate(start))?;
            Ok(end_of_key)
        })
    }

    /// A sum over what was written and to which reduce partition, whatever the order: differs, as good as certainly, from that
    /// of an output that has other keys (after `write_keyed`) or other records (after `write`) in any piece.
    pub fn checksum(&self) -> u64 {
        self.checksum
    }

    /// Adds what `encode` appends; up to where it says belongs to the checksum.
    #[inline]
    fn append(&mut self, reduce: u32, encode: impl FnOnce(&mut Vec<u8>) -> Result<usize>) -> Result<()> {
        let reduces = self.partitions.len();
        let Some(partition) = self.partitions.get_mut(reduce as usize) else {
            return Err(Error::Partition { partition: reduce, partitions: reduces });
        };
        let before = partition.open.capacity();
        if before == 0 {
            partition.open.reserve(FIRST_CAPACITY);
        }
        let start = partition.open.len();
        let summed = encode(&mut partition.open)?;
        self.checksum = self.checksum.wrapping_add(hash_of_place(&partition.open[start..summed], reduce));
        partition.open_records += 1;
        self.records += 1;
        let grown = partition.open.capacity() - before;
        if grown > 0 || partition.open.len() >= FRAME_TARGET {
            self.on_grown(reduce as usize, grown)
        } else {
            Ok(())
        }
    }

    /// Makes the output readable for others. On an error nothing is left behind.
    pub fn finish(mut self) -> Result<(MapSizes, ShuffleWriteMetrics, SpillMetrics)> {
        let started = Instant::now();
        let name = BlockId::Shuffle { shuffle: self.shuffle, map_task: self.map_task };
        let (output, sizes, in_memory) = match self.reserve_memory() {
            Some(reserved) => self.finish_in_memory(name, reserved),
            None => self.finish_on_disk(name)?,
        };
        let output = Arc::new(output);
        // First: whoever removes the shuffle finds the memory of every output that it finds.
        if let Some(size) = in_memory {
            self.blocks.store_output(name, Arc::clone(&output), size);
        }
        self.blocks.shuffles().write().entry(self.shuffle).or_default().insert(self.map_task, output);
        let metrics = ShuffleWriteMetrics {
            bytes_written: sizes.iter().sum(),
            write_nanos: self.write_nanos + started.elapsed().as_nanos() as u64,
            records_written: self.records,
        };
        Ok((MapSizes::from_bytes(&sizes), metrics, self.spilled))
    }

    #[cold]
    fn on_grown(&mut self, reduce: usize, grown: usize) -> Result<()> {
        self.used += grown as u64;
        if self.partitions[reduce].open.len() >= FRAME_TARGET {
            self.close(reduce);
        }
        if self.used > self.grant.limit() && !self.grant.cover(self.used) { self.spill() } else { Ok(()) }
    }

    /// Closes a full buffer; compresses it at once when it is clear that the output goes to disk.
    fn close(&mut self, reduce: usize) {
        let partition = &mut self.partitions[reduce];
        self.closed_bytes += partition.open.len() as u64;
        let records = std::mem::take(&mut partition.open_records);
        if self.spill.is_some() || self.closed_bytes > self.blocks.shuffle_max_in_memory() {
            let mut frame = Vec::new();
            self.encoder.append(&partition.open, records, &mut frame);
            frame.shrink_to_fit();
            partition.open.clear();
            self.used += frame.capacity() as u64;
            partition.closed.push(Closed::Frame(frame));
        } else {
            let bytes =
                std::mem::replace(&mut partition.open, Vec::with_capacity(FRAME_TARGET + FRAME_TARGET / 8));
            self.used += partition.open.capacity() as u64;
            partition.closed.push(Closed::Records { bytes, records });
        }
    }

    /// Moves all buffers to the spill file.
    fn spill(&mut self) -> Result<()> {
        let started = Instant::now();
        let mut spill = match self.spill.take() {
            Some(spill) => spill,
            None => SpillFile { file: self.blocks.disk().spill_file()?, len: 0, offsets: Vec::new() },
        };
        let before = spill.len;
        let mut offsets = Vec::with_capacity(self.partitions.len() + 1);
        let mut pending = Vec::with_capacity(WRITE_SIZE + 2 * FRAME_TARGET);
        for partition in &mut self.partitions {
            offsets.push(spill.len + pending.len() as u64);
            partition
                .drain_into(&mut self.encoder, &mut pending, |bytes| spill.append(self.blocks, bytes))?;
            partition.open = Vec::new();
        }
        spill.append(self.blocks, &mut pending)?;
        offsets.push(spill.len);
        let table = (self.partitions.capacity() * size_of::<Partition>()) as u64;
        self.spilled.memory_bytes_spilled += self.used.saturating_sub(table);
        self.spilled.disk_bytes_spilled += spill.len - before;
        spill.offsets.push(offsets);
        self.spill = Some(spill);
        self.used = table;
        self.closed_bytes = 0;
        self.grant.clear();
        self.write_nanos += started.elapsed().as_nanos() as u64;
        Ok(())
    }

    /// Storage memory for the output, if it is small and there is room without evicting anything.
    fn reserve_memory(&mut self) -> Option<u64> {
        if self.spill.is_some() {
            return None;
        }
        let (mut bytes, mut frames) = (0, 0);
        for partition in &self.partitions {
            frames += 1 + partition.closed.len() as u64;
            bytes += partition.open.len() as u64;
            for closed in &partition.closed {
                match closed {
                    Closed::Records { bytes: records, .. } => bytes += records.len() as u64,
                    Closed::Frame(_) => return None,
                }
            }
        }
        let most = bytes + frames * (MAX_HEADER as u64 + size_of::<u64>() as u64);
        if bytes > self.blocks.shuffle_max_in_memory() {
            return None;
        }
        // The buffers become the output, so their memory is what the output may take.
        self.grant.clear();
        self.blocks.memory().try_acquire_storage(most).then_some(most)
    }

    fn finish_in_memory(&mut self, name: BlockId, reserved: u64) -> (MapOutput, Vec<u64>, Option<u64>) {
        let framing = Framing { compression: Compression::None, ..self.blocks.framing() };
        let mut encoder = FrameEncoder::new(framing);
        let mut bytes = Vec::with_capacity(usize::try_from(reserved).unwrap_or(0));
        let mut offsets = vec![0];
        for partition in std::mem::take(&mut self.partitions) {
            for closed in &partition.closed {
                match closed {
                    Closed::Records { bytes: raw, records } => encoder.append(raw, *records, &mut bytes),
                    Closed::Frame(frame) => bytes.extend_from_slice(frame),
                }
            }
            encoder.append(&partition.open, partition.open_records, &mut bytes);
            offsets.push(bytes.len() as u64);
        }
        bytes.shrink_to_fit();
        let sizes = sizes_of(&offsets);
        let index = Index::new(offsets);
        let size = (bytes.len() as u64 + index.memory()).min(reserved);
        self.blocks.memory().release_storage(reserved - size);
        (MapOutput::in_memory(name, Bytes::from(bytes), index), sizes, Some(size))
    }

    fn finish_on_disk(&mut self, name: BlockId) -> Result<(MapOutput, Vec<u64>, Option<u64>)> {
        let mut writer = OutputFileWriter::create(name, self.blocks.disk())?;
        let mut pending = Vec::with_capacity(WRITE_SIZE + 2 * FRAME_TARGET);
        let mut offsets = vec![0];
        let mut written = 0;
        let spill = self.spill.take();
        for (reduce, mut partition) in std::mem::take(&mut self.partitions).into_iter().enumerate() {
            let mut flush = |bytes: &mut Vec<u8>| {
                writer.write(bytes)?;
                written += bytes.len() as u64;
                bytes.clear();
                Ok(())
            };
            if let Some(spill) = &spill {
                spill.copy(reduce, self.blocks, &mut pending, &mut flush)?;
            }
            partition.drain_into(&mut self.encoder, &mut pending, &mut flush)?;
            offsets.push(written + pending.len() as u64);
        }
        writer.write(&pending)?;
        let sizes = sizes_of(&offsets);
        let files = writer.finish(&Index::new(offsets))?;
        Ok((MapOutput::on_disk(name, files), sizes, None))
    }
}

impl Partition {
    /// Appends all frames to `pending`, which `flush` empties whenever it is full, and frees the buffers.
    fn drain_into(
        &mut self,
        encoder: &mut FrameEncoder,
        pending: &mut Vec<u8>,
        mut flush: impl FnMut(&mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        for closed in self.closed.drain(..) {
            match closed {
                Closed::Records { bytes, records } => encoder.append(&bytes, records, pending),
                Closed::Frame(frame) => pending.extend_from_slice(&frame),
            }
            if pending.len() >= WRITE_SIZE {
                flush(pending)?;
            }
        }
        encoder.append(&self.open, std::mem::take(&mut self.open_records), pending);
        self.open.clear();
        if pending.len() >= WRITE_SIZE { flush(pending) } else { Ok(()) }
    }
}

impl SpillFile {
    /// Writes and empties `bytes`.
    fn append(&mut self, blocks: &BlockManager, bytes: &mut Vec<u8>) -> Result<()> {
        let directory = blocks.disk().root();
        self.file.write_all_at(bytes, self.len).map_err(Error::file("write spill file in", directory))?;
        self.len += bytes.len() as u64;
        bytes.clear();
        Ok(())
    }

    /// Copies the segments of one partition.
    fn copy(
        &self,
        reduce: usize,
        blocks: &BlockManager,
        pending: &mut Vec<u8>,
        flush: &mut impl FnMut(&mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        for offsets in &self.offsets {
            let (mut at, end) = (offsets[reduce], offsets[reduce + 1]);
            while at < end {
                let len = (end - at).min(WRITE_SIZE as u64) as usize;
                let start = pending.len();
                pending.resize(start + len, 0);
                let read = self.file.read_exact_at(&mut pending[start..], at);
                read.map_err(Error::file("read spill file in", blocks.disk().root()))?;
                at += len as u64;
                if pending.len() >= WRITE_SIZE {
                    flush(pending)?;
                }
            }
        }
        Ok(())
    }
}

fn sizes_of(offsets: &[u64]) -> Vec<u64> {
    offsets.windows(2).map(|pair| pair[1] - pair[0]).collect()
}
