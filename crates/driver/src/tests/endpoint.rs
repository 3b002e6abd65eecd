//! The driver's port, over gRPC with mutual TLS.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hearth_rpc::control::{Receiver, attach};
use hearth_rpc::message::{Registration, ToExecutor};
use hearth_rpc::{Authority, Connector, Identity, PROTOCOL_VERSION, TlsConnector};
use hearth_storage::{BlockClient, BlockManager, BlockManagerConf, MemoryConf, MemoryManager};
use hearth_types::{BlockId, BroadcastId, ExecutorId, TaskId};

use crate::{Blocks, Driver, DriverBlocks, Endpoint, Error};

struct Port {
    driver: Driver,
    address: String,
    blocks: Arc<BlockManager>,
    authority: Authority,
    directory: tempfile::TempDir,
}

fn endpoint(blocks: &Arc<BlockManager>, identity: Identity, port: u16) -> Endpoint {
    Endpoint {
        conf: BTreeMap::new(),
        epoch: 1,
        host: "127.0.0.1".to_owned(),
        port,
        port_key: "spark.driver.port",
        build_id: "build-1".to_owned(),
        identity,
        blocks: Arc::clone(blocks),
    }
}

fn open() -> Port {
    let directory = tempfile::tempdir().unwrap();
    let memory = MemoryManager::new(MemoryConf { total: 64 << 20, storage_fraction: 0.5 });
    let conf = BlockManagerConf::new(ExecutorId::DRIVER, directory.path().join("driver"), memory);
    let blocks = BlockManager::new(conf).unwrap();
    let authority = Authority::new("app").unwrap();
    let driver = Driver::new().unwrap();
    let identity = authority.issue("driver").unwrap();
    let address = driver.listen(endpoint(&blocks, identity, 0)).unwrap().to_string();
    Port { driver, address, blocks, authority, directory }
}

fn registration(build_id: &str, protocol_version: u32) -> Registration {
    Registration {
        executor: ExecutorId(0),
        host: "host".to_owned(),
        slots: 1,
        block_address: "host:1".to_owned(),
        max_memory: 1,
        protocol_version,
        build_id: build_id.to_owned(),
    }
}

impl Port {
    fn connector(&self) -> Arc<dyn Connector> {
        Arc::new(TlsConnector::new(&self.authority.issue("executor-0").unwrap()))
    }

    /// What the driver answers to a registration.
    fn answer(&self, registration: Registration) -> ToExecutor {
        self.driver.runtime().block_on(async {
            let channel = self.connector().channel(&self.address).unwrap();
            let (_speak, mut told): (_, Receiver<ToExecutor>) = attach(channel, registration).await.unwrap();
            told.recv().await.unwrap()
        })
    }
}

#[test]
fn another_build_or_protocol_is_refused_with_what_to_do() {
    let port = open();
    let ToExecutor::Refused(reason) = port.answer(registration("build-2", PROTOCOL_VERSION)) else {
        panic!()
    };
    assert!(
        reason.contains("build-2") && reason.contains("build-1") && reason.contains("same binary"),
        "{reason}"
    );
    let ToExecutor::Refused(reason) = port.answer(registration("build-1", PROTOCOL_VERSION + 1)) else {
        panic!()
    };
    assert!(reason.contains("protocol version") && reason.contains("same release"), "{reason}");
}

#[test]
fn a_stranger_does_not_get_past_the_handshake() {
    let port = open();
    let foreign = Authority::new("app").unwrap().issue("executor-0").unwrap();
    port.driver.runtime().block_on(async {
        let channel = TlsConnector::new(&foreign).channel(&port.address).unwrap();
        assert!(attach(channel, registration("build-1", PROTOCOL_VERSION)).await.is_err());
    });
}

#[test]
fn a_broadcast_value_is_read_from_the_drivers_port() {
    let port = open();
    let driver_blocks = DriverBlocks::new(Arc::clone(&port.blocks), Some(BlockClient::new(port.connector())));
    let block = BlockId::Broadcast(BroadcastId(3));
    driver_blocks.put(block, Bytes::from_static(b"value")).unwrap();
    let read = |block| {
        let read = driver_blocks.fetch(ExecutorId(0), port.address.clone(), block);
        port.driver.runtime().block_on(read)
    };
    assert_eq!(read(block), Ok(Bytes::from_static(b"value")));
    driver_blocks.remove(block);
    assert_eq!(read(block), Err("broadcast_3 is not there".to_owned()));
    assert!(read(BlockId::TaskResult(TaskId(1))).is_err());
    assert!(port.directory.path().exists());
}

#[test]
fn a_port_in_use_is_an_error_that_names_the_setting() {
    let port = open();
    let used = port.address.rsplit_once(':').unwrap().1.parse().unwrap();
    let other = Driver::new().unwrap();
    let error =
        other.listen(endpoint(&port.blocks, port.authority.issue("driver").unwrap(), used)).unwrap_err();
    assert!(matches!(error, Error::Bind(_)));
    assert!(error.to_string().contains("spark.driver.port"), "{error}");
}

#[test]
fn a_driver_may_start_and_go_within_an_asynchronous_program() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let port = open();
        tokio::time::timeout(Duration::from_secs(10), async { drop(port) }).await.unwrap();
    });
}
