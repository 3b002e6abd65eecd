//! Real gRPC over loopback, without TLS: that is the connector's business.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hearth_rpc::generated::block as proto;
use hearth_rpc::{Connector, ConnectorError, Services};
use hearth_types::{BlockId, BroadcastId, ExecutorId, MapStatus, RddId, ShuffleId, StorageLevel, TaskId};
use parking_lot::Mutex;
use proto::blocks_server::{Blocks, BlocksServer};
use tokio::runtime::Runtime;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status};

use super::*;
use crate::codec::Records;
use crate::testing::{Fixture, Random, damage};
use crate::{FetchContext, FetchError, FetchLimits, FetchRequest, MapOutputWriter, Remote, ShuffleReader};

const MIB: u64 = 1 << 20;
const SHUFFLE: ShuffleId = ShuffleId(3);
const SERVER: ExecutorId = ExecutorId(1);
const READER: ExecutorId = ExecutorId(2);

struct Plain;

impl Connector for Plain {
    fn channel(&self, address: &str) -> Result<Channel, ConnectorError> {
        let endpoint = Endpoint::from_shared(format!("http://{address}"))
            .map_err(|source| ConnectorError::Address { address: address.to_owned(), source })?;
        Ok(endpoint.connect_lazy())
    }
}

/// A server with map outputs, and a reader in another block manager.
struct Pair {
    runtime: Runtime,
    server: Fixture,
    reader: Fixture,
    outputs: Vec<Option<MapStatus>>,
    limits: FetchLimits,
    cancelled: Arc<AtomicBool>,
}

fn reading(total: u64) -> Fixture {
    Fixture::with(total, |conf| conf.executor = READER)
}

impl Pair {
    fn new(server: Fixture) -> Self {
        let limits = FetchLimits { retry_wait: Duration::from_millis(1), ..FetchLimits::default() };
        Self {
            runtime: Runtime::new().unwrap(),
            server,
            reader: reading(64 * MIB),
            outputs: Vec::new(),
            limits,
            cancelled: Arc::default(),
        }
    }

    /// Adds a map output of `count` records of `size` random bytes, round robin over `reduces`.
    fn write(&mut self, reduces: u32, count: u32, size: usize) {
        let task = TaskId(self.outputs.len() as u64);
        let memory = self.server.task(task.0);
        let mut writer = MapOutputWriter::new(&self.server.blocks, SHUFFLE, task, reduces, &memory);
        let mut random = Random::new(task.0);
        for n in 0..count {
            writer.write(n % reduces, &(n, random.bytes(size))).unwrap();
        }
        let sizes = writer.finish().unwrap().0;
        self.outputs.push(Some(MapStatus { executor: SERVER, map_task: task, sizes }));
    }

    fn serve(&self, service: impl Blocks) -> String {
        self.runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let services = Services::default().with(BlocksServer::new(service));
            let incoming = TcpListenerStream::new(listener);
            tokio::spawn(Server::builder().serve_with_incoming(services, incoming));
            address
        })
    }

    fn honest(&self) -> BlockService {
        BlockService::new(Arc::clone(&self.server.blocks))
    }

    fn reader(&self, address: &str, reduces: std::ops::Range<u32>) -> ShuffleReader {
        let addresses = BTreeMap::from([(SERVER, address.to_owned())]);
        let client = BlockClient::new(Arc::new(Plain));
        let remote = Some(Remote { client, runtime: self.runtime.handle().clone() });
        let ctx = FetchContext {
            blocks: Arc::clone(&self.reader.blocks),
            remote,
            limits: self.limits,
            cancelled: Arc::clone(&self.cancelled),
        };
        let request =
            FetchRequest { shuffle: SHUFFLE, reduces, outputs: &self.outputs, addresses: &addresses };
        ShuffleReader::new(&request, ctx)
    }

    /// The number of each record, and a check of the bytes.
    fn read(&self, address: &str, reduces: std::ops::Range<u32>) -> Result<Vec<(u32, u32)>, FetchError> {
        let mut records = Vec::new();
        for piece in self.reader(address, reduces) {
            let (map_index, segment) = piece?;
            for record in Records::<(u32, Vec<u8>)>::new(segment) {
                records.push((map_index, record.unwrap().0));
            }
        }
        records.sort_unstable();
        Ok(records)
    }

    fn expected(&self, reduces: u32, reduce: u32, count: u32) -> Vec<(u32, u32)> {
        let of = |map| (0..count).filter(move |n| n % reduces == reduce).map(move |n| (map, n));
        (0..self.outputs.len() as u32).flat_map(of).collect()
    }
}

