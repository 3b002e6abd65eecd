use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use hearth_types::{BlockId, ExecutorId, MapSizes, MapStatus, ShuffleId, StorageLevel, TaskId};

use super::index::Index;
use super::*;
use crate::codec::Records;
use crate::testing::{Fixture, Random, damage};
use crate::{Error, Result};

const MIB: u64 = 1 << 20;
const SHUFFLE: ShuffleId = ShuffleId(3);

type Row = (u64, String);

/// Writes `count` rows round robin; row n is `(n, padding)`.
fn write(
    fixture: &Fixture,
    map_task: u64,
    reduces: u32,
    count: u64,
    padding: usize,
) -> (MapStatus, SpillMetrics) {
    let memory = fixture.task(map_task);
    let mut writer = MapOutputWriter::new(&fixture.blocks, SHUFFLE, TaskId(map_task), reduces, &memory);
    for n in 0..count {
        writer.write((n % u64::from(reduces)) as u32, &(n, "x".repeat(padding))).unwrap();
    }
    let (sizes, metrics, spilled) = writer.finish().unwrap();
    assert_eq!(metrics.records_written, count);
    assert_eq!(memory.used(), 0);
    (MapStatus { executor: ExecutorId(1), map_task: TaskId(map_task), sizes }, spilled)
}

fn reader(fixture: &Fixture, reduces: std::ops::Range<u32>, outputs: &[Option<MapStatus>]) -> ShuffleReader {
    let ctx = FetchContext {
        blocks: Arc::clone(&fixture.blocks),
        remote: None,
        limits: FetchLimits::default(),
        cancelled: Arc::new(AtomicBool::new(false)),
    };
    ShuffleReader::new(&FetchRequest { shuffle: SHUFFLE, reduces, outputs, addresses: &BTreeMap::new() }, ctx)
}

/// The numbers of all rows of some reduce partitions.
fn read(fixture: &Fixture, reduces: std::ops::Range<u32>, outputs: &[Option<MapStatus>]) -> Vec<u64> {
    let mut numbers = Vec::new();
    for piece in reader(fixture, reduces, outputs) {
        let (_, segment) = piece.unwrap();
        numbers.extend(Records::<Row>::new(segment).map(|row| row.unwrap().0));
    }
    numbers
}

fn on_disk(total: u64) -> Fixture {
    Fixture::with(total, |conf| conf.shuffle_max_in_memory = 0)
}

#[test]
fn a_small_output_stays_in_memory_and_is_read_by_piece() {
    let fixture = Fixture::new(64 * MIB);
    let (status, spilled) = write(&fixture, 7, 10, 1_000, 3);
    assert_eq!(spilled, SpillMetrics::default());
    assert!(fixture.files().is_empty());
    assert!(fixture.memory.usage().storage > 5_000);
    let outputs = [Some(status)];
    for reduce in 0..10 {
        assert!(
            read(&fixture, reduce..reduce + 1, &outputs)
                .into_iter()
                .eq((0..100).map(|n| n * 10 + u64::from(reduce)))
        );
    }
    fixture.blocks.remove_shuffle(SHUFFLE);
    assert_eq!(fixture.memory.usage().storage, 0);
}

#[test]
fn outputs_that_come_while_their_shuffle_is_removed_hold_no_memory_afterwards() {
    let fixture = Fixture::new(64 * MIB);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            (0..2_000).for_each(|map_task| drop(write(&fixture, map_task, 1, 1, 0)));
        });
        while !writer.is_finished() {
            fixture.blocks.remove_shuffle(SHUFFLE);
        }
    });
    fixture.blocks.remove_shuffle(SHUFFLE);
    assert_eq!(fixture.memory.usage().storage, 0);
}

