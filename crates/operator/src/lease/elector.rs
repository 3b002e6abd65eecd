//! Takes the lease, keeps it and gives it back.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::Api;
use kube::api::{ObjectMeta, PostParams};
use tokio::time::Instant;
use tracing::{info, warn};

use super::Fence;
use crate::settings::LeaderElection;

/// One of several operators that want to lead.
#[derive(Debug)]
pub struct Elector {
    api: Api<Lease>,
    settings: LeaderElection,
    identity: String,
    fence: Fence,
    seen: Option<Seen>,
}

/// The lease as it was last seen to change. Only our own clock says how long ago that was.
#[derive(Debug)]
struct Seen {
    version: Option<String>,
    at: Instant,
}

/// Whether this operator leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leadership {
    /// It does.
    Ours,
    /// Another does, or may do so.
    NotOurs,
}

impl Elector {
    /// A candidate that goes by `identity`, which no other may use, and opens `fence` while it leads.
    pub fn new(client: kube::Client, settings: LeaderElection, identity: String, fence: Fence) -> Self {
        let api = Api::namespaced(client, &settings.lock_namespace);
        Self { api, settings, identity, fence, seen: None }
    }

    /// Returns when this operator leads.
    pub async fn acquire(&mut self) {
        info!(lease = self.settings.lock_name, identity = self.identity, "waiting to lead");
        loop {
            match self.attempt().await {
                Ok(Leadership::Ours) => break,
                Ok(Leadership::NotOurs) => {}
                Err(error) => warn!(%error, "cannot read or write the lease"),
            }
            tokio::time::sleep(self.settings.retry_period).await;
        }
        info!(lease = self.settings.lock_name, identity = self.identity, "leading");
    }

    /// Renews until that fails for too long, or another leads; then the fence is closed.
    pub async fn hold(&mut self) {
        let mut renewed = Instant::now();
        loop {
            tokio::time::sleep(self.settings.retry_period).await;
            match self.attempt().await {
                Ok(Leadership::Ours) => renewed = Instant::now(),
                Ok(Leadership::NotOurs) => break,
                Err(error) => warn!(%error, "cannot renew the lease"),
            }
            if renewed.elapsed() >= self.settings.renew_deadline {
                break;
            }
        }
        self.fence.close();
        warn!(lease = self.settings.lock_name, identity = self.identity, "not leading any more");
    }

    /// Gives the lease back, so that another need not wait for its end. Nothing is written afterwards.
    pub async fn release(&mut self) {
        if !self.fence.is_open() {
            return;
        }
        self.fence.close();
        let release = async {
            let mut lease = self.api.get(&self.settings.lock_name).await?;
            let spec = lease.spec.get_or_insert_default();
            if spec.holder_identity.as_deref() == Some(&self.identity) {
                // As client-go does: an empty holder, and a duration of a second.
                spec.holder_identity = Some(String::new());
                spec.lease_duration_seconds = Some(1);
                self.api.replace(&self.settings.lock_name, &PostParams::default(), &lease).await?;
            }
            Ok::<(), kube::Error>(())
        };
        if let Ok(Err(error)) = tokio::time::timeout(Duration::from_secs(2), release).await {
            warn!(%error, "cannot release the lease");
        }
    }

    /// Tries once to take or to renew the lease.
    async fn attempt(&mut self) -> Result<Leadership, kube::Error> {
        let asked = Instant::now();
        match tokio::time::timeout(self.settings.renew_deadline / 2, self.try_attempt(asked)).await {
            Ok(Ok(leadership)) => {
                if leadership == Leadership::Ours {
                    self.fence.extend(asked, self.settings.renew_deadline);
                }
                Ok(leadership)
            }
            Ok(Err(error)) if is_conflict(&error) => Ok(Leadership::NotOurs),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(kube::Error::Service("no answer in time".into())),
        }
    }

    async fn try_attempt(&mut self, asked: Instant) -> Result<Leadership, kube::Error> {
        let name = self.settings.lock_name.clone();
        let Some(mut lease) = self.api.get_opt(&name).await? else {
            let lease = Lease {
                metadata: ObjectMeta { name: Some(name), ..ObjectMeta::default() },
                spec: Some(self.record(None)),
            };
            self.api.create(&PostParams::default(), &lease).await?;
            return Ok(Leadership::Ours);
        };
        let spec = lease.spec.clone().unwrap_or_default();
        let holder = spec.holder_identity.as_deref().unwrap_or_default();
        if !holder.is_empty() && holder != self.identity && !self.is_over(&lease, asked) {
            return Ok(Leadership::NotOurs);
        }
        lease.spec = Some(self.record(Some(&spec)));
        // The version in the lease makes this fail if another was faster.
        self.api.replace(&name, &PostParams::default(), &lease).await?;
        Ok(Leadership::Ours)
    }

    /// Whether the holder has shown no sign of life for as long as it said it would.
    fn is_over(&mut self, lease: &Lease, now: Instant) -> bool {
        let version = &lease.metadata.resource_version;
        let duration = lease
            .spec
            .as_ref()
            .and_then(|spec| spec.lease_duration_seconds)
            .and_then(|seconds| u64::try_from(seconds).ok())
            .map_or(self.settings.lease_duration, Duration::from_secs);
        match &self.seen {
            Some(seen) if seen.version == *version => now.duration_since(seen.at) >= duration,
            Some(_) | None => {
                self.seen = Some(Seen { version: version.clone(), at: now });
                false
            }
        }
    }

    /// A lease counts in whole seconds; fewer than were asked for would let another take over too soon.
    fn lease_seconds(&self) -> u64 {
        let duration = self.settings.lease_duration;
        duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0))
    }

    fn record(&self, before: Option<&LeaseSpec>) -> LeaseSpec {
        let now = MicroTime(Timestamp::now());
        let holder = before.and_then(|spec| spec.holder_identity.as_deref());
        let is_renewal = holder == Some(self.identity.as_str());
        let transitions = before.and_then(|spec| spec.lease_transitions).unwrap_or(0);
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(self.lease_seconds()).ok(),
            acquire_time: before
                .filter(|_| is_renewal)
                .and_then(|spec| spec.acquire_time.clone())
                .or_else(|| Some(now.clone())),
            renew_time: Some(now),
            lease_transitions: Some(if is_renewal || before.is_none() {
                transitions
            } else {
                transitions + 1
            }),
            ..LeaseSpec::default()
        }
    }
}

fn is_conflict(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if status.code == 409)
}

#[cfg(test)]
mod tests;
