//! The internal wire: messages, protobuf, TLS.
//!
//! `message` is what driver and executors mean; `control` carries it over one gRPC stream per executor; `convert` is the
//! only place that knows both the meaning and the protobuf.
//! Spark: the `network-common` module and `RpcEnv`; ours is gRPC with mutual TLS.
#![warn(missing_docs)]

mod bootstrap;
mod connector;
pub mod control;
mod convert;
pub mod generated;
pub mod message;
mod server;
mod tls;
mod tls_connector;
mod version;

pub use bootstrap::Bootstrap;
pub use connector::{Connector, ConnectorError};
pub use convert::Malformed;
pub use server::{BindError, Listener, Services};
pub use tls::{Authority, CertificateError, Identity, IdentityError, client_tls, server_tls};
pub use tls_connector::TlsConnector;
pub use version::{PROTOCOL_VERSION, build_id, check_registration};
