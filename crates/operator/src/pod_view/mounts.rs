//! What the volumes of a pod need to be there before its containers can be made.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Phase, PodView, is_default, or_default};

/// The condition that a pod has its volumes and its network. Kubernetes before 1.29 does not say.
pub(super) const PREPARED: &str = "PodReadyToStartContainers";

/// A volume, as far as its node may wait for what it shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct VolumeView {
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<SourceView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    config_map: Option<SourceView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    projected: Option<ProjectedView>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
struct ProjectedView {
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    sources: Box<[VolumeView]>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
struct SourceView {
    #[serde(alias = "secretName")]
    name: Box<str>,
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    optional: bool,
}

/// Something in its namespace that a pod mounts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// A secret, by its name.
    Secret(Box<str>),
    /// A config map, by its name.
    ConfigMap(Box<str>),
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(name) => write!(f, "secret {name:?}"),
            Self::ConfigMap(name) => write!(f, "config map {name:?}"),
        }
    }
}

impl VolumeView {
    /// Whether it shows something of its namespace.
    pub(super) fn refers(&self) -> bool {
        self.secret.is_some() || self.config_map.is_some() || self.projected.is_some()
    }

    fn collect(&self, all: &mut BTreeSet<Reference>) {
        let name = |source: &Option<SourceView>| {
            source.as_ref().filter(|source| !source.optional).map(|source| source.name.clone())
        };
        all.extend(name(&self.secret).map(Reference::Secret));
        all.extend(name(&self.config_map).map(Reference::ConfigMap));
        for source in self.projected.iter().flat_map(|projected| &projected.sources) {
            source.collect(all);
        }
    }
}

impl PodView {
    /// What it cannot start without. Known only while its node prepares it.
    pub fn mounted(&self) -> BTreeSet<Reference> {
        let mut all = BTreeSet::new();
        self.spec.volumes.iter().for_each(|volume| volume.collect(&mut all));
        all
    }

    /// Since when its node has been preparing its volumes, as long as it does.
    pub fn preparing_since(&self) -> Option<Timestamp> {
        let start = self.status.start_time.as_ref()?.0;
        (self.may_be_preparing() && !self.is_terminating()).then_some(start)
    }

    /// Since when its node has had nothing else to do for it than to make containers that are not there: it has taken the pod,
    /// volumes and network are ready, and the containers that run before others have ended. Each of them may take its time.
    pub fn making_containers_since(&self) -> Option<Timestamp> {
        let prepared = self.condition(PREPARED).filter(|prepared| &*prepared.status == "True");
        let init = self.status.init_container_statuses.iter();
        let ended = init.filter_map(|container| container.state.terminated.as_ref()?.finished_at.as_ref());
        let taken = self.status.start_time.iter();
        let prepared = prepared.and_then(|prepared| prepared.last_transition_time.as_ref());
        taken.chain(prepared).chain(ended).map(|time| time.0).max()
    }

    /// Whether its volumes may still be prepared.
    pub(super) fn may_be_preparing(&self) -> bool {
        self.phase() == Phase::Pending
            && self.condition(PREPARED).is_none_or(|prepared| &*prepared.status != "True")
    }
}