#[test]
fn a_large_output_is_one_data_file_and_one_index() {
    let fixture = on_disk(64 * MIB);
    let (status, spilled) = write(&fixture, 7, 10, 100_000, 30);
    assert_eq!(spilled, SpillMetrics::default());
    let names: Vec<_> = fixture.files().iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    assert!(names.contains(&"shuffle_3_7_0.data".into()) && names.contains(&"shuffle_3_7_0.index".into()));
    assert_eq!((names.len(), fixture.memory.usage().storage), (2, 0));
    let outputs = [Some(status)];
    for reduce in 0..10 {
        assert_eq!(read(&fixture, reduce..reduce + 1, &outputs).len(), 10_000);
    }
    assert!(fixture.blocks.remove(BlockId::Shuffle { shuffle: SHUFFLE, map_task: TaskId(7) }).is_some());
    assert!(fixture.files().is_empty());
}

#[test]
fn ten_times_the_memory_spills_and_is_right() {
    let fixture = Fixture::new(2 * MIB);
    let memory = fixture.task(1);
    let mut random = Random::new(1);
    let mut writer = MapOutputWriter::new(&fixture.blocks, SHUFFLE, TaskId(1), 7, &memory);
    let mut expected = [0u64; 7];
    for n in 0..200_000u64 {
        let reduce = random.below(7);
        expected[reduce as usize] += n;
        writer.write(reduce as u32, &(n, format!("{:0100}", random.below(u64::MAX)))).unwrap();
    }
    let (sizes, metrics, spilled) = writer.finish().unwrap();
    // 21 MB of records; what is closed after the first spill is compressed at once.
    assert!(spilled.memory_bytes_spilled > 6 * MIB, "{spilled:?}");
    assert!(spilled.disk_bytes_spilled > MIB && metrics.bytes_written >= spilled.disk_bytes_spilled);
    assert!(memory.peak() <= 2 * MIB);
    assert_eq!(fixture.files().len(), 2, "no spill file is left");
    let outputs = [Some(MapStatus { executor: ExecutorId(1), map_task: TaskId(1), sizes })];
    for reduce in 0..7 {
        assert_eq!(
            read(&fixture, reduce..reduce + 1, &outputs).iter().sum::<u64>(),
            expected[reduce as usize]
        );
    }
}

#[test]
fn a_piece_larger_than_the_window_comes_in_parts() {
    let fixture = on_disk(64 * MIB);
    let memory = fixture.task(1);
    let mut random = Random::new(2);
    let mut writer = MapOutputWriter::new(&fixture.blocks, SHUFFLE, TaskId(1), 1, &memory);
    for _ in 0..100 {
        writer.write(0, &random.bytes(150_000)).unwrap();
    }
    writer.write(0, &random.bytes(9 << 20)).unwrap();
    let sizes = writer.finish().unwrap().0;
    let outputs = [Some(MapStatus { executor: ExecutorId(1), map_task: TaskId(1), sizes })];
    let segments: Vec<_> = reader(&fixture, 0..1, &outputs).map(|piece| piece.unwrap().1).collect();
    assert!(segments.len() > 4);
    let records: usize = segments
        .into_iter()
        .map(|segment| Records::<Vec<u8>>::new(segment).map(Result::unwrap).count())
        .sum();
    assert_eq!(records, 101);
}

#[test]
fn several_partitions_of_many_outputs_are_read_together() {
    for fixture in [Fixture::new(64 * MIB), on_disk(64 * MIB)] {
        let outputs: Vec<_> = (0..20).map(|task| Some(write(&fixture, task, 8, 800, 0).0)).collect();
        let rows = read(&fixture, 2..5, &outputs);
        assert_eq!(rows.len(), 20 * 300);
        assert!(rows.iter().all(|n| (2..5).contains(&(n % 8))));
        let mut all = reader(&fixture, 0..8, &outputs);
        assert_eq!(all.by_ref().filter(Result::is_ok).count(), 20);
        assert_eq!(all.metrics().local_blocks_fetched, 20);
        assert!(all.metrics().local_bytes_read > 0);
    }
}

#[test]
fn many_threads_read_one_output() {
    for fixture in [Fixture::new(64 * MIB), on_disk(64 * MIB)] {
        let outputs = [Some(write(&fixture, 1, 4, 40_000, 10).0)];
        std::thread::scope(|scope| {
            for thread in 0..8u32 {
                let (fixture, outputs) = (&fixture, &outputs);
                scope.spawn(move || {
                    let reduce = thread % 4;
                    assert_eq!(read(fixture, reduce..reduce + 1, outputs).len(), 10_000);
                });
            }
        });
    }
}

