//! What the operator needs to know of a pod, and no more: ten thousand applications have thirty thousand of them in memory.
//!
//! Kubeflow's operator caches whole pods. A [`PodView`] is read from the same JSON and drops the rest on the way.

mod mounts;
mod resource;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference, Time};
use serde::{Deserialize, Serialize};

use hearth_types::pod::{BOUNDS_ANNOTATION, REPORTS_ANNOTATION};

pub use self::mounts::{Reference, VolumeView};

use crate::names::{
    APP_NAME_LABEL, DRIVER_CONTAINER, DRIVER_EPOCH_ANNOTATION, EXECUTOR_CONTAINER, EXECUTOR_ID_LABEL,
    ROLE_LABEL, SUBMISSION_ID_LABEL,
};

/// A pod, slim.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct PodView {
    /// Its name, labels and owners. [`PodView::trim`] keeps of them what the operator reads.
    pub metadata: ObjectMeta,
    /// What it was made of.
    pub spec: PodSpecView,
    /// What became of it.
    pub status: PodStatusView,
}

/// What a pod was made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSpecView {
    /// Where it runs; absent until it is placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_name: Option<Box<str>>,
    /// Its containers; [`PodView::trim`] keeps that of Spark.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub containers: Box<[ContainerView]>,
    /// What it mounts of its namespace; [`PodView::trim`] keeps it as long as its node may wait for that.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub volumes: Box<[VolumeView]>,
}

/// What a container was made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ContainerView {
    /// Its name.
    pub name: Box<str>,
    /// Its limits.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub resources: ResourcesView,
}

/// The resources of a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct ResourcesView {
    /// The most that it may use.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub limits: LimitsView,
}

/// The most that a container may use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct LimitsView {
    /// Memory, as a Kubernetes quantity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<Box<str>>,
}

/// What became of a pod.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodStatusView {
    /// Where it is in its life.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// A word about the whole pod, as in `Evicted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
    /// A sentence about the whole pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Box<str>>,
    /// Its address.
    #[serde(rename = "podIP", skip_serializing_if = "Option::is_none")]
    pub pod_ip: Option<Box<str>>,
    /// When its node took it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Time>,
    /// `PodScheduled`, `Ready`, `ContainersReady`, `DisruptionTarget`, and of a pod that is being started
    /// `PodReadyToStartContainers`; the others are dropped by [`PodView::trim`].
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub conditions: Box<[PodConditionView]>,
    /// Its containers; [`PodView::trim`] keeps that of Spark and those that wait.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub container_statuses: Box<[ContainerStatusView]>,
    /// The containers that run before.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub init_container_statuses: Box<[ContainerStatusView]>,
}

/// Where a pod is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum Phase {
    /// Accepted, and not all containers were started.
    Pending,
    /// Placed, and a container runs or ran.
    Running,
    /// Every container ended with 0.
    Succeeded,
    /// Every container ended, and one did not with 0.
    Failed,
    /// The node cannot be asked; also any phase that is not known.
    #[serde(other)]
    Unknown,
}

/// One condition of a pod.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodConditionView {
    /// Which.
    #[serde(rename = "type")]
    pub type_: Box<str>,
    /// `True`, `False` or `Unknown`.
    pub status: Box<str>,
    /// A word for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
    /// A sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Box<str>>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_transition_time: Option<Time>,
}

/// What became of a container.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ContainerStatusView {
    /// Its name.
    pub name: Box<str>,
    /// Whether it is ready.
    #[serde(skip_serializing_if = "is_default")]
    pub ready: bool,
    /// Its image, as its pod names it.
    #[serde(skip_serializing_if = "is_default")]
    pub image: Box<str>,
    /// What it does now.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub state: ContainerStateView,
    /// What it did before it was started again.
    #[serde(deserialize_with = "or_default", skip_serializing_if = "is_default")]
    pub last_state: ContainerStateView,
}

/// What a container does: at most one of the three.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct ContainerStateView {
    /// It is not started yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Box<WaitingView>>,
    /// It runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<RunningView>,
    /// It ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminated: Option<Box<TerminatedView>>,
}

/// Why a container is not started yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct WaitingView {
    /// A word, as in `ImagePullBackOff`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
    /// A sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Box<str>>,
}

/// A container that runs.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RunningView {
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
}

/// How a container ended.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub struct TerminatedView {
    /// Its exit code; 128 and the signal, if a signal ended it.
    pub exit_code: i32,
    /// The signal, where the container runtime tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// A word, as in `OOMKilled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
    /// What it wrote into its termination log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Box<str>>,
    /// When it was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Time>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,
}

