use std::sync::Barrier;

use super::*;

fn manager(total: u64) -> Arc<MemoryManager> {
    MemoryManager::new(MemoryConf { total, storage_fraction: 0.5 })
}

/// Frees what is asked for, and remembers it.
struct FreesAll {
    memory: Arc<MemoryManager>,
    asked: Mutex<Vec<(u64, EvictFor)>>,
}

impl Evict for FreesAll {
    fn evict(&self, bytes: u64, why: EvictFor) {
        self.asked.lock().push((bytes, why));
        self.memory.release_storage(bytes);
    }
}

fn with_evictor(memory: &Arc<MemoryManager>) -> Arc<FreesAll> {
    let evictor = Arc::new(FreesAll { memory: Arc::clone(memory), asked: Mutex::default() });
    memory.set_evictor(Arc::downgrade(&evictor) as Weak<dyn Evict>);
    evictor
}

#[test]
fn a_task_alone_may_have_everything_and_gives_it_back_when_it_ends() {
    let memory = manager(1_000);
    let task = memory.task(TaskId(1));
    assert_eq!(task.acquire(600), 600);
    assert_eq!(task.acquire(600), 400);
    task.release(100);
    assert_eq!((task.used(), task.peak()), (900, 1_000));
    let clone = task.clone();
    drop(task);
    assert_eq!(memory.usage().execution, 900);
    drop(clone);
    assert_eq!(memory.usage(), MemoryUsage { total: 1_000, execution: 0, storage: 0 });
}

#[test]
fn of_two_tasks_neither_gets_more_than_half() {
    let memory = manager(1_000);
    let (one, two) = (memory.task(TaskId(1)), memory.task(TaskId(2)));
    assert_eq!(one.acquire(800), 500);
    assert_eq!(two.acquire(800), 500);
    assert_eq!(one.acquire(1), 0);
}

#[test]
fn a_task_never_releases_what_it_does_not_hold() {
    let memory = manager(1_000);
    let (one, two) = (memory.task(TaskId(1)), memory.task(TaskId(2)));
    one.acquire(100);
    two.acquire(100);
    one.release(10_000);
    assert_eq!(memory.usage().execution, 100);
}

#[test]
fn a_latecomer_waits_for_the_first_to_spill() {
    let mut memory = manager(1_000);
    Arc::get_mut(&mut memory).unwrap().wait_for_share = Duration::from_secs(60);
    let first = memory.task(TaskId(1));
    assert_eq!(first.acquire(1_000), 1_000);
    let late = memory.task(TaskId(2));
    let barrier = Barrier::new(2);
    let granted = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            barrier.wait();
            late.acquire(200)
        });
        barrier.wait();
        first.release(1_000);
        waiting.join().unwrap()
    });
    assert_eq!(granted, 200);
}

#[test]
fn a_starved_task_gets_an_answer_all_the_same() {
    let memory = manager(1_000);
    let first = memory.task(TaskId(1));
    first.acquire(1_000);
    let late = memory.task(TaskId(2));
    assert_eq!(late.acquire(200), 0);
    assert!(!late.acquire_all(1));
}

#[test]
fn storage_borrows_and_execution_takes_back_down_to_the_region() {
    let memory = manager(1_000);
    let evictor = with_evictor(&memory);
    assert!(memory.acquire_storage(900, None));
    let task = memory.task(TaskId(1));
    assert_eq!(task.acquire(700), 500);
    assert_eq!(*evictor.asked.lock(), [(400, EvictFor::Execution)]);
    assert_eq!(memory.usage(), MemoryUsage { total: 1_000, execution: 500, storage: 500 });
}

#[test]
fn storage_never_takes_from_execution() {
    let memory = manager(1_000);
    let evictor = with_evictor(&memory);
    let task = memory.task(TaskId(1));
    task.acquire(700);
    assert!(!memory.acquire_storage(301, None));
    assert!(evictor.asked.lock().is_empty());
    assert!(memory.acquire_storage(300, None));
}

#[test]
fn a_block_evicts_only_what_it_lacks() {
    let memory = manager(1_000);
    let evictor = with_evictor(&memory);
    let rdd = Some(RddId(3));
    assert!(memory.acquire_storage(800, rdd));
    assert!(memory.acquire_storage(300, rdd));
    assert_eq!(*evictor.asked.lock(), [(100, EvictFor::Block(rdd))]);
}

#[test]
fn a_grant_lets_a_little_go_free_and_asks_in_steps() {
    let memory = manager(10 << 20);
    let task = memory.task(TaskId(1));
    let mut grant = Grant::new(&task);
    assert!(grant.cover(200 * 1024));
    assert_eq!(task.used(), 0);
    assert!(grant.cover(1 << 20));
    assert_eq!(task.used(), 2 << 20);
    assert!(!grant.cover(11 << 20));
    drop(grant);
    assert_eq!(task.used(), 0);
}
