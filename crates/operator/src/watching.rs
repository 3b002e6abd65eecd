//! Watches that always come back. The command line has the same.
//!
//! Those of `kube` begin again by themselves, and list anew when the stream says `410 Gone`. Told so by the status of the answer, they
//! would ask for the same version for ever.

use std::fmt::Debug;

use futures::stream::{BoxStream, Stream, StreamExt, unfold};
use kube::runtime::WatchStreamExt;
use kube::runtime::watcher::{self, Error, Event, watcher};
use kube::{Api, Resource};
use serde::de::DeserializeOwned;

/// What happens to the objects of `api`; begun again after each error, and after a while.
pub fn watch<K>(
    api: Api<K>,
    config: watcher::Config,
) -> impl Stream<Item = watcher::Result<Event<K>>> + Send + use<K>
where
    K: Resource + Clone + DeserializeOwned + Debug + Send + 'static,
{
    let events = unfold(None, move |running: Option<BoxStream<'static, _>>| {
        let mut events = running.unwrap_or_else(|| watcher(api.clone(), config.clone()).boxed());
        async move {
            let event = events.next().await?;
            let running = if is_gone(&event) { None } else { Some(events) };
            Some((event, running))
        }
    });
    events.default_backoff()
}

/// Whether a watch could not be begun because its version is too old.
fn is_gone<K>(event: &watcher::Result<Event<K>>) -> bool {
    matches!(event, Err(Error::WatchStartFailed(kube::Error::Api(status))) if status.code == 410)
}