#[test]
fn pieces_from_memory_and_from_files_arrive_whole() {
    for max_in_memory in [0, 32 << 20] {
        let mut pair = Pair::new(Fixture::with(64 * MIB, |conf| conf.shuffle_max_in_memory = max_in_memory));
        (0..30).for_each(|_| pair.write(5, 500, 100));
        let address = pair.serve(pair.honest());
        for reduce in 0..5 {
            assert_eq!(pair.read(&address, reduce..reduce + 1).unwrap(), pair.expected(5, reduce, 500));
        }
        assert_eq!(pair.read(&address, 1..4).unwrap().len(), 30 * 300);
        let mut reader = pair.reader(&address, 0..5);
        let read: u64 = reader.by_ref().map(|piece| piece.unwrap().1.len() as u64).sum();
        assert_eq!((reader.metrics().remote_blocks_fetched, reader.metrics().remote_bytes_read), (30, read));
    }
}

#[test]
fn pieces_larger_than_many_chunks_arrive_in_parts() {
    for max_in_memory in [0, 64 << 20] {
        let mut pair = Pair::new(Fixture::with(256 * MIB, |conf| conf.shuffle_max_in_memory = max_in_memory));
        (0..2).for_each(|_| pair.write(2, 200, 150_000));
        pair.limits.max_bytes_in_flight = 1;
        let address = pair.serve(pair.honest());
        assert_eq!(pair.read(&address, 0..1).unwrap(), pair.expected(2, 0, 200));
        let parts = pair.reader(&address, 0..1).map(Result::unwrap).count();
        assert!(parts > 4, "{parts}");
    }
}

#[test]
fn a_thousand_small_pieces_are_few_messages() {
    let mut pair = Pair::new(Fixture::new(64 * MIB));
    (0..1_000).for_each(|_| pair.write(10, 10, 1));
    let service = Faulty::new(pair.honest(), |_, _| Fault::None);
    let messages = Arc::clone(&service.messages);
    let address = pair.serve(service);
    assert_eq!(pair.read(&address, 3..4).unwrap().len(), 1_000);
    assert_eq!(messages.load(Ordering::SeqCst), 1);
}

#[test]
fn a_missing_output_is_typed_and_not_asked_for_again() {
    let mut pair = Pair::new(Fixture::new(64 * MIB));
    (0..3).for_each(|_| pair.write(1, 10, 1));
    pair.server.blocks.remove(BlockId::Shuffle { shuffle: SHUFFLE, map_task: TaskId(1) });
    let service = Faulty::new(pair.honest(), |_, _| Fault::None);
    let calls = Arc::clone(&service.calls);
    let address = pair.serve(service);
    let pieces: Vec<_> = pair.reader(&address, 0..1).collect();
    assert_eq!(pieces.len(), 2);
    let error = pieces[1].as_ref().unwrap_err();
    assert_eq!((error.map_index, error.reduce, error.from), (Some(1), 0, Some(SERVER)));
    assert!(error.message.contains("shuffle_3_1_0"), "{error}");
    assert_eq!(calls.load(Ordering::SeqCst), 1);
}

#[test]
fn a_damaged_file_on_the_other_side_is_fetched_twice_and_then_fails() {
    let mut pair = Pair::new(Fixture::with(64 * MIB, |conf| conf.shuffle_max_in_memory = 0));
    pair.write(1, 1_000, 100);
    damage(pair.server.files().iter().find(|path| path.extension().unwrap() == "data").unwrap());
    let service = Faulty::new(pair.honest(), |_, _| Fault::None);
    let calls = Arc::clone(&service.calls);
    let address = pair.serve(service);
    let error = pair.read(&address, 0..1).unwrap_err();
    assert_eq!((error.map_index, error.from), (Some(0), Some(SERVER)));
    assert_eq!(calls.load(Ordering::SeqCst), 2);
}

#[test]
fn nobody_listening_is_a_fetch_failure_after_the_tries() {
    let mut pair = Pair::new(Fixture::new(64 * MIB));
    pair.write(1, 10, 1);
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let error = pair.read(&address, 0..1).unwrap_err();
    assert_eq!((error.map_index, error.from), (Some(0), Some(SERVER)));
    assert!(error.message.contains(&address), "{error}");
}

#[test]
fn a_stream_that_breaks_goes_on_where_it_broke() {
    let mut pair = Pair::new(Fixture::with(256 * MIB, |conf| conf.shuffle_max_in_memory = 0));
    (0..4).for_each(|_| pair.write(1, 80, 150_000));
    // Every stream dies after its seventh message: there are about 46.
    let service =
        Faulty::new(pair.honest(), |_, message| if message == 7 { Fault::Break } else { Fault::None });
    let calls = Arc::clone(&service.calls);
    let address = pair.serve(service);
    assert_eq!(pair.read(&address, 0..1).unwrap(), pair.expected(1, 0, 80));
    assert!(calls.load(Ordering::SeqCst) > 6);
}

