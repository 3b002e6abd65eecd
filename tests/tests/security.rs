//! A running application answers nobody but its own processes, and strangers do not disturb it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use hearth_rpc::control::attach;
use hearth_rpc::generated::block::blocks_client::BlocksClient;
use hearth_rpc::generated::block::fetch_block_request::Block;
use hearth_rpc::generated::block::{FetchBlockRequest, RddBlock};
use hearth_rpc::message::Registration;
use hearth_rpc::{
    Authority, Connector, Identity, Listener, PROTOCOL_VERSION, Services, TlsConnector, build_id,
};
use hearth_tests::faults::{Cluster, PATIENCE, connected, listening};
use hearth_tests::text::Numbers;
use hearth_tests::wait_until;
use hearth_types::ExecutorId;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::transport::{Channel, Endpoint};

/// An application of two executors with its doors: the driver's port, and where the executors serve blocks.
struct Doors {
    cluster: Cluster,
    driver: String,
    executors: Vec<String>,
}

impl Doors {
    fn open() -> Self {
        let cluster = Cluster::start(2);
        let executors: Vec<_> =
            cluster.executors().into_iter().map(|executor| cluster.block_address(executor)).collect();
        // Executors of an application that has done nothing yet are connected to their driver only.
        let process = cluster.process(ExecutorId(0));
        let mut doors = Vec::new();
        wait_until(PATIENCE, "the driver's one port", || {
            let peers = connected(process);
            doors = listening(std::process::id()).intersection(&peers).copied().collect();
            doors.len() == 1
        });
        Self { cluster, driver: format!("127.0.0.1:{}", doors[0]), executors }
    }

    fn all(&self) -> Vec<String> {
        [&self.driver].into_iter().chain(&self.executors).cloned().collect()
    }

    /// Whether the application still works, and with the same executors.
    fn assert_unharmed(&self) {
        let sums = self.cluster.sc().range(0, 600, 1, 6).map(|n| (n % 10, n)).reduce_by_key(|a, b| a + b, 3);
        assert_eq!(sums.count().unwrap(), 10);
        assert_eq!(self.cluster.executors(), [ExecutorId(0), ExecutorId(1)]);
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

fn foreign() -> Identity {
    Authority::new("another application").unwrap().issue("executor-0").unwrap()
}

/// Asks to be an executor; tells whether the driver answers.
async fn is_attached(channel: Channel) -> bool {
    let registration = Registration {
        executor: ExecutorId(77),
        host: "here".to_owned(),
        slots: 1,
        block_address: "here:1".to_owned(),
        max_memory: 1,
        protocol_version: PROTOCOL_VERSION,
        build_id: build_id().to_owned(),
    };
    match timeout(PATIENCE, attach(channel, registration)).await.unwrap() {
        // TLS 1.3 tells a client that it is refused after the client believes it is connected.
        Ok((_to_driver, mut from_driver)) => timeout(PATIENCE, from_driver.recv()).await.unwrap().is_some(),
        Err(_) => false,
    }
}

/// Asks for a cached partition; tells whether there is any answer.
async fn is_served(channel: Channel) -> bool {
    let block = Some(Block::Rdd(RddBlock { rdd: 0, partition: 0 }));
    let mut client = BlocksClient::new(channel);
    timeout(PATIENCE, client.fetch_block(FetchBlockRequest { block })).await.unwrap().is_ok()
}

#[test]
fn a_foreign_certificate_opens_no_door() {
    let doors = Doors::open();
    block_on(async {
        let connector = TlsConnector::new(&foreign());
        assert!(!is_attached(connector.channel(&doors.driver).unwrap()).await);
        for address in doors.all() {
            assert!(!is_served(connector.channel(&address).unwrap()).await, "{address}");
        }
    });
    doors.assert_unharmed();
}

#[test]
fn without_tls_no_door_opens() {
    let doors = Doors::open();
    block_on(async {
        let channel =
            |address: &str| Endpoint::from_shared(format!("http://{address}")).unwrap().connect_lazy();
        assert!(!is_attached(channel(&doors.driver)).await);
        for address in doors.all() {
            assert!(!is_served(channel(&address)).await, "{address}");
        }
    });
    doors.assert_unharmed();
}

/// Believes every server, so that only the server can refuse.
#[derive(Debug)]
struct Believer;

impl ServerCertVerifier for Believer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        rustls::crypto::ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// Speaks HTTP/2 to whoever listens there, with this certificate or none, and tells how many bytes come back.
async fn answer(address: &str, identity: Option<&Identity>) -> usize {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(Believer));
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let certificate = CertificateDer::from_pem_slice(identity.cert_pem.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).unwrap();
            builder.with_client_auth_cert(vec![certificate], key).unwrap()
        }
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    let tcp = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("anybody").unwrap();
    let Ok(mut stream) = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await else {
        return 0;
    };
    // The preface of HTTP/2 and empty settings, which a server answers with its own.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.ok();
    stream.flush().await.ok();
    let mut some = [0; 64];
    timeout(PATIENCE, stream.read(&mut some)).await.unwrap().unwrap_or(0)
}

