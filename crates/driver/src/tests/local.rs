//! A `local` master: one executor in the driver's own process, without gRPC.

use std::sync::Arc;

use hearth_conf::SparkConf;
use hearth_types::{BlockId, ExecutorId};

use super::support::*;
use crate::{Deployment, Driver, DriverConf, DriverParts, Executors};

#[test]
fn the_executor_of_a_local_master_keeps_the_drivers_broadcasts() {
    let conf = DriverConf::new(&SparkConf::new(), Deployment::Local { slots: 2 }).unwrap();
    let (attached, executor) = fake(ExecutorId::DRIVER.0, 2);
    let blocks = MemoryBlocks::default();
    let held = blocks.held.clone();
    let parts = DriverParts {
        executors: Executors::Local(Box::new(attached)),
        blocks: Arc::new(blocks),
        listeners: Vec::new(),
        temp_dirs: Vec::new(),
    };
    let handle = Driver::new().unwrap().start(conf, parts).unwrap();
    let block = BlockId::Broadcast(handle.add_broadcast(bytes::Bytes::from_static(b"value")));
    handle.remove_block(block, false);
    handle.remove_block(BlockId::Broadcast(hearth_types::BroadcastId(99)), true);
    let first = [executor.next(), executor.next()];
    assert!(first.iter().all(|told| !format!("{told:?}").contains(&format!("{block:?}"))), "{first:?}");
    assert!(held.lock().contains_key(&block));
    executor.serve(succeed);
    let (job, results) = job(0, 1, 5);
    handle.run_job(job).unwrap();
    assert_eq!(results.lock().len(), 5);
    assert_eq!(handle.executors()[0].executor, ExecutorId::DRIVER);
    assert_eq!(handle.total_slots(), 2);
    handle.stop();
}
