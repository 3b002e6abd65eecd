//! Who may talk to a driver's port, and that nobody who may not can harm it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::time::Duration;

use hearth_rpc::control::{AttachedExecutor, DriverService, Receiver, attach, channel};
use hearth_rpc::message::{AppConfig, FromExecutor, Registration, ToExecutor};
use hearth_rpc::{
    Authority, BindError, Connector, Identity, Listener, PROTOCOL_VERSION, Services, TlsConnector,
};
use hearth_types::{ExecutorId, ExecutorMetrics};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tonic::transport::Endpoint;

const PATIENCE: Duration = Duration::from_secs(60);
const BUILD: &str = "build-1";

struct Server {
    authority: Authority,
    address: SocketAddr,
    attached: Receiver<AttachedExecutor>,
}

async fn server() -> Server {
    let authority = Authority::new("app-1").unwrap();
    let identity = authority.issue("driver").unwrap();
    let listener = Listener::bind("127.0.0.1", 0, "spark.driver.port").await.unwrap();
    let address = listener.address();
    let (sender, attached) = channel();
    let services = Services::default().with(DriverService::new(BUILD, AppConfig::default(), sender));
    tokio::spawn(async move { listener.serve(services, &identity).await });
    Server { authority, address, attached }
}

fn registration(build: &str) -> Registration {
    Registration {
        executor: ExecutorId(7),
        host: "here".into(),
        slots: 2,
        block_address: "here:1".into(),
        max_memory: 3,
        protocol_version: PROTOCOL_VERSION,
        build_id: build.into(),
    }
}

/// Attaches, and says one thing each way.
async fn assert_works(server: &mut Server) {
    let identity = server.authority.issue("executor-7").unwrap();
    let channel = TlsConnector::new(&identity).channel(&server.address.to_string()).unwrap();
    let (to_driver, mut from_driver) = attach(channel, registration(BUILD)).await.unwrap();
    let mut driver = timeout(PATIENCE, server.attached.recv()).await.unwrap().unwrap();
    assert_eq!(driver.registration, registration(BUILD));
    driver.to_executor.send(ToExecutor::Registered).unwrap();
    assert_eq!(timeout(PATIENCE, from_driver.recv()).await.unwrap(), Some(ToExecutor::Registered));
    let heartbeat =
        FromExecutor::Heartbeat(ExecutorMetrics { running_tasks: 1, ..ExecutorMetrics::default() });
    to_driver.send(heartbeat.clone()).unwrap();
    assert_eq!(timeout(PATIENCE, driver.from_executor.recv()).await.unwrap(), Some(heartbeat));
    drop(to_driver);
    assert_eq!(timeout(PATIENCE, driver.from_executor.recv()).await.unwrap(), None);
}

async fn assert_refused(server: &mut Server, identity: &Identity) {
    let channel = TlsConnector::new(identity).channel(&server.address.to_string()).unwrap();
    let refused = attach(channel, registration(BUILD)).await;
    // TLS 1.3 tells a client that it is refused after the client believes it is connected.
    if let Ok((_to_driver, mut from_driver)) = refused {
        assert_eq!(timeout(PATIENCE, from_driver.recv()).await.unwrap(), None);
    }
    assert!(server.attached.try_recv().is_err());
}

#[tokio::test]
async fn an_executor_of_the_application_attaches() {
    assert_works(&mut server().await).await;
}

#[tokio::test]
async fn a_certificate_of_another_application_is_refused_by_both_sides() {
    let mut server = server().await;
    let other = Authority::new("app-2").unwrap().issue("executor-7").unwrap();
    assert_refused(&mut server, &other).await;
    // The same stranger, who believes the server: now it is the server that refuses.
    let believer = Identity { ca_pem: server.authority.issue("x").unwrap().ca_pem, ..other };
    assert_refused(&mut server, &believer).await;
    assert_works(&mut server).await;
}

#[tokio::test]
async fn a_client_without_certificate_or_without_tls_is_refused() {
    let mut server = server().await;
    let ca_pem = server.authority.issue("x").unwrap().ca_pem;
    let tls = tonic::transport::ClientTlsConfig::new()
        .domain_name("peer.hearth.internal")
        .ca_certificate(tonic::transport::Certificate::from_pem(ca_pem));
    let bare = Endpoint::from_shared(format!("https://{}", server.address)).unwrap().tls_config(tls).unwrap();
    let plain = Endpoint::from_shared(format!("http://{}", server.address)).unwrap();
    for endpoint in [bare, plain] {
        let refused = attach(endpoint.connect_lazy(), registration(BUILD)).await;
        if let Ok((_to_driver, mut from_driver)) = refused {
            assert_eq!(timeout(PATIENCE, from_driver.recv()).await.unwrap(), None);
        }
        assert!(server.attached.try_recv().is_err());
    }
    assert_works(&mut server).await;
}

