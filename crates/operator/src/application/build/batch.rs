//! Batch schedulers that place the pods of an application together. Kubeflow's operator: `internal/scheduler`.

use std::collections::BTreeMap;

use hearth_crd::{SparkApplication, SparkApplicationSpec};
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kube::api::{DynamicObject, TypeMeta};
use serde_json::{Value, json};

use super::context::Context;
use super::driver_pod::build_driver_pod;
use super::executor_pod::build_executor_pod;
use super::fields::{Role, text};
use super::initial::initial_executors;
use super::pool::build_pool;
use super::quantity::{Amounts, add, requests_of, to_quantities};
use super::settings::Settings;
use crate::names::Names;

/// Annotation by which Volcano knows the group of a pod.
const VOLCANO_GROUP: &str = "scheduling.k8s.io/group-name";
/// Label by which the coscheduling plugin knows it.
const PLUGIN_GROUP: &str = "scheduling.x-k8s.io/pod-group";
/// Annotation of YuniKorn: what kind of pod of the application this is.
const YUNIKORN_TASK_GROUP: &str = "yunikorn.apache.org/task-group-name";
/// Annotation of YuniKorn: all kinds of pods, on the first pod.
const YUNIKORN_TASK_GROUPS: &str = "yunikorn.apache.org/task-groups";

/// What schedules the pods of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BatchScheduler<'a> {
    /// Volcano.
    Volcano,
    /// Apache YuniKorn.
    Yunikorn,
    /// A scheduler with the coscheduling plugin.
    Coscheduling(&'a str),
    /// Another, which is told nothing but the pods.
    Other(&'a str),
}

impl<'a> BatchScheduler<'a> {
    /// That of an application, if it or the settings name one.
    pub(super) fn of(ctx: &Context<'a>) -> Option<Self> {
        Self::of_spec(ctx.spec, ctx.settings)
    }

    fn of_spec(spec: &'a SparkApplicationSpec, settings: &'a Settings) -> Option<Self> {
        let name = text(&spec.batch_scheduler).or_else(|| text(&settings.default_batch_scheduler))?;
        Some(match name {
            "volcano" => Self::Volcano,
            "yunikorn" => Self::Yunikorn,
            name if settings.kube_scheduler_names.iter().any(|known| known == name) => {
                Self::Coscheduling(name)
            }
            name => Self::Other(name),
        })
    }

    /// The name that pods ask for.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Volcano => "volcano",
            Self::Yunikorn => "yunikorn",
            Self::Coscheduling(name) | Self::Other(name) => name,
        }
    }
}

/// By what a batch scheduler knows the pods of an application together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodGroup {
    api_version: &'static str,
    name: String,
}

impl PodGroup {
    /// That of an application, if its scheduler knows groups.
    pub fn of(application: &SparkApplication, settings: &Settings) -> Option<Self> {
        let name = application.metadata.name.as_deref().unwrap_or_default();
        match BatchScheduler::of_spec(&application.spec, settings)? {
            BatchScheduler::Volcano => Some(Self::of_volcano(name)),
            BatchScheduler::Coscheduling(_) => Some(Self::of_coscheduling(name)),
            BatchScheduler::Yunikorn | BatchScheduler::Other(_) => None,
        }
    }

