//! Executors as pods. Spark: `KubernetesClusterManager`, `KubernetesClusterSchedulerBackend`, `ExecutorPodsAllocator`.
//!
//! Spark's driver makes the pods itself, and watches them. Ours says how many there should be, by scaling its
//! `ExecutorPool`, and the operator does the rest. Why an executor ended, and that somebody edited how
//! many there may be, it learns from files that the operator fills, so it needs no right to see a pod or the application;
//! without dynamic allocation it needs no right at all.

mod keeper;
mod plan;
mod pool;
mod reports;
mod told;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use hearth_types::ExecutorId;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::manager::{ClusterManager, EventReceiver};
use keeper::{Command, Keeper};

/// How long the reason of an end may take: the kubelet notices it, the operator writes it down, the kubelet hands it on.
/// Each takes a second at most, unless the machine has much to do.
const EXIT_WAIT: Duration = Duration::from_secs(5);

/// Where the API server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApiServer {
    /// Where the pod's environment says, with its service account.
    InCluster,
    /// At an `http://` address, without credentials: that of `kubectl proxy`.
    Plain(String),
}

/// The pool that a driver may scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// How many executors it has when the driver starts.
    pub replicas: u32,
    /// Where to ask.
    pub server: ApiServer,
    /// A file with `hearth_types::pod::ExecutorBounds`, which may come later or never.
    pub bounds: PathBuf,
}

/// What a cluster of pods is made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The pool; `None` where the number of executors is not for the driver to decide.
    pub pool: Option<Pool>,
    /// A file with a list of `hearth_types::pod::ExecutorReport`s, which may come later or never.
    pub reports: PathBuf,
}

/// A cluster of pods.
pub struct KubernetesCluster {
    commands: mpsc::UnboundedSender<Command>,
}

impl KubernetesCluster {
    /// Begins to read reports; asks for nothing yet.
    pub fn new(settings: Settings, runtime: &Handle) -> (Self, EventReceiver) {
        let (commands, inbox) = mpsc::unbounded_channel();
        let (events, receiver) = mpsc::unbounded_channel();
        runtime.spawn(Keeper::new(settings, events).run(inbox));
        (Self { commands }, receiver)
    }

    fn tell(&self, command: Command) {
        // An error says that the runtime is shut down.
        drop(self.commands.send(command));
    }
}

#[async_trait]
impl ClusterManager for KubernetesCluster {
    fn request_executors(&self, total: u32) {
        self.tell(Command::Request { total });
    }

    fn registered(&self, executor: ExecutorId) {
        self.tell(Command::Registered { executor });
    }

    fn remove(&self, executors: &[ExecutorId]) {
        self.tell(Command::Leaving { executors: executors.to_vec() });
    }

    /// Nobody but the operator can end a pod, and the pool is not made smaller for it: its executor finds the driver's
    /// port closed to it, ends, and is replaced.
    fn abandon(&self, executor: ExecutorId) {
        self.tell(Command::Leaving { executors: vec![executor] });
    }

    fn lost(&self, executor: ExecutorId) {
        self.tell(Command::Leaving { executors: vec![executor] });
    }

    fn exit_wait(&self) -> Duration {
        EXIT_WAIT
    }

    fn keeps_executors(&self) -> bool {
        true
    }

    /// The operator takes the pods of an application that has ended.
    async fn stop(&self) {}
}

impl fmt::Debug for KubernetesCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KubernetesCluster").finish_non_exhaustive()
    }
}
