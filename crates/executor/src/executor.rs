//! An executor that is attached to its driver. Spark: `Executor`.

use std::fmt;
use std::io;
use std::sync::Arc;

use hearth_conf::entries::executor::EXECUTOR_HEARTBEAT_INTERVAL;
use hearth_conf::entries::scheduler::TASK_MAX_DIRECT_RESULT_SIZE;
use hearth_rpc::control::{Receiver, Sender};
use hearth_rpc::message::{FromExecutor, ToExecutor};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::attempt::AttemptRunner;
use crate::control::Control;
use crate::env::{EnvParts, ExecutorEnv};
use crate::runner::TaskRunner;
use crate::slots::Slots;

/// How an executor came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The driver told it to stop.
    Shutdown,
    /// The driver would not have it, for this reason.
    Refused(String),
    /// The driver is gone.
    Disconnected,
}

/// Why an executor cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The operating system gives no threads.
    #[error("start {slots} task slots")]
    Threads {
        /// How many were asked for.
        slots: u32,
        /// What it says.
        source: io::Error,
    },
    /// A setting has a value that is not allowed.
    #[error("read the configuration")]
    Conf {
        /// Which, and what is allowed.
        #[from]
        source: hearth_conf::Error,
    },
}

/// A running executor: slots, control loop and heartbeat.
pub struct Executor {
    env: Arc<ExecutorEnv>,
    to_driver: Sender<FromExecutor>,
    control: JoinHandle<Ending>,
}

impl Executor {
    /// Starts `slots` threads and the control loop, which runs on `runtime`.
    ///
    /// The channels are a stream of its own (`hearth_rpc::control::attach`) or lead to a driver in this process.
    ///
    /// # Errors
    /// The configuration is wrong, or there are no threads to be had.
    pub fn start(
        parts: EnvParts,
        runner: Arc<dyn TaskRunner>,
        slots: u32,
        runtime: &Handle,
        (to_driver, from_driver): (Sender<FromExecutor>, Receiver<ToExecutor>),
    ) -> Result<Self, StartError> {
        let max_direct_result = parts.conf.get_entry(&TASK_MAX_DIRECT_RESULT_SIZE)?;
        let heartbeat = parts.conf.get_entry(&EXECUTOR_HEARTBEAT_INTERVAL)?;
        let env = Arc::new(ExecutorEnv::new(parts, to_driver.clone())?);
        let attempts = AttemptRunner {
            runner,
            env: Arc::clone(&env),
            max_direct_result: usize::try_from(max_direct_result.0).unwrap_or(usize::MAX),
        };
        let slots = Slots::start(slots, Arc::new(attempts), &to_driver)
            .map_err(|source| StartError::Threads { slots, source })?;
        let control = Control::new(Arc::clone(&env), slots, to_driver.clone());
        let control = runtime.spawn(control.run(from_driver, heartbeat));
        Ok(Self { env, to_driver, control })
    }

    /// Tells the driver that this executor is about to be taken away. It gets no more tasks, and ends with
    /// `Ending::Shutdown` when it is not needed any more.
    pub fn decommission(&self) {
        // An error says that the driver is gone, which the loop is about to notice.
        drop(self.to_driver.send(FromExecutor::Decommissioning));
    }

    /// What its tasks share.
    pub fn env(&self) -> &Arc<ExecutorEnv> {
        &self.env
    }

    /// Waits until it has ended. Attempts that do not look at their flag may still be running on their threads.
    pub async fn ended(&mut self) -> Ending {
        // The loop neither panics nor is aborted; if the runtime goes away, so did the driver.
        (&mut self.control).await.unwrap_or(Ending::Disconnected)
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").field("env", &self.env).finish_non_exhaustive()
    }
}
