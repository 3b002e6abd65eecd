use bytes::Bytes;
use hearth_types::{BlockId, BlockUpdate, BroadcastId, RddId, StorageLevel, TaskId};

use crate::testing::{Fixture, damage};
use crate::{Data, Error, Put};

const MIB: u64 = 1 << 20;

fn rdd(rdd: u32, partition: u32) -> BlockId {
    BlockId::Rdd { rdd: RddId(rdd), partition }
}

/// `count` numbers, 8 bytes each in memory.
fn numbers(count: u64) -> Box<dyn Iterator<Item = u64>> {
    Box::new(0..count)
}

fn put(fixture: &Fixture, block: BlockId, level: StorageLevel, count: u64) -> bool {
    let task = fixture.task(1);
    let put = fixture.blocks.put(block, level, numbers(count), &task).unwrap();
    let is_stored = put.is_stored();
    assert!(put.map(Result::unwrap).eq(0..count), "the records are given whatever happens");
    is_stored
}

fn updates(fixture: &Fixture) -> Vec<BlockUpdate> {
    fixture.blocks.hand_over_updates(|updates| updates)
}

fn get<T: Data>(fixture: &Fixture, block: BlockId) -> Option<Vec<T>> {
    Some(fixture.blocks.get(block).unwrap()?.map(Result::unwrap).collect())
}

#[test]
fn every_level_gives_back_what_was_stored() {
    let levels = [
        StorageLevel::MEMORY_ONLY,
        StorageLevel::MEMORY_ONLY_SER,
        StorageLevel::MEMORY_AND_DISK,
        StorageLevel::MEMORY_AND_DISK_SER,
        StorageLevel::DISK_ONLY,
    ];
    for level in levels {
        let fixture = Fixture::new(64 * MIB);
        for (partition, count) in [0, 1, 17, 100_000].into_iter().enumerate() {
            let block = rdd(1, partition as u32);
            assert!(put(&fixture, block, level, count));
            assert_eq!(get::<u64>(&fixture, block).unwrap(), (0..count).collect::<Vec<_>>());
        }
        assert_eq!(updates(&fixture).len(), 4);
        fixture.blocks.remove_rdd(RddId(1));
        assert_eq!(fixture.memory.usage().storage, 0);
        assert!(fixture.files().is_empty());
        let gone = BlockUpdate {
            rdd: RddId(1),
            partition: 0,
            level: StorageLevel::NONE,
            memory_size: 0,
            disk_size: 0,
        };
        assert_eq!(updates(&fixture)[0], gone);
    }
}

#[test]
fn level_none_stores_nothing() {
    let fixture = Fixture::new(64 * MIB);
    assert!(!put(&fixture, rdd(1, 0), StorageLevel::NONE, 10));
    assert!(!fixture.blocks.contains(rdd(1, 0)));
}

#[test]
fn memory_is_what_the_values_take() {
    let fixture = Fixture::new(64 * MIB);
    put(&fixture, rdd(1, 0), StorageLevel::MEMORY_ONLY, 100_000);
    assert_eq!(fixture.memory.usage().storage, 800_000);
    let update = updates(&fixture)[0];
    assert_eq!((update.level, update.memory_size), (StorageLevel::MEMORY_ONLY, 800_000));
}

#[test]
fn the_least_recently_used_block_goes_first() {
    let fixture = Fixture::new(4 * MIB);
    for id in 0..4 {
        assert!(put(&fixture, rdd(id, 0), StorageLevel::MEMORY_ONLY, 100_000));
    }
    assert!(get::<u64>(&fixture, rdd(0, 0)).is_some());
    assert!(put(&fixture, rdd(9, 0), StorageLevel::MEMORY_ONLY, 200_000));
    let left: Vec<u32> = (0..4).filter(|id| fixture.blocks.contains(rdd(*id, 0))).collect();
    assert!(left.contains(&0), "{left:?}");
    assert!(!left.contains(&1), "{left:?}");
}

#[test]
fn a_block_never_evicts_another_of_its_rdd() {
    let fixture = Fixture::new(4 * MIB);
    assert!(put(&fixture, rdd(1, 0), StorageLevel::MEMORY_ONLY, 300_000));
    assert!(!put(&fixture, rdd(1, 1), StorageLevel::MEMORY_ONLY, 300_000));
    assert!(fixture.blocks.contains(rdd(1, 0)));
    assert!(put(&fixture, rdd(2, 0), StorageLevel::MEMORY_ONLY, 300_000));
    assert!(!fixture.blocks.contains(rdd(1, 0)));
}