#[test]
fn an_output_in_memory_makes_way_and_stays_readable() {
    let fixture = Fixture::new(4 * MIB);
    let outputs = [Some(write(&fixture, 7, 10, 100_000, 20).0)];
    assert!(fixture.memory.usage().storage > 2 * MIB);
    let open = reader(&fixture, 0..10, &outputs);
    assert_eq!(fixture.task(99).acquire(4 * MIB), 4 * MIB);
    assert_eq!((fixture.memory.usage().storage, fixture.files().len()), (0, 2));
    assert_eq!(read(&fixture, 0..10, &outputs).len(), 100_000);
    assert_eq!(open.filter(Result::is_ok).count(), 1);
}

#[test]
fn an_output_takes_no_memory_from_cached_partitions() {
    let fixture = Fixture::new(2 * MIB);
    let block = BlockId::Broadcast(hearth_types::BroadcastId(1));
    let bytes = bytes::Bytes::from(vec![0; (2 * MIB - 1_000) as usize]);
    assert!(fixture.blocks.put_bytes(block, bytes, StorageLevel::MEMORY_ONLY).unwrap());
    let outputs = [Some(write(&fixture, 7, 10, 1_000, 20).0)];
    assert!(fixture.blocks.contains(block));
    assert_eq!(fixture.files().len(), 2);
    assert_eq!(read(&fixture, 0..10, &outputs).len(), 1_000);
}

#[test]
fn empty_outputs_and_empty_pieces_are_no_trouble() {
    for fixture in [Fixture::new(64 * MIB), on_disk(64 * MIB)] {
        let (status, _) = write(&fixture, 1, 5, 0, 0);
        assert_eq!(status.sizes, MapSizes::from_bytes(&[0; 5]));
        assert!(read(&fixture, 0..5, &[Some(status)]).is_empty());
        let (status, _) = write(&fixture, 2, 5, 1, 0);
        assert_eq!(read(&fixture, 0..5, &[Some(status)]), [0]);
    }
}

#[test]
fn a_damaged_data_file_is_a_fetch_failure() {
    let fixture = on_disk(64 * MIB);
    let outputs = [None, None, Some(write(&fixture, 7, 1, 50_000, 10).0)];
    let outputs = &outputs[2..];
    damage(fixture.files().iter().find(|path| path.extension().unwrap() == "data").unwrap());
    let error = reader(&fixture, 0..1, outputs).find_map(Result::err).unwrap();
    assert_eq!(
        (error.shuffle, error.map_index, error.reduce, error.from),
        (SHUFFLE, Some(0), 0, Some(ExecutorId(1)))
    );
    assert!(error.message.contains("checksum"), "{error}");
}

#[test]
fn a_damaged_index_is_a_fetch_failure() {
    let fixture = on_disk(64 * MIB);
    let outputs = [Some(write(&fixture, 7, 10, 1_000, 10).0)];
    damage(fixture.files().iter().find(|path| path.extension().unwrap() == "index").unwrap());
    let mut reader = reader(&fixture, 4..5, &outputs);
    let error = reader.next().unwrap().unwrap_err();
    assert_eq!((error.map_index, error.reduce), (Some(0), 4));
    assert!(reader.next().is_none(), "it ends after its error");
}

#[test]
fn no_garbage_is_an_index() {
    let good = Index::new(vec![0, 5, 5, 100]).to_bytes();
    assert_eq!(Index::from_bytes(&good, 100).unwrap(), Index::new(vec![0, 5, 5, 100]));
    assert!(Index::from_bytes(&good, 99).is_err());
    for bit in 0..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(Index::from_bytes(&bad, 100).is_err(), "bit {bit}");
    }
    assert!((0..good.len()).all(|len| Index::from_bytes(&good[..len], 100).is_err()));
    let mut random = Random::new(4);
    for _ in 0..2_000 {
        let len = random.below(60) as usize;
        let mut bytes = b"HSI1".to_vec();
        bytes.extend_from_slice(&random.bytes(len));
        bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
        if let Ok(index) = Index::from_bytes(&bytes, 100) {
            assert!(index.range(0, 1).is_none_or(|(start, end)| start <= end && end <= 100));
        }
    }
}

