//! Waits for the end of an application: its log on stdout, its progress on stderr, its exit status.
//!
//! Spark: `LoggingPodStatusWatcher` of `spark-submit`, which knows the state of the driver's pod and no log.

mod copies;
mod end;
mod log_cursor;
mod log_stream;
mod progress;
mod seen;

use std::future::pending;
use std::process::ExitCode;
use std::time::Duration;

use futures::StreamExt;
use hearth_crd::SparkApplication;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::watcher::{self, Event};
use tokio::time::{Instant, sleep_until};

use self::copies::Copies;
pub(crate) use self::copies::prefix;
pub(crate) use self::end::{Baseline, End, end, has_ended};
pub(crate) use self::log_stream::{Source, copy_once};
use self::progress::Progress;
pub(crate) use self::progress::{role, wanted};
pub(crate) use self::seen::Seen;
use crate::cluster_client::{Cluster, Watch, refusal};
use crate::error::Error;
use crate::output::Reporter;
use crate::signals::Signals;
use crate::time::elapsed;

/// After how long without a status it is said that no operator seems to be there.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whose logs are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Logs {
    Nobodys,
    Drivers,
    /// Of the executor with this number.
    Executors(u32),
    All,
}

/// What to do while waiting.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) logs: Logs,
    pub(crate) tail: Option<i64>,
    /// Whether each change is told on stderr.
    pub(crate) progress: bool,
    pub(crate) timeout: Option<Duration>,
    pub(crate) baseline: Baseline,
}

/// Waits until the application ends, and says so. The exit status is that of its program.
pub(crate) async fn follow(
    cluster: &Cluster,
    name: &str,
    options: Options,
    reporter: Reporter,
) -> Result<ExitCode, Error> {
    let mut signals = Signals::listen()?;
    let started = Instant::now();
    let named = format!("{name} -n {}", cluster.namespace());
    let mut follower = Follower::new(cluster, name, &options);
    let mut progress = Progress::default();
    let deadline = options.timeout.map(|timeout| started + timeout);
    let mut hint = options.progress.then_some(started + PATIENCE);
    loop {
        tokio::select! {
            event = follower.applications.next() => follower.on_application(event, reporter)?,
            event = follower.pods.next() => follower.on_pod(event),
            Some(copied) = follower.copies.next(reporter) => {
                copied?;
                continue;
            }
            signal = signals.next() => {
                reporter.say(&format!(
                    "{name} goes on running; watch it: hearth logs -f {named}; end it: hearth kill {named}"
                ));
                return Ok(ExitCode::from(128 + signal));
            }
            () = passed(hint) => {
                hint = None;
                if follower.is_untouched() {
                    reporter.say(&format!("{name}: no operator has looked at it yet; to see why: hearth why {named}"));
                }
                continue;
            }
            () = passed(deadline) => {
                let after = elapsed(started.elapsed());
                reporter.fail(&format!(
                    "{name} has not ended after {after}; it goes on running; to see why: hearth why {named}; to end \
                     it: hearth kill {named}"
                ));
                return Ok(ExitCode::from(124));
            }
        }
        follower.copies.update(follower.seen.pods());
        let Some(application) = follower.seen.application.clone() else {
            if follower.seen.is_deleted {
                reporter.fail(&format!("{name} was deleted before it ended"));
                return Ok(ExitCode::FAILURE);
            }
            continue;
        };
        if options.progress {
            let pods: Vec<&Pod> = follower.seen.pods().collect();
            progress.observe(&application, &pods).iter().for_each(|line| reporter.say(line));
        }
        let driver = follower.seen.driver();
        if let Some(end) = end(&application, driver, &options.baseline) {
            Box::pin(follower.drain(reporter)).await?;
            return Ok(tell_end(name, &end, started, &options, reporter));
        }
        if follower.seen.is_deleted {
            Box::pin(follower.drain(reporter)).await?;
            reporter.fail(&format!("{name} was deleted before it ended"));
            return Ok(ExitCode::FAILURE);
        }
    }
}

fn tell_end(name: &str, end: &End, started: Instant, options: &Options, reporter: Reporter) -> ExitCode {
    match end {
        End::Completed => {
            if options.progress {
                reporter.say(&format!("{name}: completed after {}", elapsed(started.elapsed())));
            }
            ExitCode::SUCCESS
        }
        End::Failed { cause, status } => {
            reporter.fail(&format!("{name} failed: {cause}"));
            ExitCode::from(*status)
        }
        End::NothingRan { state } => {
            let state = serde_json::to_value(state).unwrap_or_default();
            let state = state.as_str().unwrap_or_default();
            reporter.fail(&format!(
                "{name} had ended before ({state}), and what was changed does not run it again; to run it again: hearth \
                 rerun {name}"
            ));
            ExitCode::FAILURE
        }
    }
}

/// Waits until a moment; for ever if there is none.
pub(crate) async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}

/// Two watches, and the logs.
struct Follower<'a> {
    cluster: &'a Cluster,
    name: &'a str,
    options: &'a Options,
    applications: Watch<SparkApplication>,
    pods: Watch<Pod>,
    seen: Seen,
    copies: Copies<'a>,
    is_connected: bool,
}

impl<'a> Follower<'a> {
    fn new(cluster: &'a Cluster, name: &'a str, options: &'a Options) -> Self {
        Self {
            cluster,
            name,
            options,
            applications: cluster.watch_application(name),
            pods: cluster.watch_pods_of(name),
            seen: Seen::default(),
            copies: Copies::new(cluster, name, options),
            is_connected: true,
        }
    }

    fn on_application(
        &mut self,
        event: Option<watcher::Result<Event<SparkApplication>>>,
        reporter: Reporter,
    ) -> Result<(), Error> {
        match event {
            Some(Ok(event)) => {
                self.is_connected = true;
                self.seen.on_application(event);
            }
            Some(Err(error)) => {
                let what = format!("watch application {}", self.name);
                if let Some(refusal) = refusal(&error) {
                    return Err(self.cluster.error(&what, refusal).into());
                }
                if std::mem::take(&mut self.is_connected) {
                    reporter.say(&format!("{what}: the connection broke; it is tried again"));
                }
                tracing::debug!("{what}: {error}");
            }
            None => self.applications = futures::stream::pending().boxed(),
        }
        Ok(())
    }

    /// Whether nobody has said anything about the application, which nobody was asked to leave alone.
    fn is_untouched(&self) -> bool {
        let application = self.seen.application.as_ref();
        application.is_some_and(|one| one.status.is_none() && one.spec.suspend != Some(true))
    }

    /// Who may not watch pods still learns of the application's end.
    fn on_pod(&mut self, event: Option<watcher::Result<Event<Pod>>>) {
        match event {
            Some(Ok(event)) => self.seen.on_pod(event),
            Some(Err(error)) if refusal(&error).is_some() => {
                tracing::warn!("the pods of {} may not be watched, so there is no log: {error}", self.name);
                self.pods = futures::stream::pending().boxed();
            }
            Some(Err(error)) => tracing::debug!("watch the pods of {}: {error}", self.name),
            None => self.pods = futures::stream::pending().boxed(),
        }
    }

    /// Copies the rest of the logs of an application that has ended.
    async fn drain(&mut self, reporter: Reporter) -> Result<(), Error> {
        if self.options.logs == Logs::Nobodys {
            return Ok(());
        }
        // The watch of pods may be behind that of the application.
        if let Ok(pods) = self.cluster.pods_of(self.name).await {
            self.seen.replace_pods(pods);
        }
        self.copies.update(self.seen.pods());
        self.copies.drain(reporter).await
    }
}