#[test]
fn a_stranger_who_believes_every_server_is_refused_by_it() {
    let doors = Doors::open();
    block_on(async {
        for address in doors.all() {
            assert_eq!(answer(&address, None).await, 0, "without certificate at {address}");
            assert_eq!(
                answer(&address, Some(&foreign())).await,
                0,
                "with a foreign certificate at {address}"
            );
        }
        // The same question with the right certificate is answered.
        let authority = Authority::new("ours").unwrap();
        let listener = Listener::bind("127.0.0.1", 0, "spark.driver.port").await.unwrap();
        let address = listener.address().to_string();
        let server = authority.issue("driver").unwrap();
        tokio::spawn(async move { listener.serve(Services::default(), &server).await });
        assert_ne!(answer(&address, Some(&authority.issue("executor-0").unwrap())).await, 0);
        assert_eq!(answer(&address, None).await, 0);
    });
    doors.assert_unharmed();
}

/// What a stranger may say: garbage, alone or behind the beginning of something.
fn garbage(seed: u64) -> Vec<u8> {
    let mut numbers = Numbers::of_seed(seed);
    let mut bytes = match seed % 4 {
        0 => Vec::new(),
        1 => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        // A TLS record that says it is a handshake, of some length.
        2 => vec![22, 3, 1, numbers.below(64) as u8, 200, 1],
        _ => b"GET / HTTP/1.1\r\nHost: driver\r\n\r\n".to_vec(),
    };
    let length = numbers.below(2_000);
    bytes.extend((0..length).map(|_| numbers.below(256) as u8));
    bytes
}

#[test]
fn garbage_at_every_door_does_not_disturb_a_running_job() {
    let doors = Doors::open();
    let notes = doors.cluster.notes();
    let numbers = doors.cluster.sc().range(0, 600, 1, 6).map_partitions_with(notes, |notes, records| {
        notes.write("map");
        notes.wait_at("map");
        records.map(|n| (n % 10, n))
    });
    let sums = numbers.reduce_by_key(|a, b| a + b, 3);
    let job = doors.cluster.run(move || sums.collect());
    doors.cluster.wait_for("map", 0, 0);
    let open = block_on(async {
        let mut open = Vec::new();
        for seed in 0..120 {
            for address in doors.all() {
                let mut stranger = TcpStream::connect(&address).await.unwrap();
                // An error says that the server has hung up already, which is its right.
                stranger.write_all(&garbage(seed)).await.ok();
                match seed % 3 {
                    0 => drop(stranger),
                    1 => {
                        stranger.shutdown().await.ok();
                        let mut answer = Vec::new();
                        timeout(PATIENCE, stranger.read_to_end(&mut answer)).await.unwrap().ok();
                    }
                    // Says no more, and stays.
                    _ => open.push(stranger.into_std().unwrap()),
                }
            }
        }
        open
    });
    doors.cluster.notes().open("map");
    let sums: BTreeMap<i64, i64> = job.result().unwrap().into_iter().collect();
    assert_eq!(sums, (0..10).map(|digit| (digit, 60 * digit + 17_700)).collect());
    drop(open);
    let history = doors.cluster.history(1);
    let unharmed = |stage| history.stage(stage).values().all(|ends| ends == &["success"]);
    assert!(unharmed(0) && unharmed(1), "{history:#?}");
    doors.assert_unharmed();
}

#[test]
fn an_executor_has_one_door_and_its_key_is_in_no_list_of_processes() {
    let doors = Doors::open();
    for executor in doors.cluster.executors() {
        let process = doors.cluster.process(executor);
        let address = doors.cluster.block_address(executor);
        let port = address.rsplit_once(':').unwrap().1.parse().unwrap();
        let what = format!("executor {executor} listens on {port} only");
        wait_until(PATIENCE, &what, || listening(process) == BTreeSet::from([port]));
        for file in ["cmdline", "environ"] {
            let text = fs::read(format!("/proc/{process}/{file}")).unwrap();
            let text = String::from_utf8_lossy(&text);
            assert!(!text.contains("PRIVATE KEY") && !text.contains("BEGIN CERTIFICATE"), "{file}: {text}");
        }
    }
}
