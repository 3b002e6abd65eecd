//! The two paths that every record takes: combining by key, and writing and reading map output.
//!
//! `cargo bench -p hearth-storage [-- PART]`; prints CPU time per record of the parts whose name contains PART.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints its result and stops at errors"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use hearth_storage::codec::Records;
use hearth_storage::{
    BlockManager, BlockManagerConf, ExternalAggregator, ExternalSorter, FetchContext, FetchLimits,
    FetchRequest, MapOutputWriter, MemoryConf, MemoryManager, ShuffleReader, SpillContext,
};
use hearth_types::{ExecutorId, MapStatus, ShuffleId, TaskId};

/// What applications have.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let memory = MemoryManager::new(MemoryConf { total: 2 << 30, storage_fraction: 0.5 });
    let conf = BlockManagerConf::new(ExecutorId(0), directory.path().join("blocks"), Arc::clone(&memory));
    let blocks = BlockManager::new(conf).unwrap();
    let wanted = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let parts: [(&str, &dyn Fn()); 6] = [
        ("words", &|| count_words(&blocks)),
        ("numbers", &|| count_numbers(&blocks)),
        ("group", &|| group(&blocks)),
        ("sort", &|| sort(&blocks)),
        ("rows", &|| write_and_read(&blocks, "10 M x 100 B, 16 partitions", 10, 16, 1_000_000, 90)),
        ("pieces", &|| write_and_read(&blocks, "1000 x 1000 pieces of one record", 1_000, 1_000, 1_000, 0)),
    ];
    for (_, part) in parts.iter().filter(|(name, _)| name.contains(&wanted)) {
        part();
    }
    blocks.stop();
}

/// CPU time of this thread, so that a busy machine does not count.
struct Started(Duration);

impl Started {
    fn now() -> Self {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        Self(Duration::try_from(time).unwrap())
    }
}

fn report(what: &str, records: u64, started: Started) {
    let elapsed = Started::now().0 - started.0;
    let nanos = elapsed.as_nanos() as f64 / records as f64;
    println!("{what:45} {:8.3} s {nanos:8.1} ns/record", elapsed.as_secs_f64());
}

/// A generator that costs next to nothing.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    /// Small numbers are likely, as words are.
    fn word(&mut self, distinct: u64) -> u64 {
        let uniform = (self.next() % (1 << 24)) as f64 / (1u64 << 24) as f64;
        (distinct as f64).powf(uniform) as u64
    }
}

fn count_words(blocks: &Arc<BlockManager>) {
    let mut numbers = Numbers(1);
    let words: Vec<String> = (0..100_000)
        .map(|n| {
            let length = 2 + n as usize % 9;
            format!("{:010x}", n * 2_654_435_761u64).chars().rev().take(length).collect()
        })
        .collect();
    let text: Vec<&str> = (0..1 << 20).map(|_| &*words[numbers.word(100_000) as usize]).collect();
    let task = blocks.memory().task(TaskId(1));
    let started = Started::now();
    let rounds = 20;
    let mut counts = ExternalAggregator::new(SpillContext::new(blocks, &task));
    for _ in 0..rounds {
        for words in text.chunks(32) {
            let mut pairs = words.iter().map(|word| ((*word).to_owned(), 1u64)).collect();
            counts.insert_all(&mut pairs, |one| one, |sum, one| sum + one).unwrap();
        }
    }
    let total: u64 = counts.finish(|a, b| a + b).unwrap().map(|pair| pair.unwrap().1).sum();
    assert_eq!(total, rounds << 20);
    report("count words (String keys, made each time)", rounds << 20, started);
}

fn count_numbers(blocks: &Arc<BlockManager>) {
    let task = blocks.memory().task(TaskId(1));
    let started = Started::now();
    let count = 20_000_000;
    let mut numbers = Numbers(2);
    let mut counts = ExternalAggregator::new(SpillContext::new(blocks, &task));
    for _ in 0..count {
        counts.insert(numbers.word(100_000), 1u64, |one| one, |sum, one| sum + one).unwrap();
    }
    assert_eq!(counts.finish(|a, b| a + b).unwrap().map(|pair| pair.unwrap().1).sum::<u64>(), count);
    report("count numbers (u64 keys)", count, started);
}

fn group(blocks: &Arc<BlockManager>) {
    let task = blocks.memory().task(TaskId(1));
    let started = Started::now();
    let count = 5_000_000;
    let mut numbers = Numbers(3);
    let mut groups = ExternalAggregator::new(SpillContext::new(blocks, &task));
    for _ in 0..count {
        let push = |mut group: Vec<u64>, value| {
            group.push(value);
            group
        };
        groups.insert(numbers.next() % 1_000, 7u64, |value| vec![value], push).unwrap();
    }
    let total: usize = groups.finish(|a, _| a).unwrap().map(|pair| pair.unwrap().1.len()).sum();
    assert_eq!(total, count as usize);
    report("group numbers into 1000 vectors", count, started);
}

fn sort(blocks: &Arc<BlockManager>) {
    let task = blocks.memory().task(TaskId(1));
    let mut numbers = Numbers(4);
    let rows: Vec<(String, String)> =
        (0..1_000_000).map(|_| (format!("{:010}", numbers.next()), "x".repeat(88))).collect();
    let started = Started::now();
    let mut sorter =
        ExternalSorter::new(SpillContext::new(blocks, &task), |pair: &(String, String)| &pair.0, true);
    rows.into_iter().for_each(|row| sorter.insert(row).unwrap());
    black_box(sorter.finish().unwrap().map(Result::unwrap).count());
    report("sort strings of 10 B with 88 B", 1_000_000, started);
}

fn write_and_read(
    blocks: &Arc<BlockManager>,
    what: &str,
    maps: u64,
    reduces: u32,
    records: u64,
    padding: usize,
) {
    let shuffle = ShuffleId(reduces);
    let mut numbers = Numbers(5);
    let rows: Vec<(String, String)> = (0..50_000)
        .map(|_| {
            let text: String = (0..padding).map(|_| char::from(b'a' + (numbers.next() % 26) as u8)).collect();
            (format!("{:010}", numbers.next()), text)
        })
        .collect();
    let started = Started::now();
    let mut outputs = Vec::new();
    for map in 0..maps {
        let task = blocks.memory().task(TaskId(map));
        let mut writer = MapOutputWriter::new(blocks, shuffle, TaskId(map), reduces, &task);
        for n in 0..records {
            let reduce = if records == u64::from(reduces) { n } else { numbers.next() % u64::from(reduces) };
            writer.write_keyed(reduce as u32, &rows[(n % 50_000) as usize]).unwrap();
        }
        let sizes = writer.finish().unwrap().0;
        outputs.push(Some(MapStatus { executor: ExecutorId(0), map_task: TaskId(map), sizes }));
    }
    report(&format!("write {what}"), maps * records, started);
    let started = Started::now();
    let mut count = 0;
    for reduce in 0..reduces {
        let ctx = FetchContext {
            blocks: Arc::clone(blocks),
            remote: None,
            limits: FetchLimits::default(),
            cancelled: Arc::new(AtomicBool::new(false)),
        };
        let request = FetchRequest {
            shuffle,
            reduces: reduce..reduce + 1,
            outputs: &outputs,
            addresses: &BTreeMap::new(),
        };
        for piece in ShuffleReader::new(&request, ctx) {
            count += Records::<(String, String)>::new(piece.unwrap().1).map(Result::unwrap).count() as u64;
        }
    }
    assert_eq!(count, maps * records);
    report(&format!("read {what}"), maps * records, started);
    blocks.remove_shuffle(shuffle);
}