#[test]
fn nothing_is_evicted_for_a_block_that_would_not_fit_anyway() {
    let fixture = Fixture::new(4 * MIB);
    assert!(put(&fixture, rdd(1, 0), StorageLevel::MEMORY_ONLY, 100_000));
    let bytes = Bytes::from(vec![0; 5 << 20]);
    let block = BlockId::Broadcast(BroadcastId(1));
    assert!(!fixture.blocks.put_bytes(block, bytes, StorageLevel::MEMORY_ONLY).unwrap());
    assert!(fixture.blocks.contains(rdd(1, 0)));
}

#[test]
fn what_does_not_fit_is_given_back_and_its_memory_too() {
    let fixture = Fixture::new(2 * MIB);
    for level in [StorageLevel::MEMORY_ONLY, StorageLevel::MEMORY_ONLY_SER] {
        assert!(!put(&fixture, rdd(1, 0), level, 2_000_000));
        assert_eq!(fixture.memory.usage().storage, 0);
    }
    let task = fixture.task(1);
    let put = fixture.blocks.put(rdd(1, 0), StorageLevel::MEMORY_ONLY, numbers(2_000_000), &task).unwrap();
    assert!(matches!(put, Put::NotStored(_)));
    assert!(fixture.memory.usage().storage > 0, "held while the unrolled records are read");
    drop(put);
    assert_eq!(fixture.memory.usage().storage, 0);
}

#[test]
fn what_does_not_fit_goes_to_disk_where_the_level_has_one() {
    let fixture = Fixture::new(2 * MIB);
    for (id, level) in [(1, StorageLevel::MEMORY_AND_DISK), (2, StorageLevel::MEMORY_AND_DISK_SER)] {
        assert!(put(&fixture, rdd(id, 0), level, 2_000_000));
        let update = updates(&fixture)[0];
        assert_eq!((update.level, update.memory_size), (StorageLevel::DISK_ONLY, 0));
        assert_eq!(get::<u64>(&fixture, rdd(id, 0)).unwrap().len(), 2_000_000);
    }
    assert_eq!(fixture.memory.usage().storage, 0);
}

#[test]
fn an_evicted_block_goes_to_disk_where_its_level_has_one() {
    for level in [StorageLevel::MEMORY_AND_DISK, StorageLevel::MEMORY_AND_DISK_SER] {
        let fixture = Fixture::new(4 * MIB);
        let words: Vec<String> = (0..20_000).map(|n| format!("word {n}")).collect();
        let records = Box::new(words.clone().into_iter());
        assert!(fixture.blocks.put(rdd(1, 0), level, records, &fixture.task(1)).unwrap().is_stored());
        let bytes = Bytes::from(vec![0; (4 * MIB - 1_000) as usize]);
        let broadcast = BlockId::Broadcast(BroadcastId(1));
        assert!(fixture.blocks.put_bytes(broadcast, bytes, StorageLevel::MEMORY_ONLY).unwrap());
        assert_eq!(get::<String>(&fixture, rdd(1, 0)).unwrap(), words);
        let updates = updates(&fixture);
        assert_eq!(updates.len(), 2);
        assert_eq!((updates[1].level, updates[1].memory_size), (StorageLevel::DISK_ONLY, 0));
        assert!(updates[1].disk_size > 100_000);
    }
}

#[test]
fn execution_takes_back_what_storage_borrowed() {
    let fixture = Fixture::new(4 * MIB);
    for partition in 0..3 {
        assert!(put(&fixture, rdd(1, partition), StorageLevel::MEMORY_ONLY, 120_000));
    }
    let task = fixture.task(1);
    assert_eq!(task.acquire(4 * MIB), 4 * MIB - 2 * 960_000);
    assert!(!fixture.blocks.contains(rdd(1, 0)));
    assert!(fixture.blocks.contains(rdd(1, 2)), "storage keeps its own half");
}

#[test]
fn eviction_that_fails_leaves_the_block_in_memory() {
    let fixture = Fixture::new(4 * MIB);
    assert!(put(&fixture, rdd(1, 0), StorageLevel::MEMORY_AND_DISK, 400_000));
    fixture.break_directory();
    assert_eq!(fixture.task(1).acquire(4 * MIB), 4 * MIB - 3_200_000);
    assert_eq!(get::<u64>(&fixture, rdd(1, 0)).unwrap().len(), 400_000);
}

#[test]
fn a_block_may_be_removed_while_it_is_read() {
    for level in [StorageLevel::MEMORY_ONLY, StorageLevel::MEMORY_ONLY_SER, StorageLevel::DISK_ONLY] {
        let fixture = Fixture::new(64 * MIB);
        put(&fixture, rdd(1, 0), level, 200_000);
        let mut records = fixture.blocks.get::<u64>(rdd(1, 0)).unwrap().unwrap();
        assert_eq!(records.next().unwrap().unwrap(), 0);
        assert!(fixture.blocks.remove(rdd(1, 0)).is_some());
        assert!(fixture.blocks.remove(rdd(1, 0)).is_none());
        assert_eq!(records.map(Result::unwrap).count(), 199_999);
    }
}

