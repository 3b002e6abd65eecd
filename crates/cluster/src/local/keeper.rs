//! Does what the fleet decides: one task that owns all children of a cluster.

use std::collections::BTreeMap;
use std::time::Duration;

use hearth_types::{ExecutorId, ExecutorLossReason};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use super::child::{self, Kill};
use super::fleet::Fleet;
use super::{Launch, MakeLaunch, Program};
use crate::manager::ClusterEvent;

/// How long an executor that was told to go may take.
const REMOVE_GRACE: Duration = Duration::from_secs(10);
/// The same when the application ends.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// What the keeper is told, by the driver or by itself.
pub(super) enum Command {
    Request { total: u32 },
    Registered { executor: ExecutorId },
    Remove { executors: Vec<ExecutorId> },
    Abandon { executor: ExecutorId },
    Exited { executor: ExecutorId, code: i32 },
    Cleaned,
    Stop { done: oneshot::Sender<()> },
}

/// Owns the children.
pub(super) struct Keeper {
    program: Program,
    launch: MakeLaunch,
    /// For the tasks that wait for children. Weak, so that the keeper ends when the cluster is dropped.
    own: mpsc::WeakUnboundedSender<Command>,
    events: mpsc::UnboundedSender<ClusterEvent>,
    began: Instant,
    fleet: Fleet,
    kills: BTreeMap<ExecutorId, Kill>,
    /// Children whose directory is not deleted yet.
    uncleaned: usize,
    /// Executors that were told to go, and when patience ends.
    deadlines: BTreeMap<ExecutorId, Instant>,
    stopped: Vec<oneshot::Sender<()>>,
}

impl Keeper {
    pub(super) fn new(
        program: Program,
        launch: MakeLaunch,
        own: mpsc::WeakUnboundedSender<Command>,
        events: mpsc::UnboundedSender<ClusterEvent>,
    ) -> Self {
        Self {
            program,
            launch,
            own,
            events,
            began: Instant::now(),
            fleet: Fleet::default(),
            kills: BTreeMap::new(),
            uncleaned: 0,
            deadlines: BTreeMap::new(),
            stopped: Vec::new(),
        }
    }

    /// Runs until the cluster is dropped; then the children that are left are ended.
    pub(super) async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Command>) {
        loop {
            let timeout = self.next_timeout();
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(command) => self.on_command(command),
                    None => return,
                },
                () = sleep_until(timeout.unwrap_or_else(far_away)), if timeout.is_some() => {}
            }
            self.end_overdue();
            self.start_missing();
            if self.fleet.is_empty() && self.uncleaned == 0 {
                for done in self.stopped.drain(..) {
                    // An error says that nobody waits any more.
                    done.send(()).ok();
                }
            }
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Request { total } => self.fleet.on_request(total),
            Command::Registered { executor } => self.fleet.on_registered(executor),
            Command::Remove { executors } => {
                for executor in executors {
                    self.expect_end(executor, REMOVE_GRACE);
                }
            }
            Command::Abandon { executor } => self.expect_end(executor, Duration::ZERO),
            Command::Exited { executor, code } => self.on_exit(executor, code),
            Command::Cleaned => self.uncleaned -= 1,
            Command::Stop { done } => {
                self.stopped.push(done);
                for (executor, has_registered) in self.fleet.on_stop() {
                    self.expect_end(executor, if has_registered { STOP_GRACE } else { Duration::ZERO });
                }
            }
        }
    }

    fn on_exit(&mut self, executor: ExecutorId, code: i32) {
        tracing::info!("executor {executor} ended with exit code {code}");
        self.kills.remove(&executor);
        self.deadlines.remove(&executor);
        let failed = self.fleet.on_exit(self.began.elapsed(), executor, code);
        self.post(ClusterEvent::ExecutorExited { executor, reason: ExecutorLossReason::Exited { code } });
        if let Some(reason) = failed {
            self.post(ClusterEvent::RequestFailed { reason });
        }
    }

    fn expect_end(&mut self, executor: ExecutorId, grace: Duration) {
        if self.fleet.on_leaving(executor) {
            let at = Instant::now() + grace;
            self.deadlines.entry(executor).and_modify(|known| *known = at.min(*known)).or_insert(at);
        }
    }

    fn end_overdue(&mut self) {
        let now = Instant::now();
        while let Some((&executor, _)) = self.deadlines.iter().find(|(_, at)| **at <= now) {
            self.deadlines.remove(&executor);
            if let Some(kill) = self.kills.remove(&executor) {
                // An error says that it has just ended by itself.
                kill.send(()).ok();
            }
        }
    }

    fn start_missing(&mut self) {
        let mut missing = self.fleet.start_missing(self.began.elapsed()).into_iter();
        while let Some(executor) = missing.next() {
            if let Err(reason) = self.start(executor) {
                self.fleet.on_not_started(executor);
                missing.by_ref().for_each(|other| self.fleet.on_not_started(other));
                self.post(ClusterEvent::RequestFailed { reason });
            }
        }
    }

    fn start(&mut self, executor: ExecutorId) -> Result<(), String> {
        let Launch { bootstrap, scratch } = (self.launch)(executor)?;
        let child = child::spawn(&self.program, executor).map_err(|error| error.to_string())?;
        let (kill, killed) = oneshot::channel();
        self.kills.insert(executor, kill);
        self.uncleaned += 1;
        let own = self.own.clone();
        tokio::spawn(async move {
            let code = child::live(child, bootstrap, killed).await;
            // The driver waits for this one; deleting may take long.
            tell(&own, Command::Exited { executor, code });
            if let Some(dir) = scratch {
                child::clean(&dir).await;
            }
            tell(&own, Command::Cleaned);
        });
        Ok(())
    }

    fn next_timeout(&self) -> Option<Instant> {
        let retry = self.fleet.next_retry().map(|at| self.began + at);
        self.deadlines.values().copied().chain(retry).min()
    }

    fn post(&self, event: ClusterEvent) {
        // An error says that the driver does not listen any more.
        drop(self.events.send(event));
    }
}

/// Tells the keeper, if the cluster is still there.
fn tell(keeper: &mpsc::WeakUnboundedSender<Command>, command: Command) {
    if let Some(keeper) = keeper.upgrade() {
        // An error says that it has ended since.
        drop(keeper.send(command));
    }
}

fn far_away() -> Instant {
    Instant::now() + Duration::from_secs(3600)
}
