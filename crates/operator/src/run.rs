//! Starts everything, and ends it in good order.
//!
//! One operator leads; others stand by with empty caches. Whoever begins to lead lists everything anew, so that what the last leader
//! did is seen before anything is done.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use kube::{Client, Config};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, error, info, info_span, warn};

use crate::application::controller::reconcile;
use crate::cache::{Cache, NotSynced, watch_all};
use crate::client::Gate;
use crate::context::Context;
use crate::events::Events;
use crate::health::{Health, Stalled};
use crate::key::Key;
use crate::lease::{Elector, Fence};
use crate::metrics::{self, Metrics};
use crate::namespaces::Namespaces;
use crate::queue::{Outcome, Queue};
use crate::rate_limit::TokenBucket;
use crate::settings::{MetricsSettings, Settings};

/// How long work that has begun may go on after the operator was asked to end.
const SHUTDOWN: Duration = Duration::from_secs(5);
/// Requests a second for what elects the leader: it must not wait behind the others.
const ELECTION_QPS: f64 = 10.0;

/// Asks the operator to end.
pub type Shutdown = CancellationToken;

/// Why the operator cannot work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is neither a cluster around nor a kubeconfig.
    #[error("find the API server; run it in a cluster, or set KUBECONFIG")]
    Config(#[source] Box<kube::config::InferConfigError>),
    /// The client cannot be made of the configuration.
    #[error("make a client of the API server")]
    Client(#[source] Box<kube::Error>),
    /// A port is taken.
    #[error("listen on {address} for {what}")]
    Listen {
        /// What for.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The metrics cannot be made.
    #[error(transparent)]
    Metrics(#[from] metrics::Error),
    /// Not everything could be listed.
    #[error(transparent)]
    NotSynced(#[from] NotSynced),
}

/// Runs the operator until `shutdown` is cancelled. `instance` names this process; no other operator may have the same name.
pub async fn run(settings: Settings, instance: &str, shutdown: Shutdown) -> Result<(), Error> {
    let mut config = Config::infer().await.map_err(|source| Error::Config(Box::new(source)))?;
    // A request that is repeated behind our back might be sent after the term of the leader.
    config.default_retry = false;
    run_with(config, settings, instance, shutdown).await
}

/// The same with a given configuration of the client.
pub async fn run_with(
    config: Config,
    settings: Settings,
    instance: &str,
    shutdown: Shutdown,
) -> Result<(), Error> {
    let default = MetricsSettings::default();
    let metrics = Arc::new(Metrics::new(settings.metrics.as_ref().unwrap_or(&default))?);
    let health = Health::default();
    let current = Current::default();
    let mut servers = serve(&settings, &metrics, &health, &current).await?;
    let fence = if settings.leader_election.is_some() { Fence::default() } else { Fence::always_open() };
    let gate = Gate {
        fence: Some(fence.clone()),
        limit: Arc::new(TokenBucket::new(settings.api.qps, settings.api.burst)),
        metrics: metrics.clone(),
    };
    let client = |gate: &Gate| gate.client(config.clone()).map_err(|source| Error::Client(Box::new(source)));
    let operator = Operator {
        client: client(&gate)?,
        settings: Arc::new(settings),
        metrics: metrics.clone(),
        health: health.clone(),
        current,
        instance: instance.to_owned(),
    };
    let outcome = match operator.settings.leader_election.clone() {
        None => operator.lead(&shutdown).await,
        Some(election) => {
            let gate = Gate {
                fence: None,
                limit: Arc::new(TokenBucket::new(ELECTION_QPS, 10)),
                metrics: metrics.clone(),
            };
            let mut elector = Elector::new(client(&gate)?, election, instance.to_owned(), fence);
            operator.take_turns(&mut elector, &shutdown).await
        }
    };
    servers.shutdown().await;
    outcome
}

/// The cache of the leader, for the metrics.
#[derive(Clone, Debug, Default)]
struct Current(Arc<parking_lot::Mutex<Option<(Arc<Cache>, Arc<Queue>)>>>);

impl Current {
    /// Tells the metrics what there is now. Who does not lead has nothing: the leader counts it.
    fn count(&self, metrics: &Metrics) {
        let (cache, queue) = self.0.lock().clone().unwrap_or_default();
        cache.count_running(&metrics.applications);
        metrics.queue_depth(queue.depth());
    }
}

async fn serve(
    settings: &Settings,
    metrics: &Arc<Metrics>,
    health: &Health,
    current: &Current,
) -> Result<JoinSet<()>, Error> {
    let mut servers = JoinSet::new();
    if let Some(served) = &settings.metrics {
        let current = current.clone();
        let refresh: metrics::Refresh = Arc::new(move |metrics: &Metrics| current.count(metrics));
        let router = metrics::serve(metrics.clone(), &served.endpoint, refresh);
        servers.spawn(listen("metrics", served.bind_address, router).await?);
    }
    if let Some(address) = settings.health_probe_bind_address {
        let current = current.clone();
        let stalled: Stalled = Arc::new(move || {
            let (cache, queue) = current.0.lock().clone()?;
            // Waits for whoever has the cache.
            cache.applications();
            queue.stalled_for()
        });
        servers.spawn(listen("health probes", address, health.router(stalled)).await?);
    }
    Ok(servers)
}

async fn listen(
    what: &'static str,
    address: SocketAddr,
    router: Router,
) -> Result<impl Future<Output = ()> + Send, Error> {
    let listener = match TcpListener::bind(address).await {
        // A machine without IPv6.
        Err(_) if address.ip() == Ipv6Addr::UNSPECIFIED => {
            TcpListener::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port()))).await
        }
        bound => bound,
    };
    let listener = listener.map_err(|source| Error::Listen { what, address, source })?;
    Ok(async move {
        if let Err(error) = axum::serve(listener, router).await {
            error!(%error, what, "a server ended");
        }
    })
}

struct Operator {
    client: Client,
    settings: Arc<Settings>,
    metrics: Arc<Metrics>,
    health: Health,
    current: Current,
    instance: String,
}

impl Operator {
    /// Leads whenever it is this operator's turn.
    async fn take_turns(&self, elector: &mut Elector, shutdown: &CancellationToken) -> Result<(), Error> {
        while !shutdown.is_cancelled() {
            self.health.ready(true);
            tokio::select! {
                () = elector.acquire() => {}
                () = shutdown.cancelled() => break,
            }
            let stop = shutdown.child_token();
            let mut lead = std::pin::pin!(self.lead(&stop));
            let ended = tokio::select! {
                ended = &mut lead => Some(ended),
                () = elector.hold() => None,
            };
            stop.cancel();
            let outcome = match ended {
                Some(outcome) => outcome,
                None => lead.await,
            };
            elector.release().await;
            outcome?;
        }
        Ok(())
    }

    /// Works until `stop`.
    async fn lead(&self, stop: &CancellationToken) -> Result<(), Error> {
        self.health.ready(false);
        self.metrics.leads(true);
        let (cache, queue) = (Arc::new(Cache::default()), Arc::new(Queue::default()));
        *self.current.0.lock() = Some((cache.clone(), queue.clone()));
        let outcome = self.work(&cache, &queue, stop).await;
        self.current.0.lock().take();
        self.metrics.leads(false);
        outcome
    }

    async fn work(
        &self,
        cache: &Arc<Cache>,
        queue: &Arc<Queue>,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        let scope = &self.settings.scope;
        let started = Instant::now();
        let mut watches = watch_all(&self.client, scope, cache, queue, &self.metrics);
        let namespaces = match &scope.namespace_selector {
            None => Namespaces::all(),
            Some(_) => Namespaces::selected(&scope.namespaces),
        };
        let mut tasks = JoinSet::new();
        let missing = tokio::select! {
            synced = watches.synced(self.settings.cache_sync_timeout) => synced?,
            () = stop.cancelled() => return Ok(()),
        };
        if !missing.is_empty() {
            warn!(
                missing = missing.join(", "),
                "not everything can be listed; these namespaces are served once it can"
            );
        }
        info!(
            applications = cache.applications(),
            seconds = started.elapsed().as_secs_f64(),
            "the caches are filled"
        );
        if let Some(selector) = &scope.namespace_selector {
            let (client, selector) = (self.client.clone(), selector.clone());
            tasks.spawn(namespaces.clone().watch(client, selector, cache.clone(), queue.clone()));
        }
        tasks.spawn(crate::scheduled::run(self.client.clone(), scope.clone(), namespaces.clone()));
        tasks.spawn(crate::connect::run(self.client.clone(), scope.clone(), namespaces.clone()));
        let ctx = Context {
            client: self.client.clone(),
            cache: cache.clone(),
            settings: self.settings.clone(),
            metrics: self.metrics.clone(),
            events: Events::start(self.client.clone(), self.metrics.clone(), &self.instance),
            surplus: Arc::default(),
            mounts: Arc::default(),
        };
        let mut workers = JoinSet::new();
        for _ in 0..self.settings.controller_threads.max(1) {
            workers.spawn(worker(ctx.clone(), namespaces.clone(), queue.clone()));
        }
        self.health.ready(true);
        stop.cancelled().await;
        queue.close();
        let finished = async { while workers.join_next().await.is_some() {} };
        if tokio::time::timeout(SHUTDOWN, finished).await.is_err() {
            warn!("some applications are left in the middle of their work; the next leader goes on with it");
        }
        workers.shutdown().await;
        tasks.shutdown().await;
        watches.stop().await;
        Ok(())
    }
}

/// Works on one application after the other.
async fn worker(ctx: Context, namespaces: Namespaces, queue: Arc<Queue>) {
    while let Some(key) = queue.next().await {
        let outcome = if namespaces.has(&key) { look_at(&ctx, &key).await } else { Outcome::Done };
        queue.finish(&key, outcome);
    }
}

async fn look_at(ctx: &Context, key: &Key) -> Outcome {
    let started = Instant::now();
    let span = info_span!("reconcile", namespace = key.namespace(), application = key.name());
    let outcome = async {
        match Box::pin(reconcile(ctx, key)).await {
            Ok(outcome) => outcome,
            Err(error) if error.is_expected() => {
                tracing::debug!(reason = %error, "to be tried again");
                Outcome::Failed
            }
            Err(error) => {
                warn!(error = %hearth_types::error_chain(&error), "to be tried again");
                Outcome::Failed
            }
        }
    }
    .instrument(span)
    .await;
    ctx.metrics.reconciled(started.elapsed(), outcome == Outcome::Failed);
    outcome
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_does_not_lead_any_more_counts_nothing() {
        let metrics = Metrics::new(&MetricsSettings::default()).unwrap();
        let (cache, queue) = (Arc::new(Cache::default()), Arc::new(Queue::default()));
        let running = json!({
            "metadata": { "name": "pi", "namespace": "ns", "uid": "pi", "resourceVersion": "1" },
            "spec": {}, "status": { "applicationState": { "state": "RUNNING" } },
        });
        cache.wrote_application(serde_json::from_value(running).unwrap(), &metrics.applications);
        queue.push(&Key::new("ns", "pi"));
        let current = Current::default();
        let counted = || {
            current.count(&metrics);
            let text = String::from_utf8(metrics.text().unwrap()).unwrap();
            let is_one = |name: &str| text.lines().any(|line| line.starts_with(name) && line.ends_with(" 1"));
            (is_one("spark_application_running_count{"), is_one("hearth_operator_queue_depth "))
        };
        *current.0.lock() = Some((cache, queue));
        assert_eq!(counted(), (true, true));
        current.0.lock().take();
        assert_eq!(counted(), (false, false));
    }
}
