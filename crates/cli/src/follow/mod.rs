//! Waits for the end of an application: its log on stdout, its progress on stderr, its exit status.
//!
//! Spark: `LoggingPodStatusWatcher` of `spark-submit`, which knows the state of the driver's pod and no log.

mod end;
mod log_cursor;
mod log_stream;
mod progress;
mod seen;

use std::collections::BTreeMap;
use std::future::pending;
use std::pin::Pin;
use std::process::ExitCode;
use std::time::Duration;

use futures::{Stream, StreamExt};
use hearth_crd::SparkApplication;
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::watcher::{self, Event};
use kube::runtime::{WatchStreamExt, watcher as watch_objects};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

pub(crate) use self::end::{Baseline, End, end, has_ended};
pub(crate) use self::log_stream::{Source, copy_once};
use self::progress::Progress;
pub(crate) use self::progress::{role, wanted};
use self::seen::Seen;
use crate::cluster_client::{
    APP_NAME_LABEL, Cluster, DRIVER_CONTAINER, EXECUTOR_CONTAINER, EXECUTOR_ID_LABEL, container_exit_code,
    has_started, is_ended,
};
use crate::error::Error;
use crate::output::Reporter;
use crate::signals::Signals;
use crate::time::elapsed;

/// How long the end of the log may take after the end of the application.
const DRAIN: Duration = Duration::from_secs(10);

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

type Watch<K> = Pin<Box<dyn Stream<Item = watcher::Result<Event<K>>> + Send>>;

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
            Some(copied) = follower.copies.join_next() => {
                copied.unwrap_or(Ok(()))?;
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
        follower.copy_logs();
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
            follower.drain().await?;
            return Ok(tell_end(name, &end, started, &options, reporter));
        }
        if follower.seen.is_deleted {
            follower.drain().await?;
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

/// Two watches, and a copy for each log.
struct Follower<'a> {
    cluster: &'a Cluster,
    name: &'a str,
    options: &'a Options,
    applications: Watch<SparkApplication>,
    pods: Watch<Pod>,
    seen: Seen,
    /// By the uid of the pod: whether its container has ended.
    ended: BTreeMap<String, watch::Sender<bool>>,
    copies: JoinSet<Result<(), Error>>,
    is_connected: bool,
}

impl<'a> Follower<'a> {
    fn new(cluster: &'a Cluster, name: &'a str, options: &'a Options) -> Self {
        let by_name = watcher::Config::default().fields(&format!("metadata.name={name}"));
        let by_label = watcher::Config::default().labels(&format!("{APP_NAME_LABEL}={name}"));
        Self {
            cluster,
            name,
            options,
            applications: watch_objects(cluster.applications(), by_name).default_backoff().boxed(),
            pods: watch_objects(cluster.pods(), by_label).default_backoff().boxed(),
            seen: Seen::default(),
            ended: BTreeMap::new(),
            copies: JoinSet::new(),
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

    /// Begins a copy for each log that is new, and tells the others what of their containers ended.
    fn copy_logs(&mut self) {
        let mut alive = Vec::new();
        for pod in self.seen.pods() {
            let Some((container, prefix)) = self.wants(pod) else { continue };
            let (Some(uid), Some(pod_name)) = (&pod.metadata.uid, &pod.metadata.name) else { continue };
            alive.push(uid.clone());
            let has_ended = is_ended(pod) || container_exit_code(pod, container).is_some();
            if let Some(ended) = self.ended.get(uid) {
                ended.send_if_modified(|known| !std::mem::replace(known, has_ended) && has_ended);
            } else if has_started(pod, container) {
                let (sender, receiver) = watch::channel(has_ended);
                self.ended.insert(uid.clone(), sender);
                let source = Source { pod: pod_name.clone(), container, prefix, tail: self.options.tail };
                self.copies.spawn(log_stream::follow(self.cluster.pods(), source, receiver));
            }
        }
        for (uid, ended) in &self.ended {
            if !alive.contains(uid) {
                ended.send_if_modified(|known| !std::mem::replace(known, true));
            }
        }
    }

    /// The container whose log is wanted, and what its lines begin with.
    fn wants(&self, pod: &Pod) -> Option<(&'static str, String)> {
        let number = pod.metadata.labels.as_ref().and_then(|labels| labels.get(EXECUTOR_ID_LABEL));
        let number = || number.and_then(|number| number.parse::<u32>().ok());
        match (self.options.logs, role(pod)) {
            (Logs::Drivers, "driver") => Some((DRIVER_CONTAINER, String::new())),
            (Logs::All, "driver") => Some((DRIVER_CONTAINER, prefix(None))),
            (Logs::Executors(wanted), "executor") if number() == Some(wanted) => {
                Some((EXECUTOR_CONTAINER, String::new()))
            }
            (Logs::All, "executor") => Some((EXECUTOR_CONTAINER, prefix(number()))),
            (_, _) => None,
        }
    }

    /// Copies the rest of the logs of an application that has ended.
    async fn drain(&mut self) -> Result<(), Error> {
        if self.options.logs == Logs::Nobodys {
            return Ok(());
        }
        // The watch of pods may be behind that of the application.
        if let Ok(pods) = self.cluster.pods_of(self.name).await {
            self.seen.replace_pods(pods);
        }
        self.copy_logs();
        self.ended.values().for_each(|ended| {
            ended.send_replace(true);
        });
        let copies = &mut self.copies;
        let rest = async {
            while let Some(copied) = copies.join_next().await {
                copied.unwrap_or(Ok(()))?;
            }
            Ok(())
        };
        match timeout(DRAIN, rest).await {
            Ok(copied) => copied,
            Err(_) => {
                tracing::warn!("the end of the log did not come within {} s", DRAIN.as_secs());
                Ok(())
            }
        }
    }
}

/// What the lines of a driver or of an executor begin with, where several logs are mixed.
pub(crate) fn prefix(executor: Option<u32>) -> String {
    match executor {
        None => "[driver] ".to_owned(),
        Some(number) => format!("[executor {number}] "),
    }
}

/// The error of a watch that trying again does not help.
fn refusal(error: &watcher::Error) -> Option<&kube::Error> {
    let source = match error {
        watcher::Error::InitialListFailed(source)
        | watcher::Error::WatchStartFailed(source)
        | watcher::Error::WatchFailed(source) => source,
        watcher::Error::WatchError(_) | watcher::Error::NoResourceVersion => return None,
    };
    match source {
        kube::Error::Api(status) => matches!(status.code, 401 | 403 | 404).then_some(source),
        _ => None,
    }
}
