//! Waiting for objects: a list, then a watch from where the list ended. No polling, no sleeping.

use std::fmt::Debug;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use futures::TryStreamExt as _;
use kube::Api;
use kube::api::{ListParams, WatchParams};
use serde::de::DeserializeOwned;

/// Waits until the objects that `list` selects satisfy `condition`, and returns what it made of them.
///
/// # Errors
/// It does not happen within `limit`; `what` says what was waited for.
pub async fn until_all<K, T>(
    api: &Api<K>,
    list: &ListParams,
    what: &str,
    limit: Duration,
    condition: impl Fn(&[K]) -> Option<T>,
) -> anyhow::Result<T>
where
    K: Clone + DeserializeOwned + Debug,
{
    let wait = async {
        loop {
            let objects = api.list(list).await?;
            if let Some(answer) = condition(&objects.items) {
                return Ok::<_, kube::Error>(answer);
            }
            let version = objects.metadata.resource_version.unwrap_or_default();
            let params = WatchParams {
                label_selector: list.label_selector.clone(),
                field_selector: list.field_selector.clone(),
                ..WatchParams::default()
            };
            let mut changes = std::pin::pin!(api.watch(&params, &version).await?);
            // Any change is a reason to look at all of them again; so is the end of the watch.
            let _change = changes.try_next().await?;
        }
    };
    tokio::time::timeout(limit, wait)
        .await
        .map_err(|_| anyhow!("gave up after {} s", limit.as_secs()))
        .and_then(|outcome| outcome.map_err(anyhow::Error::from))
        .with_context(|| format!("waiting for {what}"))
}

/// As [`until_all`], for the one object of that name, once it is there.
///
/// # Errors
/// As [`until_all`].
pub async fn until_one<K, T>(
    api: &Api<K>,
    name: &str,
    what: &str,
    limit: Duration,
    condition: impl Fn(&K) -> Option<T>,
) -> anyhow::Result<T>
where
    K: Clone + DeserializeOwned + Debug,
{
    let list = ListParams::default().fields(&format!("metadata.name={name}"));
    until_all(api, &list, what, limit, |objects| objects.first().and_then(&condition)).await
}

/// Waits until nothing is left of what `list` selects.
///
/// # Errors
/// As [`until_all`].
pub async fn until_gone<K>(api: &Api<K>, list: &ListParams, what: &str, limit: Duration) -> anyhow::Result<()>
where
    K: Clone + DeserializeOwned + Debug,
{
    until_all(api, list, what, limit, |objects| objects.is_empty().then_some(())).await
}