#[test]
fn a_server_that_always_dies_is_a_fetch_failure() {
    let mut pair = Pair::new(Fixture::new(64 * MIB));
    pair.write(1, 10, 1);
    for fault in [Fault::Break, Fault::End] {
        let service = Faulty::new(pair.honest(), move |_, _| fault);
        let calls = Arc::clone(&service.calls);
        let address = pair.serve(service);
        let error = pair.read(&address, 0..1).unwrap_err();
        assert_eq!((error.map_index, error.from), (Some(0), Some(SERVER)));
        assert_eq!(calls.load(Ordering::SeqCst), 4, "once and three more tries");
    }
}

#[test]
fn a_silent_server_counts_as_broken() {
    let mut pair = Pair::new(Fixture::new(64 * MIB));
    pair.write(1, 10, 1);
    pair.limits.timeout = Duration::from_millis(100);
    // An honest answer may take longer than that, too.
    pair.limits.max_retries = u32::MAX;
    let address = pair
        .serve(Faulty::new(pair.honest(), |call, _| if call == 0 { Fault::Silence } else { Fault::None }));
    assert_eq!(pair.read(&address, 0..1).unwrap(), pair.expected(1, 0, 10));
}

#[test]
fn damage_on_the_way_is_fetched_again_once() {
    let mut pair = Pair::new(Fixture::new(64 * MIB));
    (0..3).for_each(|_| pair.write(1, 100, 100));
    let address =
        pair.serve(Faulty::new(pair.honest(), |call, _| if call == 0 { Fault::Damage } else { Fault::None }));
    assert_eq!(pair.read(&address, 0..1).unwrap(), pair.expected(1, 0, 100));
    let address = pair.serve(Faulty::new(pair.honest(), |_, _| Fault::Damage));
    let error = pair.read(&address, 0..1).unwrap_err();
    assert!(error.message.contains("corrupt"), "{error}");
}

#[test]
fn a_cancelled_reader_stops_waiting() {
    let mut pair = Pair::new(Fixture::new(64 * MIB));
    pair.write(1, 10, 1);
    let cancelled = Arc::clone(&pair.cancelled);
    let address = pair.serve(Faulty::new(pair.honest(), move |_, _| {
        cancelled.store(true, Ordering::SeqCst);
        Fault::Silence
    }));
    assert!(pair.read(&address, 0..1).unwrap_err().is_cancelled);
}

#[test]
fn a_server_that_lies_harms_nobody() {
    let mut pair = Pair::new(Fixture::new(64 * MIB));
    (0..3).for_each(|_| pair.write(1, 10, 10));
    pair.limits.max_retries = 0;
    let address = pair.serve(Liar(Mutex::new(Random::new(11))));
    for _ in 0..300 {
        let mut reader = pair.reader(&address, 0..1);
        let wrong = reader.by_ref().any(|piece| piece.is_err());
        assert!(wrong || reader.metrics().remote_bytes_read == 0);
    }
}

#[test]
fn whole_blocks_are_fetched_from_memory_and_disk() {
    let pair = Pair::new(Fixture::new(64 * MIB));
    let address = pair.serve(pair.honest());
    let client = BlockClient::new(Arc::new(Plain));
    let mut random = Random::new(1);
    for (id, size) in [(1, 0), (2, 10), (3, 1 << 20), (4, (5 << 20) + 3)] {
        let bytes = Bytes::from(random.bytes(size));
        for level in [StorageLevel::MEMORY_ONLY_SER, StorageLevel::DISK_ONLY] {
            let block = BlockId::Broadcast(BroadcastId(id));
            pair.server.blocks.put_bytes(block, bytes.clone(), level).unwrap();
            let fetched = pair.runtime.block_on(client.fetch_block(&address, block)).unwrap();
            assert!(fetched.unwrap() == bytes);
            pair.server.blocks.remove(block);
        }
    }
    for block in [BlockId::TaskResult(TaskId(9)), BlockId::Rdd { rdd: RddId(1), partition: 2 }] {
        assert_eq!(pair.runtime.block_on(client.fetch_block(&address, block)).unwrap(), None);
    }
    let records: Box<dyn Iterator<Item = u32>> = Box::new(0..100u32);
    let cached = BlockId::Rdd { rdd: RddId(1), partition: 2 };
    let task = pair.server.task(1);
    drop(pair.server.blocks.put(cached, StorageLevel::MEMORY_ONLY, records, &task).unwrap());
    let segment = pair.runtime.block_on(client.fetch_block(&address, cached)).unwrap().unwrap();
    assert!(Records::<u32>::new(segment).map(Result::unwrap).eq(0..100));
}

