//! The one request to the API server: set the size of the pool.

use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams};
use kube::{Client, Config};

use super::{ApiServer, Pool};

/// Why the pool could not be scaled.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The pod has no service account, or does not run in a cluster.
    #[error("find the API server: {0}")]
    InCluster(#[from] kube::config::InClusterError),
    /// The server's address is no address.
    #[error("{url:?} is not the address of an API server")]
    Address { url: String },
    /// The client cannot be made.
    #[error("connect to the API server: {0}")]
    Connect(kube::Error),
    /// It does not answer, or says no.
    #[error("scale ExecutorPool {namespace}/{name} to {replicas}: {source}")]
    Scale { namespace: String, name: String, replicas: u32, source: Box<kube::Error> },
}

impl Error {
    /// Whether asking again soon may help.
    pub(super) fn is_retryable(&self) -> bool {
        match self {
            Self::InCluster(_) | Self::Address { .. } | Self::Connect(_) => false,
            Self::Scale { source, .. } => match &**source {
                // Too many requests, and what the server says of itself.
                kube::Error::Api(status) => status.code == 429 || status.code == 409 || status.code >= 500,
                _ => true,
            },
        }
    }
}

/// Sets the size of the pool.
pub(super) async fn scale(pool: &Pool, replicas: u32) -> Result<(), Error> {
    // Asked for seldom, so a connection is not kept.
    let client = Client::try_from(config(&pool.server)?).map_err(Error::Connect)?;
    let kind = GroupVersionKind::gvk("hearth.dev", "v1alpha1", "ExecutorPool");
    let resource = ApiResource::from_gvk_with_plural(&kind, "executorpools");
    let pools: Api<DynamicObject> = Api::namespaced_with(client, &pool.namespace, &resource);
    let patch = Patch::Merge(serde_json::json!({ "spec": { "replicas": replicas } }));
    let scaled = pools.patch_scale(&pool.name, &PatchParams::default(), &patch).await;
    scaled.map(drop).map_err(|source| Error::Scale {
        namespace: pool.namespace.clone(),
        name: pool.name.clone(),
        replicas,
        source: Box::new(source),
    })
}

fn config(server: &ApiServer) -> Result<Config, Error> {
    match server {
        ApiServer::InCluster => Ok(Config::incluster()?),
        ApiServer::Plain(url) => {
            Ok(Config::new(url.parse().map_err(|_| Error::Address { url: url.clone() })?))
        }
    }
}
