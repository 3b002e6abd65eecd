//! Connections to the peers of an application, one per address. Spark: `TransportClientFactory`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tonic::transport::{Channel, ClientTlsConfig, Endpoint};

use crate::connector::{Connector, ConnectorError};
use crate::tls::{Identity, client_tls};

/// Bytes that may be under way in one stream: blocks come in large runs, and a window that is too small is waited for.
pub(crate) const STREAM_WINDOW: u32 = 8 << 20;
/// Bytes that may be under way in one connection.
pub(crate) const CONNECTION_WINDOW: u32 = 16 << 20;
/// Largest HTTP/2 frame: large frames cost less per byte.
pub(crate) const FRAME: u32 = 256 << 10;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// While something is under way, a peer that says nothing for so long is asked whether it is there.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// How long its answer may take. A machine that is gone, unlike a process, closes no connection.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Connects with mutual TLS and keeps one channel per address, which several streams share.
pub struct TlsConnector {
    tls: ClientTlsConfig,
    channels: Mutex<BTreeMap<String, Channel>>,
}

impl TlsConnector {
    /// Connects as `identity`.
    pub fn new(identity: &Identity) -> Self {
        Self { tls: client_tls(identity), channels: Mutex::default() }
    }

    fn open(&self, address: &str) -> Result<Channel, ConnectorError> {
        let endpoint = Endpoint::from_shared(format!("https://{address}"))
            .map_err(|source| ConnectorError::Address { address: address.to_owned(), source })?;
        let endpoint = endpoint
            .tls_config(self.tls.clone())
            .map_err(|source| ConnectorError::Tls { address: address.to_owned(), source })?;
        Ok(endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(FRAME)
            .connect_lazy())
    }
}

impl Connector for TlsConnector {
    fn channel(&self, address: &str) -> Result<Channel, ConnectorError> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = channels.get(address) {
            return Ok(channel.clone());
        }
        let channel = self.open(address)?;
        channels.insert(address.to_owned(), channel.clone());
        Ok(channel)
    }
}

impl fmt::Debug for TlsConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConnector").finish_non_exhaustive()
    }
}
