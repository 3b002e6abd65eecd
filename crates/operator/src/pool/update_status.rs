//! Writes the status of a pool.

use hearth_crd::{ExecutorPool, ExecutorPoolStatus};
use kube::Resource;
use kube::api::PostParams;
use serde_json::json;

use crate::api::{Error, Result, request};
use crate::cache::Watched;
use crate::context::Context;
use crate::key::Key;
use crate::names::FIELD_MANAGER;

/// Writes `status`, unless somebody has changed the pool since `pool` was read.
pub(super) async fn update_status(
    ctx: &Context,
    key: &Key,
    pool: &ExecutorPool,
    status: &ExecutorPoolStatus,
) -> Result<()> {
    let name = pool.metadata.name.as_deref().unwrap_or_default();
    let body = json!({
        "apiVersion": ExecutorPool::api_version(&()),
        "kind": ExecutorPool::kind(&()),
        "metadata": {
            "name": name,
            "namespace": key.namespace(),
            "uid": pool.metadata.uid,
            "resourceVersion": pool.metadata.resource_version,
        },
        "spec": pool.spec,
        "status": status,
    });
    let url = ExecutorPool::url_path(&(), Some(key.namespace()));
    let params = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
    let send = async {
        let body = serde_json::to_vec(&body).map_err(kube::Error::SerdeError)?;
        let replace = kube::core::Request::new(url).replace_subresource("status", name, &params, body);
        ctx.client.request::<Watched<ExecutorPool>>(replace.map_err(kube::Error::BuildRequest)?).await
    };
    match request(|| format!("write the status of executorpool {name}"), send).await {
        Ok(written) => {
            ctx.cache.wrote_pool(written);
            Ok(())
        }
        Err(error) if error.is_conflict() => Err(Error::Conflict { object: format!("executorpool {name}") }),
        // It is being deleted with its application.
        Err(error) if error.is_not_found() => {
            ctx.cache.pool_is_gone(key, pool.metadata.uid.as_deref().unwrap_or_default());
            Err(Error::Conflict { object: format!("executorpool {name}") })
        }
        Err(error) => Err(error),
    }
}