#[test]
fn a_damaged_file_is_an_error_and_then_forgotten() {
    let fixture = Fixture::new(64 * MIB);
    put(&fixture, rdd(1, 0), StorageLevel::DISK_ONLY, 100_000);
    damage(&fixture.files()[0]);
    let read: Result<Vec<u64>, Error> = fixture.blocks.get(rdd(1, 0)).unwrap().unwrap().collect();
    assert!(read.unwrap_err().is_corruption());
    assert!(fixture.blocks.get::<u64>(rdd(1, 0)).unwrap().is_none());
    assert!(fixture.files().is_empty());
}

#[test]
fn a_file_that_vanished_is_a_block_that_is_not_there() {
    let fixture = Fixture::new(64 * MIB);
    put(&fixture, rdd(1, 0), StorageLevel::DISK_ONLY, 10);
    std::fs::remove_file(&fixture.files()[0]).unwrap();
    assert!(fixture.blocks.get::<u64>(rdd(1, 0)).unwrap().is_none());
}

#[test]
fn bytes_come_back_from_memory_and_disk_and_damage_is_noticed() {
    let fixture = Fixture::new(64 * MIB);
    let bytes = Bytes::from(b"some result".repeat(1_000));
    for (id, level) in [(1, StorageLevel::MEMORY_ONLY_SER), (2, StorageLevel::DISK_ONLY)] {
        let block = BlockId::Broadcast(BroadcastId(id));
        assert!(fixture.blocks.put_bytes(block, bytes.clone(), level).unwrap());
        assert_eq!(fixture.blocks.get_bytes(block).unwrap().unwrap(), bytes);
    }
    assert_eq!(fixture.blocks.get_bytes(BlockId::Broadcast(BroadcastId(3))).unwrap(), None);
    damage(&fixture.files()[0]);
    assert!(fixture.blocks.get_bytes(BlockId::Broadcast(BroadcastId(2))).unwrap_err().is_corruption());
    assert!(updates(&fixture).is_empty(), "only cached partitions are reported");
}

#[test]
fn cached_values_travel_as_a_segment() {
    let fixture = Fixture::new(64 * MIB);
    for (id, level) in [(1, StorageLevel::MEMORY_ONLY), (2, StorageLevel::DISK_ONLY)] {
        put(&fixture, rdd(id, 0), level, 1_000);
        let segment = fixture.blocks.get_bytes(rdd(id, 0)).unwrap().unwrap();
        assert!(crate::codec::Records::<u64>::new(segment).map(Result::unwrap).eq(0..1_000));
    }
}

#[test]
fn values_are_shared_without_a_clone() {
    let fixture = Fixture::new(64 * MIB);
    put(&fixture, rdd(1, 0), StorageLevel::MEMORY_ONLY, 100);
    assert_eq!(fixture.blocks.values::<u64>(rdd(1, 0)).unwrap().len(), 100);
    assert!(fixture.blocks.values::<u32>(rdd(1, 0)).is_none());
    assert!(matches!(fixture.blocks.get::<String>(rdd(1, 0)).map(drop), Err(Error::Type { .. })));
}

#[test]
fn a_directory_that_cannot_be_used_is_named() {
    let fixture = Fixture::new(64 * MIB);
    fixture.break_directory();
    let put = fixture.blocks.put(rdd(1, 0), StorageLevel::DISK_ONLY, numbers(10), &fixture.task(1));
    let message = put.unwrap_err().to_string();
    assert!(message.contains(fixture.blocks.local_dir().to_str().unwrap()), "{message}");
}

#[test]
fn a_full_disk_says_what_to_do() {
    let path = std::path::Path::new("/scratch/blocks");
    let full = Error::file("write", path)(std::io::ErrorKind::StorageFull.into());
    assert_eq!(
        full.to_string(),
        "write /scratch/blocks: no storage space; free space there or set spark.local.dir to a larger disk"
    );
}

#[test]
fn stop_deletes_the_directory_and_returns_the_memory() {
    let fixture = Fixture::new(64 * MIB);
    put(&fixture, rdd(1, 0), StorageLevel::MEMORY_ONLY, 1_000);
    put(&fixture, rdd(1, 1), StorageLevel::DISK_ONLY, 1_000);
    fixture.blocks.stop();
    assert!(!fixture.blocks.local_dir().exists());
    assert_eq!(fixture.memory.usage().storage, 0);
    assert_eq!(std::fs::read_dir(fixture.directory.path()).unwrap().count(), 0);
}

