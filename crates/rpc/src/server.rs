//! A port of the application: binds it, and serves gRPC services on it with mutual TLS. Spark: `TransportServer`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::net::TcpListener;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::NamedService;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

use crate::tls::{Identity, server_tls};
use crate::tls_connector::{CONNECTION_WINDOW, FRAME, STREAM_WINDOW};

/// Why a port could not be had.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody listens there.
    #[error("port {port} of {host} is in use: set {key} to another port, or to 0 for any free one")]
    PortInUse {
        /// The address to bind.
        host: String,
        /// The port.
        port: u16,
        /// The configuration key that names the port.
        key: &'static str,
    },
    /// Anything else.
    #[error("listen on {host}:{port} (set by {key})")]
    Bind {
        /// The address to bind.
        host: String,
        /// The port.
        port: u16,
        /// The configuration key that names the port.
        key: &'static str,
        /// What went wrong.
        source: io::Error,
    },
}

/// A port that is bound and not yet served, so that its number can be told to others first.
#[derive(Debug)]
pub struct Listener {
    tcp: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds `host:port`; port 0 takes any free one. `key` is the setting that an error names.
    pub async fn bind(host: &str, port: u16, key: &'static str) -> Result<Self, BindError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => BindError::PortInUse { host: host.to_owned(), port, key },
            _ => BindError::Bind { host: host.to_owned(), port, key, source },
        };
        let tcp = TcpListener::bind((host, port)).await.map_err(failed)?;
        let address = tcp.local_addr().map_err(failed)?;
        Ok(Self { tcp, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until the future is dropped. Who cannot show a certificate of the application never reaches a service.
    pub async fn serve(self, services: Services, identity: &Identity) -> Result<(), tonic::transport::Error> {
        let incoming = TcpIncoming::from(self.tcp).with_nodelay(Some(true));
        Server::builder()
            .tls_config(server_tls(identity))?
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(FRAME)
            .serve_with_incoming(services, incoming)
            .await
    }
}

type Request = http::Request<Body>;
type Response = http::Response<Body>;
type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;
type Handler = Box<dyn Fn(Request) -> ResponseFuture + Send + Sync>;

/// The services of one port, found by the first part of a request's path.
#[derive(Clone, Default)]
pub struct Services {
    handlers: Arc<BTreeMap<&'static str, Handler>>,
}

impl Services {
    /// With one service more.
    #[must_use]
    pub fn with<S>(self, service: S) -> Self
    where
        S: Service<Request, Response = Response, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        // Nobody shares the map while it is being built, so nothing is lost here.
        let mut handlers = Arc::into_inner(self.handlers).unwrap_or_default();
        let handler = move |request| -> ResponseFuture { Box::pin(service.clone().call(request)) };
        handlers.insert(S::NAME, Box::new(handler));
        Self { handlers: Arc::new(handlers) }
    }
}

impl Service<Request> for Services {
    type Response = Response;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> ResponseFuture {
        let name = request.uri().path().split('/').nth(1).unwrap_or_default();
        match self.handlers.get(name) {
            Some(handler) => handler(request),
            None => {
                let unknown = Status::unimplemented(format!("no service {name:?} here"));
                Box::pin(std::future::ready(Ok(unknown.into_http())))
            }
        }
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.handlers.keys()).finish()
    }
}