    /// Those that an application of this name may have had under another spec.
    pub fn all(application: &str) -> [Self; 2] {
        [Self::of_volcano(application), Self::of_coscheduling(application)]
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its kind.
    pub fn types(&self) -> TypeMeta {
        TypeMeta { api_version: self.api_version.to_owned(), kind: "PodGroup".to_owned() }
    }

    fn of_volcano(application: &str) -> Self {
        let name = Names::of(application).volcano_pod_group();
        Self { api_version: "scheduling.volcano.sh/v1beta1", name }
    }

    fn of_coscheduling(application: &str) -> Self {
        Self { api_version: "scheduling.x-k8s.io/v1alpha1", name: Names::of(application).pod_group() }
    }
}

/// The labels of every pod.
pub(super) fn gang_labels(ctx: &Context<'_>) -> Vec<(String, String)> {
    match BatchScheduler::of(ctx) {
        Some(BatchScheduler::Yunikorn) => {
            queue(ctx).map(|queue| ("queue".to_owned(), queue.to_owned())).into_iter().collect()
        }
        Some(BatchScheduler::Coscheduling(_)) => vec![(PLUGIN_GROUP.to_owned(), ctx.names.pod_group())],
        Some(BatchScheduler::Volcano | BatchScheduler::Other(_)) | None => Vec::new(),
    }
}

/// The annotations of every pod of a role.
pub(super) fn gang_annotations(ctx: &Context<'_>, role: Role) -> Vec<(String, String)> {
    match BatchScheduler::of(ctx) {
        Some(BatchScheduler::Volcano) => vec![(VOLCANO_GROUP.to_owned(), ctx.names.volcano_pod_group())],
        Some(BatchScheduler::Yunikorn) => {
            vec![(YUNIKORN_TASK_GROUP.to_owned(), format!("spark-{}", role.as_str()))]
        }
        Some(BatchScheduler::Coscheduling(_) | BatchScheduler::Other(_)) | None => Vec::new(),
    }
}

/// What YuniKorn is told of the pods to come, as an annotation of the driver.
pub(super) fn task_groups(ctx: &Context<'_>, driver: &Pod) -> Option<(String, String)> {
    if BatchScheduler::of(ctx) != Some(BatchScheduler::Yunikorn) {
        return None;
    }
    let executor = build_executor_pod(ctx, &build_pool(ctx), 1);
    let mut groups = vec![task_group(Role::Driver, driver, 1)];
    let executors = initial_executors(ctx.application);
    if executors > 0 {
        groups.push(task_group(Role::Executor, &executor, executors));
    }
    Some((YUNIKORN_TASK_GROUPS.to_owned(), Value::Array(groups).to_string()))
}

fn task_group(role: Role, pod: &Pod, members: i32) -> Value {
    let spec = pod.spec.clone().unwrap_or_default();
    let mut group = serde_json::Map::new();
    group.insert("name".to_owned(), json!(format!("spark-{}", role.as_str())));
    group.insert("minMember".to_owned(), json!(members));
    group.insert("minResource".to_owned(), json!(to_quantities(requests_of(&spec))));
    let optional = [
        ("nodeSelector", json!(spec.node_selector)),
        ("tolerations", json!(spec.tolerations)),
        ("affinity", json!(spec.affinity)),
        ("labels", json!(pod.metadata.labels)),
    ];
    for (key, value) in optional {
        if !value.is_null() {
            group.insert(key.to_owned(), value);
        }
    }
    Value::Object(group)
}

/// The group of pods that Volcano or the coscheduling plugin waits for. One pod is enough to begin, if there is room for all.
pub(super) fn build_pod_group(ctx: &Context<'_>) -> Option<DynamicObject> {
    let group = PodGroup::of(ctx.application, ctx.settings)?;
    let options = ctx.spec.batch_scheduler_options.as_ref();
    let given =
        options.and_then(|options| options.resources.clone()).filter(|resources| !resources.is_empty());
    let resources: BTreeMap<String, Quantity> = given.unwrap_or_else(|| to_quantities(all_requests(ctx)));
    let mut spec = json!({ "minMember": 1, "minResources": resources });
    if BatchScheduler::of(ctx) == Some(BatchScheduler::Volcano) {
        let class = options.and_then(|options| text(&options.priority_class_name));
        for (key, value) in [("queue", queue(ctx)), ("priorityClassName", class)] {
            if let Some(value) = value {
                spec[key] = json!(value);
            }
        }
    }
    Some(DynamicObject {
        types: Some(group.types()),
        metadata: ctx.metadata(group.name),
        data: json!({ "spec": spec }),
    })
}

fn queue<'a>(ctx: &Context<'a>) -> Option<&'a str> {
    ctx.spec.batch_scheduler_options.as_ref().and_then(|options| text(&options.queue))
}

/// What the driver and the executors of the start request together.
fn all_requests(ctx: &Context<'_>) -> Amounts {
    let of = |pod: Pod| pod.spec.map(|spec| requests_of(&spec)).unwrap_or_default();
    let mut sum = of(build_driver_pod(ctx));
    add(&mut sum, of(build_executor_pod(ctx, &build_pool(ctx), 1)), initial_executors(ctx.application));
    sum
}
