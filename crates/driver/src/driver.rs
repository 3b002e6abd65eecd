//! Starts a driver: threads, channels, listeners. Spark: the parts of `SparkContext` that start the others.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use hearth_cluster::{ClusterManager, EventReceiver};
use hearth_rpc::control::AttachedExecutor;
use hearth_scheduler::Scheduler;
use hearth_status::{ConsoleProgress, EventLog, Listener, ListenerBus, StatusStore, WhenFull};
use hearth_types::ListenerEvent;
use tokio::runtime::Handle;

use crate::background::Background;
use crate::blocks::Blocks;
use crate::conf::DriverConf;
use crate::endpoint::{self, Endpoint};
use crate::error::Error;
use crate::event_loop::{EventLoop, Input, Parts, clock};
use crate::handle::{DriverHandle, Shared};
use crate::redacted::Redacted;
use crate::results;

/// Where executors come from.
pub enum Executors {
    /// One, in this process.
    Local(Box<AttachedExecutor>),
    /// From a cluster manager; they attach through `Driver::listen`.
    Cluster {
        /// The manager.
        manager: Arc<dyn ClusterManager>,
        /// What it reports.
        events: EventReceiver,
    },
}

impl std::fmt::Debug for Executors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Local(_) => "Local",
            Self::Cluster { .. } => "Cluster",
        })
    }
}

/// A driver that can be reached but does not run yet: its channels exist before what speaks through them.
#[derive(Debug)]
pub struct Driver {
    sender: Sender<Input>,
    inbox: Receiver<Input>,
    runtime: Background,
}

/// What a driver runs with, beside its settings.
pub struct DriverParts {
    /// Where executors come from.
    pub executors: Executors,
    /// The driver's own blocks.
    pub blocks: Arc<dyn Blocks>,
    /// Listeners that hear everything from the start on.
    pub listeners: Vec<Box<dyn Listener>>,
    /// Directories that are deleted when the application stops.
    pub temp_dirs: Vec<PathBuf>,
}

impl std::fmt::Debug for DriverParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DriverParts").field("executors", &self.executors).finish_non_exhaustive()
    }
}

impl Driver {
    /// A driver without settings, executors or listeners yet.
    ///
    /// # Errors
    /// The system gives no threads.
    pub fn new() -> Result<Self, Error> {
        let runtime = Background::new().map_err(Error::Thread)?;
        let (sender, inbox) = crossbeam_channel::unbounded();
        Ok(Self { sender, inbox, runtime })
    }

    /// Where the driver's network services run. They end with the application.
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// For the gRPC service to which executors attach.
    pub(crate) fn attached(&self) -> hearth_rpc::control::Sender<AttachedExecutor> {
        let (attached, mut executors) = hearth_rpc::control::channel();
        let sender = self.sender.clone();
        self.runtime.spawn(async move {
            while let Some(executor) = executors.recv().await {
                if sender.send(Input::Attached(Box::new(executor))).is_err() {
                    return;
                }
            }
        });
        attached
    }

    /// Opens the port to which executors attach and from which they read the driver's blocks; tells its address.
    ///
    /// # Errors
    /// The port is in use or cannot be had.
    pub fn listen(&self, endpoint: Endpoint) -> Result<SocketAddr, Error> {
        endpoint::open(endpoint, &self.runtime, self.attached())
    }

    /// Starts the application.
    ///
    /// # Errors
    /// The event log cannot be written, or the system gives no threads.
    pub fn start(self, conf: DriverConf, parts: DriverParts) -> Result<DriverHandle, Error> {
        let Self { sender, inbox, runtime } = self;
        let store = Arc::new(StatusStore::new(conf.limits));
        let mut bus = ListenerBus::new(conf.bus);
        if let Some(log) = &conf.event_log {
            let log = EventLog::create(log.clone(), &conf.application_id)?;
            bus.add("eventLog", WhenFull::Wait, Box::new(Redacted::new(conf.redaction.clone(), log)));
        }
        for listener in parts.listeners {
            bus.add("shared", WhenFull::Drop, listener);
        }
        let progress =
            conf.progress.and_then(|interval| ConsoleProgress::start(Arc::clone(&store), interval));
        let progress = progress.map(Arc::new);
        let cluster = match parts.executors {
            Executors::Cluster { manager, mut events } => {
                let sender = sender.clone();
                runtime.spawn(async move {
                    while let Some(event) = events.recv().await {
                        if sender.send(Input::Cluster(event)).is_err() {
                            return;
                        }
                    }
                    // An error says that the loop has ended, which is why the cluster manager has, too.
                    drop(sender.send(Input::ClusterEnded));
                });
                Some(manager)
            }
            Executors::Local(executor) => {
                // The loop has not begun, so the first message it finds is this.
                drop(sender.send(Input::Attached(executor)));
                None
            }
        };
        let (results, deliveries) = crossbeam_channel::unbounded();
        let (alive, results_ended) = crossbeam_channel::bounded(0);
        let (to_loop, bar) = (sender.clone(), progress.clone());
        spawn("driver-results", move || {
            results::run(&deliveries, &to_loop, bar.as_deref());
            drop(alive);
        })?;
        let (alive, running) = crossbeam_channel::bounded(0);
        let shared = Shared::new(
            sender.clone(),
            Arc::clone(&store),
            Arc::clone(&parts.blocks),
            conf.application_id.clone(),
            running,
        );
        let first = first_events(&conf);
        let parts = Parts {
            scheduler: Scheduler::new(conf.scheduler, conf.seed),
            inbox,
            sender,
            runtime,
            cluster,
            blocks: parts.blocks,
            store,
            bus,
            progress,
            results,
            results_ended,
            temp_dirs: parts.temp_dirs,
        };
        let event_loop = EventLoop::new(parts, first);
        spawn("driver-loop", move || {
            event_loop.run();
            drop(alive);
        })?;
        Ok(DriverHandle::new(shared))
    }
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    std::thread::Builder::new().name(name.to_owned()).spawn(body).map(drop).map_err(Error::Thread)
}

fn first_events(conf: &DriverConf) -> Vec<ListenerEvent> {
    vec![
        ListenerEvent::ApplicationStart {
            name: conf.name.clone(),
            id: conf.application_id.clone(),
            time: clock(),
            user: conf.user.clone(),
        },
        ListenerEvent::EnvironmentUpdate { spark_properties: conf.spark_properties.clone() },
    ]
}