#[test]
fn a_damaged_block_is_an_error_at_the_reader() {
    let pair = Pair::new(Fixture::new(64 * MIB));
    let address = pair.serve(pair.honest());
    let block = BlockId::TaskResult(TaskId(1));
    pair.server.blocks.put_bytes(block, Bytes::from(vec![7; 10_000]), StorageLevel::DISK_ONLY).unwrap();
    damage(&pair.server.files()[0]);
    let client = BlockClient::new(Arc::new(Plain));
    let error = pair.runtime.block_on(client.fetch_block(&address, block)).unwrap_err();
    assert!(error.to_string().contains("taskresult_1") && error.to_string().contains("checksum"), "{error}");
}

/// What goes wrong with a message.
#[derive(Clone, Copy)]
enum Fault {
    None,
    /// The stream breaks instead.
    Break,
    /// The stream ends as if everything had been said.
    End,
    /// Nothing more comes.
    Silence,
    /// A bit is flipped.
    Damage,
}

/// An honest service behind a bad wire. The fault depends on the number of the call and of the message.
struct Faulty<F> {
    service: BlockService,
    fault: Arc<F>,
    calls: Arc<AtomicUsize>,
    messages: Arc<AtomicUsize>,
}

impl<F: Fn(usize, usize) -> Fault> Faulty<F> {
    fn new(service: BlockService, fault: F) -> Self {
        Self { service, fault: Arc::new(fault), calls: Arc::default(), messages: Arc::default() }
    }
}

type Stream<T> = tokio_stream::wrappers::ReceiverStream<Result<T, Status>>;

#[tonic::async_trait]
impl<F: Fn(usize, usize) -> Fault + Send + Sync + 'static> Blocks for Faulty<F> {
    type FetchShuffleStream = Stream<proto::ShuffleChunk>;
    type FetchBlockStream = Stream<proto::BlockChunk>;

    async fn fetch_shuffle(
        &self,
        request: Request<proto::FetchShuffleRequest>,
    ) -> Result<Response<Self::FetchShuffleStream>, Status> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let mut honest = self.service.fetch_shuffle(request).await?.into_inner().into_inner();
        let (sender, receiver) = tokio::sync::mpsc::channel(1);
        let (fault, messages) = (Arc::clone(&self.fault), Arc::clone(&self.messages));
        tokio::spawn(async move {
            let mut number = 0;
            while let Some(Ok(mut chunk)) = honest.recv().await {
                match fault(call, number) {
                    Fault::None => {}
                    Fault::Break => {
                        drop(sender.send(Err(Status::unavailable("the wire broke"))).await);
                        return;
                    }
                    Fault::End => return,
                    Fault::Silence => return sender.closed().await,
                    Fault::Damage => {
                        let mut data = chunk.data.to_vec();
                        let middle = data.len() / 2;
                        data[middle] ^= 1;
                        chunk.data = data.into();
                    }
                }
                messages.fetch_add(1, Ordering::SeqCst);
                if sender.send(Ok(chunk)).await.is_err() {
                    return;
                }
                number += 1;
            }
        });
        Ok(Response::new(Stream::new(receiver)))
    }

    async fn fetch_block(
        &self,
        request: Request<proto::FetchBlockRequest>,
    ) -> Result<Response<Self::FetchBlockStream>, Status> {
        self.service.fetch_block(request).await
    }
}

/// Answers with whatever comes to its mind.
struct Liar(Mutex<Random>);

#[tonic::async_trait]
impl Blocks for Liar {
    type FetchShuffleStream = tokio_stream::Iter<std::vec::IntoIter<Result<proto::ShuffleChunk, Status>>>;
    type FetchBlockStream = Stream<proto::BlockChunk>;

    async fn fetch_shuffle(
        &self,
        _: Request<proto::FetchShuffleRequest>,
    ) -> Result<Response<Self::FetchShuffleStream>, Status> {
        let mut random = self.0.lock();
        let mut chunks = Vec::new();
        for _ in 0..random.below(6) {
            let lengths =
                (0..random.below(4)).map(|_| [0, 1, 50, u64::MAX][random.below(4) as usize]).collect();
            let size = random.below(100) as usize;
            let mut data = random.bytes(size);
            if let Some(first) = data.first_mut() {
                *first = 0xac;
            }
            chunks.push(Ok(proto::ShuffleChunk { lengths, data: data.into(), failure: None }));
        }
        Ok(Response::new(tokio_stream::iter(chunks)))
    }

    async fn fetch_block(
        &self,
        _: Request<proto::FetchBlockRequest>,
    ) -> Result<Response<Self::FetchBlockStream>, Status> {
        Err(Status::unimplemented("a liar has no blocks"))
    }
}