#[test]
fn a_missing_location_names_the_map_partition_and_nobody() {
    let fixture = Fixture::new(64 * MIB);
    let outputs = [Some(write(&fixture, 7, 2, 10, 0).0), None];
    let error = reader(&fixture, 1..2, &outputs).next().unwrap().unwrap_err();
    assert_eq!((error.map_index, error.reduce, error.from, error.is_cancelled), (Some(1), 1, None, false));
}

#[test]
fn an_output_that_was_removed_is_a_fetch_failure_of_its_own_executor() {
    let fixture = Fixture::new(64 * MIB);
    let outputs = [Some(write(&fixture, 7, 2, 10, 0).0), Some(write(&fixture, 8, 2, 10, 0).0)];
    fixture.blocks.remove(BlockId::Shuffle { shuffle: SHUFFLE, map_task: TaskId(8) });
    let pieces: Vec<_> = reader(&fixture, 0..1, &outputs).collect();
    assert!(pieces[0].is_ok());
    let error = pieces[1].as_ref().unwrap_err();
    assert_eq!((error.map_index, error.from), (Some(1), Some(ExecutorId(1))));
}

#[test]
fn an_executor_that_cannot_be_reached_is_named() {
    let fixture = Fixture::new(64 * MIB);
    let sizes = MapSizes::from_bytes(&[10]);
    let outputs = [Some(MapStatus { executor: ExecutorId(5), map_task: TaskId(1), sizes })];
    let error = reader(&fixture, 0..1, &outputs).next().unwrap().unwrap_err();
    assert_eq!((error.map_index, error.from), (Some(0), Some(ExecutorId(5))));
}

#[test]
fn a_cancelled_task_reads_no_more() {
    let fixture = Fixture::new(64 * MIB);
    let outputs = [Some(write(&fixture, 7, 1, 10, 0).0)];
    let cancelled = Arc::new(AtomicBool::new(true));
    let ctx = FetchContext {
        blocks: Arc::clone(&fixture.blocks),
        remote: None,
        limits: FetchLimits::default(),
        cancelled,
    };
    let request =
        FetchRequest { shuffle: SHUFFLE, reduces: 0..1, outputs: &outputs, addresses: &BTreeMap::new() };
    assert!(ShuffleReader::new(&request, ctx).next().unwrap().unwrap_err().is_cancelled);
}

#[test]
fn a_partition_that_does_not_exist_is_the_partitioners_fault() {
    let fixture = Fixture::new(64 * MIB);
    let memory = fixture.task(1);
    let mut writer = MapOutputWriter::new(&fixture.blocks, SHUFFLE, TaskId(1), 3, &memory);
    let error = writer.write(3, &1u64).unwrap_err();
    assert_eq!(error.to_string(), "the partitioner gave partition 3 of 3");
}

#[test]
fn a_finish_that_fails_leaves_nothing_behind() {
    let fixture = on_disk(64 * MIB);
    let memory = fixture.task(1);
    // The index file's name is taken by a directory, so the last step fails.
    let index = fixture.blocks.disk().path("shuffle_3_1_0.index").unwrap();
    std::fs::create_dir_all(index.join("in the way")).unwrap();
    let mut writer = MapOutputWriter::new(&fixture.blocks, SHUFFLE, TaskId(1), 3, &memory);
    writer.write(0, &1u64).unwrap();
    let error = writer.finish().unwrap_err();
    assert!(error.to_string().contains("shuffle_3_1_0.index"), "{error}");
    assert!(fixture.files().is_empty());
    assert!(fixture.blocks.shuffles().read().is_empty());
    assert_eq!(memory.used(), 0);
}