#[tokio::test]
async fn another_build_is_told_what_to_do() {
    let mut server = server().await;
    let identity = server.authority.issue("executor-7").unwrap();
    let channel = TlsConnector::new(&identity).channel(&server.address.to_string()).unwrap();
    let (_to_driver, mut from_driver) = attach(channel, registration("build-2")).await.unwrap();
    let Some(ToExecutor::Refused(reason)) = timeout(PATIENCE, from_driver.recv()).await.unwrap() else {
        panic!("not refused")
    };
    assert!(reason.contains("build-2") && reason.contains("same binary"), "{reason}");
    assert_eq!(timeout(PATIENCE, from_driver.recv()).await.unwrap(), None);
    assert!(server.attached.try_recv().is_err());
}

#[tokio::test]
async fn a_port_in_use_is_named_with_its_key() {
    let first = Listener::bind("127.0.0.1", 0, "spark.driver.port").await.unwrap();
    let port = first.address().port();
    let error = Listener::bind("127.0.0.1", port, "spark.driver.port").await.unwrap_err();
    assert!(matches!(error, BindError::PortInUse { .. }));
    let text = error.to_string();
    assert!(text.contains(&format!("port {port}")) && text.contains("set spark.driver.port to"), "{text}");
}

/// A small generator, so that a failing seed can be run again (xorshift64).
fn garbage(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect()
}

/// What a stranger may send first.
fn opening(seed: u64) -> Vec<u8> {
    let mut bytes = match seed % 4 {
        0 => Vec::new(),
        1 => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        // A TLS record that says it is a handshake, of some length.
        2 => vec![22, 3, 1, (seed >> 2) as u8 & 0x3f, 200, 1],
        _ => b"GET / HTTP/1.1\r\nHost: driver\r\n\r\n".to_vec(),
    };
    bytes.extend(garbage(seed, (seed as usize * 37) % 900));
    bytes
}

#[tokio::test]
async fn strangers_with_garbage_harm_nobody() {
    let mut server = server().await;
    let mut open = Vec::new();
    for seed in 0..200 {
        let mut stranger = TcpStream::connect(server.address).await.unwrap();
        // An error says that the server has hung up already, which is its right.
        stranger.write_all(&opening(seed)).await.ok();
        match seed % 3 {
            0 => drop(stranger),
            1 => {
                stranger.shutdown().await.ok();
                let mut answer = Vec::new();
                timeout(PATIENCE, stranger.read_to_end(&mut answer)).await.unwrap().ok();
            }
            _ => open.push(stranger),
        }
    }
    assert_works(&mut server).await;
    drop(open);
    assert_works(&mut server).await;
}

/// The same behind the handshake: garbage from somebody who does hold a certificate.
#[tokio::test]
async fn an_insider_with_garbage_only_harms_its_own_connection() {
    let mut server = server().await;
    let identity = server.authority.issue("executor-8").unwrap();
    for seed in 0..40 {
        let mut stream = insider(&identity, server.address).await;
        if seed % 2 == 0 {
            stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.ok();
        }
        stream.write_all(&garbage(seed, 400)).await.ok();
        stream.flush().await.ok();
        stream.shutdown().await.ok();
        let mut answer = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().ok();
    }
    assert_works(&mut server).await;
}

async fn insider(identity: &Identity, address: SocketAddr) -> tokio_rustls::client::TlsStream<TcpStream> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};

    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(identity.ca_pem.as_bytes()).unwrap()).unwrap();
    let certificate = CertificateDer::from_pem_slice(identity.cert_pem.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(identity.key_pem.as_bytes()).unwrap();
    let mut config = rustls::ClientConfig::builder()
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let name = ServerName::try_from("peer.hearth.internal").unwrap();
    let tcp = TcpStream::connect(address).await.unwrap();
    tokio_rustls::TlsConnector::from(std::sync::Arc::new(config)).connect(name, tcp).await.unwrap()
}