/// Reads `null` as nothing, as some clients write it.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl PodView {
    /// Drops what the operator never reads. To be called on everything that goes into a cache.
    pub fn trim(&mut self) {
        let metadata = &mut self.metadata;
        metadata.managed_fields = None;
        metadata.finalizers = None;
        metadata.generate_name = None;
        metadata.self_link = None;
        metadata.generation = None;
        let labels = [APP_NAME_LABEL, SUBMISSION_ID_LABEL, ROLE_LABEL, EXECUTOR_ID_LABEL];
        if let Some(all) = &mut metadata.labels {
            all.retain(|key, _| labels.contains(&key.as_str()));
        }
        let annotations = [DRIVER_EPOCH_ANNOTATION, REPORTS_ANNOTATION, BOUNDS_ANNOTATION];
        if let Some(all) = &mut metadata.annotations {
            all.retain(|key, _| annotations.contains(&key.as_str()));
        }
        metadata.annotations = metadata.annotations.take().filter(|all| !all.is_empty());
        if let Some(owners) = &mut metadata.owner_references {
            owners.retain(|owner| owner.controller == Some(true));
            owners.shrink_to_fit();
        }
        keep(&mut self.spec.containers, |container| is_main(&container.name));
        let (is_pending, may_be_preparing) = (self.phase() == Phase::Pending, self.may_be_preparing());
        let volumes = std::mem::take(&mut self.spec.volumes).into_vec().into_iter();
        self.spec.volumes = volumes.filter(|volume| may_be_preparing && volume.refers()).collect();
        let status = &mut self.status;
        keep(&mut status.container_statuses, |container| {
            is_main(&container.name) || container.state.waiting.is_some()
        });
        for container in &mut status.container_statuses {
            // The image is only told of while it is waited for.
            if container.state.waiting.is_none() {
                container.image = Box::default();
            }
        }
        keep(&mut status.conditions, |condition| {
            matches!(&*condition.type_, "PodScheduled" | "Ready" | "ContainersReady" | "DisruptionTarget")
                || (is_pending && &*condition.type_ == mounts::PREPARED)
        });
        keep(&mut status.init_container_statuses, |container| container.state.running.is_none());
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.metadata.name.as_deref().unwrap_or_default()
    }

    /// Its identity.
    pub fn uid(&self) -> &str {
        self.metadata.uid.as_deref().unwrap_or_default()
    }

    /// A label.
    pub fn label(&self, key: &str) -> Option<&str> {
        self.metadata.labels.as_ref()?.get(key).map(String::as_str)
    }

    /// An annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.metadata.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// The number of an executor.
    pub fn executor_number(&self) -> Option<u32> {
        self.label(EXECUTOR_ID_LABEL)?.parse().ok()
    }

    /// The generation of a driver; 1 if it does not say.
    pub fn driver_epoch(&self) -> u32 {
        self.annotation(DRIVER_EPOCH_ANNOTATION).and_then(|epoch| epoch.parse().ok()).unwrap_or(1)
    }

    /// Who made it.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.metadata.owner_references.iter().flatten().find(|owner| owner.controller == Some(true))
    }

    /// Whether it was asked to end.
    pub fn is_terminating(&self) -> bool {
        self.metadata.deletion_timestamp.is_some()
    }

    /// When it was made.
    pub fn created_at(&self) -> Option<Timestamp> {
        self.metadata.creation_timestamp.as_ref().map(|time| time.0)
    }

    /// The phase; `Pending` if there is none yet.
    pub fn phase(&self) -> Phase {
        self.status.phase.unwrap_or(Phase::Pending)
    }

    /// The status of Spark's container.
    pub fn main_container(&self) -> Option<&ContainerStatusView> {
        let all = &self.status.container_statuses;
        all.iter().find(|container| is_main(&container.name)).or_else(|| all.first())
    }

    /// How Spark's container ended.
    pub fn terminated(&self) -> Option<&TerminatedView> {
        self.main_container()?.state.terminated.as_deref()
    }

    /// Since when Spark's container runs.
    pub fn running_since(&self) -> Option<Timestamp> {
        let running = self.main_container()?.state.running.as_ref()?;
        Some(running.started_at.as_ref()?.0)
    }

    /// The memory limit of Spark's container.
    pub fn memory_limit(&self) -> Option<&str> {
        let all = &self.spec.containers;
        let main = all.iter().find(|container| is_main(&container.name)).or_else(|| all.first())?;
        main.resources.limits.memory.as_deref()
    }

    /// A condition.
    pub fn condition(&self, type_: &str) -> Option<&PodConditionView> {
        self.status.conditions.iter().find(|condition| &*condition.type_ == type_)
    }

    /// Whether it serves.
    pub fn is_ready(&self) -> bool {
        self.condition("Ready").is_some_and(|ready| &*ready.status == "True")
    }

    /// Whether its node does not answer: the containers are ready as far as anybody knows, and the pod is not.
    ///
    /// The node controller takes away `Ready` and leaves the rest when a node falls silent.
    /// A pod that waits for readiness gates looks the same but for its reason.
    pub fn is_unreachable(&self) -> bool {
        let is =
            |type_: &str, status: &str| self.condition(type_).is_some_and(|found| &*found.status == status);
        let gates = Some("ReadinessGatesNotReady");
        is("ContainersReady", "True")
            && is("Ready", "False")
            && self.condition("Ready").and_then(|ready| ready.reason.as_deref()) != gates
    }

    /// Whether it was told to go, and its node does not answer: nobody will ever say that it has ended.
    pub fn is_given_up(&self) -> bool {
        self.is_terminating() && self.is_unreachable()
    }
}

/// Whether a container is that of Spark; `executor` is what old templates call it.
fn is_main(name: &str) -> bool {
    matches!(name, DRIVER_CONTAINER | EXECUTOR_CONTAINER | "executor")
}

/// Keeps what is wanted, unless that is nothing.
fn keep<T>(all: &mut Box<[T]>, wanted: impl Fn(&T) -> bool) {
    if all.iter().any(&wanted) && !all.iter().all(&wanted) {
        let kept: Vec<T> = std::mem::take(all).into_vec().into_iter().filter(|item| wanted(item)).collect();
        *all = kept.into_boxed_slice();
    }
}
