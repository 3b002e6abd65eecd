//! The driver's port. Spark: `RpcEnv` with `DriverEndpoint`, and the driver's `BlockTransferService`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use hearth_rpc::control::{AttachedExecutor, DriverService, Sender};
use hearth_rpc::message::AppConfig;
use hearth_rpc::{Identity, Listener, Services};
use hearth_storage::{BlockManager, BlockService};

use crate::background::Background;
use crate::error::Error;

/// What the driver's port is opened with.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Address to listen on.
    pub host: String,
    /// Port, 0 for any free one.
    pub port: u16,
    /// The setting that names the port, for the error.
    pub port_key: &'static str,
    /// The build that executors must have.
    pub build_id: String,
    /// The driver's key and certificate; only who has one of the same application gets in.
    pub identity: Identity,
    /// The driver's blocks.
    pub blocks: Arc<BlockManager>,
    /// The application's settings, for executors that ask.
    pub conf: BTreeMap<String, String>,
    /// Generation of the driver, from 1.
    pub epoch: u64,
}

pub(crate) fn open(
    endpoint: Endpoint,
    runtime: &Background,
    attached: Sender<AttachedExecutor>,
) -> Result<SocketAddr, Error> {
    let Endpoint { host, port, port_key, build_id, identity, blocks, conf, epoch } = endpoint;
    let (told, bound) = crossbeam_channel::bounded(1);
    // On the runtime and not here: the caller may be on a runtime of its own, where nothing may block on another.
    runtime.spawn(async move {
        let listener = match Listener::bind(&host, port, port_key).await {
            Ok(listener) => listener,
            Err(error) => return drop(told.send(Err(error))),
        };
        let address = listener.address();
        drop(told.send(Ok(address)));
        let config = AppConfig { conf, driver_block_address: address.to_string(), driver_epoch: epoch };
        let services = Services::default()
            .with(DriverService::new(&build_id, config, attached))
            .with(BlockService::new(blocks).into_server());
        if let Err(error) = listener.serve(services, &identity).await {
            tracing::error!(%error, "the driver's port is closed: executors cannot reach it any more");
        }
    });
    match bound.recv() {
        Ok(bound) => bound.map_err(Error::Bind),
        Err(_) => Err(Error::Thread(std::io::Error::other("the runtime has ended"))),
    }
}
