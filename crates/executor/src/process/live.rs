//! The life of an executor process: bind, register, work, end.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hearth_conf::SparkConf;
use hearth_conf::entries::application::BLOCK_MANAGER_PORT;
use hearth_rpc::control::attach;
use hearth_rpc::message::Registration;
use hearth_rpc::{Bootstrap, Connector, Listener, PROTOCOL_VERSION, Services, TlsConnector, build_id};
use hearth_storage::{BlockClient, BlockService, Remote};
use hearth_types::HostName;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::AnyError;
use super::lifeline::Lifeline;
use crate::block_storage::{open_block_manager, unified_memory};
use crate::env::EnvParts;
use crate::executor::{Ending, Executor};
use crate::runner::TaskRunner;

/// The signals that an executor does not die of.
pub(super) struct Signals {
    terminate: Signal,
    _ignored: [Signal; 3],
}

impl Signals {
    /// To be called on the runtime.
    pub(super) fn listen() -> io::Result<Self> {
        let ignored = [
            // The terminal sends Ctrl-C and its own closing to the whole process group; the driver gets them too and
            // tells us.
            signal(SignalKind::interrupt())?,
            signal(SignalKind::hangup())?,
            // Whoever read our log may be gone before us; we still have files to delete. Rust's own start-up ignores
            // this signal, but an executor is entered before that.
            signal(SignalKind::pipe())?,
        ];
        Ok(Self { terminate: signal(SignalKind::terminate())?, _ignored: ignored })
    }

    /// Waits for a request to end.
    pub(super) async fn terminated(&mut self) {
        // The stream of signals does not end while its runtime lives.
        self.terminate.recv().await;
    }
}

/// What ties the process to its driver, and how it goes.
pub(super) enum Tie<'a> {
    /// To the driver that started it.
    Lifeline(&'a mut Lifeline),
    /// To a pod, which gives it so long when it is asked to go.
    Pod { grace: Duration },
}

/// Serves blocks first and registers then, so that whoever hears of the executor can reach it.
pub(super) async fn live(
    runtime: &Runtime,
    bootstrap: &Bootstrap,
    runner: Arc<dyn TaskRunner>,
    signals: &mut Signals,
    tie: Tie<'_>,
) -> Result<Ending, AnyError> {
    let conf: SparkConf = bootstrap.conf.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let blocks =
        open_block_manager(&conf, bootstrap.executor, bootstrap.memory, bootstrap.local_dir.clone())?;
    let port = conf.get_entry(&BLOCK_MANAGER_PORT)?;
    let listener = Listener::bind(&bootstrap.host, port, BLOCK_MANAGER_PORT.key()).await?;
    let block_address = listener.address().to_string();
    let services = Services::default().with(BlockService::new(Arc::clone(&blocks)).into_server());
    let identity = bootstrap.identity.clone();
    tokio::spawn(async move {
        if let Err(error) = listener.serve(services, &identity).await {
            tracing::error!("the block service ended: {}", hearth_types::error_chain(&error));
        }
    });

    let connector: Arc<dyn Connector> = Arc::new(TlsConnector::new(&bootstrap.identity));
    let registration = Registration {
        executor: bootstrap.executor,
        host: bootstrap.host.clone(),
        slots: bootstrap.slots,
        block_address,
        max_memory: unified_memory(&conf, bootstrap.memory)?,
        protocol_version: PROTOCOL_VERSION,
        build_id: build_id().to_owned(),
    };
    let stream = attach(connector.channel(&bootstrap.driver_address)?, registration).await?;
    let parts = EnvParts {
        block_manager: blocks,
        remote: Some(Remote { client: BlockClient::new(connector), runtime: runtime.handle().clone() }),
        driver_block_address: bootstrap.driver_block_address.clone(),
        conf: Arc::new(conf),
        host: HostName::new(&bootstrap.host),
    };
    let mut executor = Executor::start(parts, runner, bootstrap.slots, runtime.handle(), stream)?;
    Ok(match tie {
        Tie::Lifeline(lifeline) => tokio::select! {
            ending = executor.ended() => ending,
            () = lifeline.cut() => Ending::Disconnected,
            () = signals.terminated() => Ending::Shutdown,
        },
        Tie::Pod { grace } => tokio::select! {
            ending = executor.ended() => ending,
            () = signals.terminated() => {
                decommission(&mut executor, signals, grace).await;
                Ending::Shutdown
            }
        },
    })
}

/// Stays until the driver says that it may go, or is gone itself; but not longer than it is given, and not when it is
/// asked again. Spark: `CoarseGrainedExecutorBackend.decommissionSelf`.
async fn decommission(executor: &mut Executor, signals: &mut Signals, grace: Duration) {
    tracing::warn!("asked to go: no new tasks, and the running ones have {grace:?}");
    executor.decommission();
    tokio::select! {
        ending = executor.ended() => tracing::info!("may go: {ending:?}"),
        () = tokio::time::sleep(grace) => tracing::warn!("goes although it is still needed: {grace:?} are over"),
        () = signals.terminated() => tracing::warn!("goes although it is still needed: it was asked twice"),
    }
}