#[test]
fn a_writer_that_is_dropped_leaves_nothing_behind() {
    let fixture = Fixture::new(2 * MIB);
    let memory = fixture.task(1);
    let mut writer = MapOutputWriter::new(&fixture.blocks, SHUFFLE, TaskId(1), 3, &memory);
    (0..100_000u64).for_each(|n| writer.write((n % 3) as u32, &(n, "some text".to_owned())).unwrap());
    drop(writer);
    assert!(fixture.files().is_empty());
    assert_eq!((memory.used(), fixture.memory.usage().storage), (0, 0));
}

#[test]
fn a_full_or_broken_disk_while_spilling_is_an_error_with_the_path() {
    let fixture = Fixture::new(2 * MIB);
    let memory = fixture.task(1);
    fixture.break_directory();
    let mut writer = MapOutputWriter::new(&fixture.blocks, SHUFFLE, TaskId(1), 3, &memory);
    let results = (0..1_000_000u64).map(|n| writer.write((n % 3) as u32, &(n, "some text".to_owned())));
    let error: Error = results.collect::<Result<Vec<()>>>().unwrap_err();
    assert!(error.to_string().contains(fixture.blocks.local_dir().to_str().unwrap()), "{error}");
}

/// The checksum of an output of these pairs in three pieces.
fn checksum(fixture: &Fixture, pairs: &[(u64, &str)], keyed: bool) -> u64 {
    let memory = fixture.task(1);
    let mut writer = MapOutputWriter::new(&fixture.blocks, SHUFFLE, TaskId(1), 3, &memory);
    for pair in pairs {
        let reduce = (pair.0 % 3) as u32;
        if keyed { writer.write_keyed(reduce, pair) } else { writer.write(reduce, pair) }.unwrap();
    }
    writer.checksum()
}

#[test]
fn the_checksum_of_an_output_depends_on_what_went_where_and_not_on_the_order() {
    let fixture = Fixture::new(1 << 20);
    let sum = |pairs: &[(u64, &str)]| checksum(&fixture, pairs, false);
    let one = sum(&[(1, "a"), (2, "b"), (2, "c")]);
    assert_eq!(sum(&[(2, "c"), (1, "a"), (2, "b")]), one);
    assert_ne!(sum(&[(1, "b"), (2, "a"), (2, "c")]), one, "values changed places");
    assert_ne!(sum(&[(1, "a"), (2, "b")]), one, "one less");
    assert_ne!(sum(&[(1, "a"), (2, "b"), (2, "b"), (2, "c")]), one, "one twice");
    let memory = fixture.task(2);
    let mut elsewhere = MapOutputWriter::new(&fixture.blocks, SHUFFLE, TaskId(2), 3, &memory);
    for (reduce, pair) in [(0, (1u64, "a")), (2, (2, "b")), (2, (2, "c"))] {
        elsewhere.write(reduce, &pair).unwrap();
    }
    assert_ne!(elsewhere.checksum(), one, "another piece");
}

#[test]
fn the_checksum_by_key_leaves_the_values_out_and_the_records_are_the_same() {
    let fixture = Fixture::new(1 << 20);
    let sum = |pairs: &[(u64, &str)]| checksum(&fixture, pairs, true);
    assert_eq!(sum(&[(1, "a"), (2, "b")]), sum(&[(2, "c"), (1, "d")]));
    assert_ne!(sum(&[(1, "a"), (2, "b")]), sum(&[(1, "a"), (5, "b")]));
    let memory = fixture.task(1);
    let mut writer = MapOutputWriter::new(&fixture.blocks, SHUFFLE, TaskId(1), 1, &memory);
    (0..100u64).for_each(|n| writer.write_keyed(0, &(n, "x".to_owned())).unwrap());
    let (sizes, ..) = writer.finish().unwrap();
    let output = MapStatus { executor: ExecutorId(1), map_task: TaskId(1), sizes };
    let mut found = read(&fixture, 0..1, &[Some(output)]);
    found.sort_unstable();
    assert!(found.into_iter().eq(0..100));
}
