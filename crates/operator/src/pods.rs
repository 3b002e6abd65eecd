//! Requests about pods. Answers are read as [`PodView`]s and go into the cache at once.

use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, ListParams, PostParams, Preconditions, PropagationPolicy};
use kube::{Api, Resource};

use crate::api::{Error, Result, request};
use crate::context::Context;
use crate::key::Key;
use crate::names::{APP_NAME_LABEL, FIELD_MANAGER, LAUNCHED_BY_LABEL, ROLE_LABEL};
use crate::pod_view::PodView;

/// Makes a pod. `Ok(None)`: there is one of this name.
pub async fn create(ctx: &Context, key: &Key, pod: &Pod) -> Result<Option<PodView>> {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let action = || format!("create pod {name}");
    let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
    let url = PodView::url_path(&(), Some(key.namespace()));
    let send = async {
        let body = serde_json::to_vec(pod).map_err(kube::Error::SerdeError)?;
        let create =
            kube::core::Request::new(url).create(&params, body).map_err(kube::Error::BuildRequest)?;
        ctx.client.request::<PodView>(create).await
    };
    match request(action, send).await {
        Ok(made) => {
            ctx.cache.wrote_pod(made.clone());
            Ok(Some(made))
        }
        Err(error) if error.is_conflict() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a pod as it is now.
pub async fn get(ctx: &Context, key: &Key, name: &str) -> Result<Option<PodView>> {
    let api: Api<PodView> = Api::namespaced(ctx.client.clone(), key.namespace());
    request(|| format!("get pod {name}"), api.get_opt(name)).await
}

/// Whether a pod is given the time that it asks for to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It is.
    Graceful,
    /// It is not: its node is gone, and nobody would say that it has ended.
    Forced,
}

/// Deletes a pod, if it still is the one with this identity.
pub async fn delete(ctx: &Context, key: &Key, name: &str, uid: &str, deletion: Deletion) -> Result<()> {
    let api: Api<PodView> = Api::namespaced(ctx.client.clone(), key.namespace());
    let params = DeleteParams {
        grace_period_seconds: (deletion == Deletion::Forced).then_some(0),
        propagation_policy: Some(PropagationPolicy::Background),
        preconditions: Some(Preconditions { uid: Some(uid.to_owned()), resource_version: None }),
        ..DeleteParams::default()
    };
    let deleted = request(|| format!("delete pod {name}"), api.delete(name, &params)).await;
    match deleted {
        Ok(answer) => {
            if let Some(pod) =
                answer.left().filter(|pod| pod.is_terminating() && deletion == Deletion::Graceful)
            {
                ctx.cache.wrote_pod(pod);
            }
            Ok(())
        }
        // 409: another pod has the name now.
        Err(error) if error.is_not_found() || error.is_conflict() => {
            ctx.cache.pod_is_gone(key, uid);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Deletes every executor of an application.
pub async fn delete_executors(ctx: &Context, key: &Key) -> Result<()> {
    let api: Api<PodView> = Api::namespaced(ctx.client.clone(), key.namespace());
    let selector = format!("{APP_NAME_LABEL}={},{ROLE_LABEL}=executor,{LAUNCHED_BY_LABEL}=true", key.name());
    let (params, list) = (DeleteParams::background(), ListParams::default().labels(&selector));
    let answer = request(|| "delete executors".to_owned(), api.delete_collection(&params, &list)).await?;
    // Those that had ended are gone at once, which the watch tells.
    for pod in answer.left().into_iter().flatten().filter(PodView::is_terminating) {
        ctx.cache.wrote_pod(pod);
    }
    Ok(())
}

/// An error for a pod that has the name of one that is wanted, and is on its way out.
pub fn being_deleted(name: &str) -> Error {
    Error::BeingDeleted { object: format!("pod {name}") }
}

/// The same for a pod that was found. One of a node that does not answer is deleted by force, as nobody would ever say that it has
/// ended; but only if an application of this name had made it.
pub async fn in_the_way(ctx: &Context, key: &Key, found: &PodView) -> Error {
    let kinds = [hearth_crd::KIND, "ExecutorPool"];
    let mut owners = found.metadata.owner_references.iter().flatten();
    let is_of_name = owners.any(|owner| kinds.contains(&&*owner.kind) && owner.name == key.name());
    if is_of_name && found.is_given_up() {
        let deleted = delete(ctx, key, found.name(), found.uid(), Deletion::Forced).await;
        return deleted.err().unwrap_or_else(|| being_deleted(found.name()));
    }
    being_deleted(found.name())
}
