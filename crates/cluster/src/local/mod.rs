//! Executors as child processes on this machine. Spark: `LocalSparkCluster` and the `Worker` in it.
//!
//! No child outlives the driver: each holds the reading end of a pipe whose only writing end is here, and its end, which
//! comes with the end of our process in any case, tells the child to go.

mod child;
mod fleet;
mod keeper;

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hearth_types::ExecutorId;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::manager::{ClusterManager, EventReceiver};
use keeper::{Command, Keeper};

/// What one executor gets on its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Launch {
    /// First line on its standard input, without the line end. May hold secrets.
    pub bootstrap: String,
    /// A directory of its own that is deleted after it has ended, if it could not do so itself.
    pub scratch: Option<PathBuf>,
}

/// Which program the executors run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The file; the running program when not set.
    pub path: Option<PathBuf>,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// What is added to our own environment (`spark.executorEnv.*`), beside `HEARTH_ROLE=executor`.
    pub env: Vec<(OsString, OsString)>,
}

/// A process's end follows its stream's at once, but not on a machine with much to do. It always comes, as the process
/// is our child.
const EXIT_WAIT: Duration = Duration::from_secs(10);

type MakeLaunch = Arc<dyn Fn(ExecutorId) -> Result<Launch, String> + Send + Sync>;

/// A cluster of child processes.
pub struct LocalCluster {
    commands: mpsc::UnboundedSender<Command>,
}

impl LocalCluster {
    /// A cluster without executors; ask for some. `launch` is called for each that is started.
    pub fn new(
        program: Program,
        launch: impl Fn(ExecutorId) -> Result<Launch, String> + Send + Sync + 'static,
        runtime: &Handle,
    ) -> (Self, EventReceiver) {
        let (commands, inbox) = mpsc::unbounded_channel();
        let (events, receiver) = mpsc::unbounded_channel();
        let keeper = Keeper::new(program, Arc::new(launch), commands.downgrade(), events);
        runtime.spawn(keeper.run(inbox));
        (Self { commands }, receiver)
    }

    fn tell(&self, command: Command) {
        // An error says that the runtime is shut down, and the children with it.
        drop(self.commands.send(command));
    }
}

#[async_trait]
impl ClusterManager for LocalCluster {
    fn request_executors(&self, total: u32) {
        self.tell(Command::Request { total });
    }

    fn registered(&self, executor: ExecutorId) {
        self.tell(Command::Registered { executor });
    }

    fn remove(&self, executors: &[ExecutorId]) {
        self.tell(Command::Remove { executors: executors.to_vec() });
    }

    fn abandon(&self, executor: ExecutorId) {
        self.tell(Command::Abandon { executor });
    }

    /// The end of its process says the same.
    fn lost(&self, _: ExecutorId) {}

    fn exit_wait(&self) -> Duration {
        EXIT_WAIT
    }

    fn keeps_executors(&self) -> bool {
        false
    }

    async fn stop(&self) {
        let (done, stopped) = oneshot::channel();
        self.tell(Command::Stop { done });
        // An error says that there is nobody left to stop.
        drop(stopped.await);
    }
}

impl fmt::Debug for LocalCluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalCluster").finish_non_exhaustive()
    }
}
