//! Does what the plan decides: one task that asks for executors, and reads what is reported of them.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use hearth_types::ExecutorId;
use hearth_types::pod::ExecutorBounds;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::plan::Plan;
use super::pool::{Error, scale};
use super::reports::Reports;
use super::told::Told;
use super::{Pool, Settings};
use crate::manager::ClusterEvent;

/// How often the operator's files are looked at, and whether it is time to ask again.
const LOOK: Duration = Duration::from_millis(250);
/// The first wait after a request that failed; doubled with each further one.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);
const LONGEST_BACKOFF: Duration = Duration::from_secs(10);
/// A request that failed so often in a row is reported.
const PATIENCE: u32 = 6;
/// How long the API server may take for an answer.
const ANSWER: Duration = Duration::from_secs(10);

/// What the keeper is told by the driver.
pub(super) enum Command {
    Request { total: u32 },
    Registered { executor: ExecutorId },
    Leaving { executors: Vec<ExecutorId> },
}

/// What came of asking.
type Asked = Result<(), String>;
type Asking = Pin<Box<dyn Future<Output = (u32, bool, Asked)> + Send>>;

/// Owns the plan and the reports.
pub(super) struct Keeper {
    pool: Option<Pool>,
    plan: Plan,
    reports: Reports,
    bounds: Option<Told>,
    events: mpsc::UnboundedSender<ClusterEvent>,
    /// Requests in a row that failed.
    failures: u32,
    /// Nothing is asked before.
    retry_at: Option<Instant>,
    /// The request that is under way; others wait for it, and only the last of them is made.
    asking: Option<Asking>,
}

impl Keeper {
    pub(super) fn new(settings: Settings, events: mpsc::UnboundedSender<ClusterEvent>) -> Self {
        Self {
            plan: Plan::new(settings.pool.as_ref().map_or(0, |pool| pool.replicas), Instant::now()),
            bounds: settings.pool.as_ref().map(|pool| Told::new(pool.bounds.clone())),
            pool: settings.pool,
            reports: Reports::new(settings.reports),
            events,
            failures: 0,
            retry_at: None,
            asking: None,
        }
    }

    /// Runs until the cluster is dropped.
    pub(super) async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Command>) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let retry = self.retry_at;
            tokio::select! {
                command = inbox.recv() => match command {
                    Some(command) => self.on_command(command),
                    None => return,
                },
                (replicas, retryable, asked) = answered(&mut self.asking) => self.on_asked(replicas, retryable, asked),
                _ = looks.tick() => {
                    self.read_reports();
                    self.read_bounds();
                }
                () = sleep_until(retry.unwrap_or_else(Instant::now)), if retry.is_some() => self.retry_at = None,
            }
            // What was said at the same time is decided on at once.
            while let Ok(command) = inbox.try_recv() {
                self.on_command(command);
            }
            self.ask();
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Request { total } => self.plan.on_request(total, Instant::now()),
            Command::Registered { executor } => self.plan.on_registered(executor),
            Command::Leaving { executors } => {
                executors.into_iter().for_each(|executor| self.plan.on_leaving(executor, Instant::now()));
            }
        }
    }

    fn ask(&mut self) {
        let Some(pool) = &self.pool else { return };
        if self.asking.is_some() || self.retry_at.is_some() {
            return;
        }
        let Some(replicas) = self.plan.ask(Instant::now()) else { return };
        let pool = pool.clone();
        self.asking = Some(Box::pin(async move {
            match timeout(ANSWER, scale(&pool, replicas)).await {
                Ok(Ok(())) => (replicas, true, Ok(())),
                Ok(Err(error)) => (replicas, error.is_retryable(), Err(explain(&error))),
                Err(_) => (replicas, true, Err(format!("the API server does not answer within {ANSWER:?}"))),
            }
        }));
    }

    fn on_asked(&mut self, replicas: u32, retryable: bool, asked: Asked) {
        self.asking = None;
        match asked {
            Ok(()) => {
                self.failures = 0;
                if self.plan.on_scaled(replicas, Instant::now()) {
                    tracing::info!("asked for {replicas} executors");
                } else {
                    tracing::debug!("asked for {replicas} executors again");
                }
            }
            Err(reason) => {
                self.plan.on_not_scaled();
                self.failures += 1;
                let wait = if retryable { backoff(self.failures) } else { LONGEST_BACKOFF };
                self.retry_at = Some(Instant::now() + wait);
                tracing::debug!("{reason}");
                if !retryable || self.failures >= PATIENCE {
                    self.post(ClusterEvent::RequestFailed { reason });
                }
            }
        }
    }

    fn read_reports(&mut self) {
        for (executor, reason) in self.reports.news() {
            self.plan.on_leaving(executor, Instant::now());
            self.post(ClusterEvent::ExecutorExited { executor, reason });
        }
    }

    fn read_bounds(&mut self) {
        let told: Option<ExecutorBounds> = self.bounds.as_mut().and_then(Told::news);
        if let Some(ExecutorBounds { min, max, edited: true }) = told {
            self.post(ClusterEvent::BoundsChanged { min, max });
        }
    }

    fn post(&self, event: ClusterEvent) {
        // An error says that the driver has stopped.
        drop(self.events.send(event));
    }
}

/// The answer to the request that is under way; never, if there is none.
async fn answered(asking: &mut Option<Asking>) -> (u32, bool, Asked) {
    match asking {
        Some(asking) => asking.await,
        None => std::future::pending().await,
    }
}

/// The error, and what to do about the one that a wrong service account causes.
fn explain(error: &Error) -> String {
    match error {
        Error::Scale { source, .. } if matches!(&**source, kube::Error::Api(status) if status.code == 403) => {
            format!(
                "{error}; with dynamic allocation the driver's service account must be allowed to get and patch \
                 executorpools/scale of its application, which the operator arranges for the account it is given"
            )
        }
        _ => error.to_string(),
    }
}

fn backoff(failures: u32) -> Duration {
    FIRST_BACKOFF.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST_BACKOFF)
}
