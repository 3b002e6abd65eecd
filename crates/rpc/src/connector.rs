//! How a component gets a connection to a peer without knowing how it is secured. Spark: `TransportClientFactory`.

use tonic::transport::Channel;

/// Gives connections to the drivers and executors of one application.
pub trait Connector: Send + Sync {
    /// A channel to `address` (`host:port`). Connects when it is first used; cheap to call again.
    fn channel(&self, address: &str) -> Result<Channel, ConnectorError>;
}

/// Why there can be no channel to an address.
#[derive(Debug, thiserror::Error)]
pub enum ConnectorError {
    /// Not `host:port`.
    #[error("address {address:?} is not host:port")]
    Address {
        /// What was given.
        address: String,
        /// What is wrong with it.
        source: tonic::transport::Error,
    },
    /// The certificates do not make a TLS configuration.
    #[error("set up TLS towards {address:?}")]
    Tls {
        /// Where to.
        address: String,
        /// What is wrong.
        source: tonic::transport::Error,
    },
}