#[test]
fn a_partition_may_be_removed_while_a_task_stores_it() {
    let fixture = Fixture::new(8 * MIB);
    let block = rdd(1, 0);
    std::thread::scope(|scope| {
        let stored = scope.spawn(|| {
            (0..2_000).for_each(|_| assert!(put(&fixture, block, StorageLevel::DISK_ONLY, 10)));
        });
        while !stored.is_finished() {
            fixture.blocks.remove(block);
        }
    });
    fixture.blocks.remove(block);
    assert!(fixture.files().is_empty());
}

#[test]
fn what_is_stored_anew_stays_when_the_files_of_before_are_deleted_later() {
    let fixture = Fixture::new(8 * MIB);
    put(&fixture, rdd(1, 0), StorageLevel::DISK_ONLY, 10);
    let removed = fixture.blocks.remove_rdd(RddId(1));
    put(&fixture, rdd(1, 0), StorageLevel::DISK_ONLY, 20);
    assert_eq!(fixture.files().len(), 2);
    drop(removed);
    assert_eq!(fixture.files().len(), 1);
    assert_eq!(get::<u64>(&fixture, rdd(1, 0)), Some((0..20).collect()));
}

#[test]
fn a_broken_file_is_forgotten_and_what_another_task_stored_since_stays() {
    let fixture = Fixture::new(8 * MIB);
    let block = rdd(1, 0);
    put(&fixture, block, StorageLevel::DISK_ONLY, 1_000);
    damage(&fixture.files()[0]);
    let broken = fixture.blocks.get::<u64>(block).unwrap().unwrap();
    put(&fixture, block, StorageLevel::DISK_ONLY, 10);
    assert!(broken.last().unwrap().unwrap_err().is_corruption());
    assert_eq!(get::<u64>(&fixture, block), Some((0..10).collect()));
}

#[test]
fn many_threads_put_get_and_remove_without_losing_memory() {
    let fixture = Fixture::new(8 * MIB);
    std::thread::scope(|scope| {
        for thread in 0..4u32 {
            let fixture = &fixture;
            scope.spawn(move || {
                let task = fixture.task(u64::from(thread));
                for round in 0..60u32 {
                    let block = rdd(round % 7, thread % 2);
                    let level = [
                        StorageLevel::MEMORY_ONLY,
                        StorageLevel::MEMORY_AND_DISK,
                        StorageLevel::MEMORY_AND_DISK_SER,
                        StorageLevel::DISK_ONLY,
                    ][(round % 4) as usize];
                    let put = fixture.blocks.put(block, level, numbers(20_000), &task).unwrap();
                    assert_eq!(put.map(Result::unwrap).count(), 20_000);
                    if let Some(records) = fixture.blocks.get::<u64>(block).unwrap() {
                        assert!(records.map(Result::unwrap).eq(0..20_000));
                    }
                    task.release(task.acquire(3 * MIB));
                    fixture.blocks.remove(rdd((round + thread) % 7, 0));
                }
            });
        }
    });
    (0..7).for_each(|id| drop(fixture.blocks.remove_rdd(RddId(id))));
    let usage = fixture.memory.usage();
    assert_eq!((usage.storage, usage.execution), (0, 0));
    assert!(fixture.files().is_empty());
}

#[test]
fn partitions_of_a_forgotten_rdd_are_stored_again_by_later_tasks_only() {
    let fixture = Fixture::new(1 << 20);
    let put_by = |task: u64, level| {
        let task = fixture.task(task);
        let put = fixture.blocks.put(rdd(1, 0), level, numbers(10), &task).unwrap();
        assert!(put.map(Result::unwrap).eq(0..10), "the records are given whatever happens");
    };
    let levels = [StorageLevel::MEMORY_ONLY, StorageLevel::MEMORY_ONLY_SER, StorageLevel::DISK_ONLY];
    for level in levels {
        put_by(1, level);
        drop(fixture.blocks.forget_rdd(RddId(1), TaskId(7)));
        put_by(6, level);
        assert_eq!(get::<u64>(&fixture, rdd(1, 0)), None, "{level:?}");
        put_by(7, level);
        assert!(get::<u64>(&fixture, rdd(1, 0)).is_some(), "{level:?}");
        drop(fixture.blocks.remove_rdd(RddId(1)));
        put_by(1, level);
        assert!(get::<u64>(&fixture, rdd(1, 0)).is_some(), "all is forgotten");
    }
    assert!(put(&fixture, rdd(2, 0), StorageLevel::MEMORY_ONLY, 10), "another RDD");
}
