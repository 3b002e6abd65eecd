//! Waits until something is true of an application, and says what to look at if that takes long.

use std::time::Duration;

use futures::StreamExt;
use hearth_crd::SparkApplication;
use tokio::time::Instant;

use crate::cluster_client::{Cluster, refusal};
use crate::error::Error;
use crate::follow::{Seen, passed};

/// After how long a user is told where to look: longer than pods are given to end, if nobody says otherwise.
const PATIENCE: Duration = Duration::from_secs(35);

/// Waits until something is true of the application, and answers with it as it was then, which is nothing if it was gone; with no
/// answer at all if `deadline` came before. Calls `hint` once it takes long.
pub(crate) async fn until(
    cluster: &Cluster,
    name: &str,
    condition: impl Fn(Option<&SparkApplication>) -> bool,
    deadline: Option<Instant>,
    hint: impl FnOnce(),
) -> Result<Option<Option<SparkApplication>>, Error> {
    let waited = Box::pin(watched(cluster, name, condition));
    patiently(waited, deadline, Instant::now() + PATIENCE, hint).await.transpose()
}

/// Whether the application with this uid is gone; another of its name may be there.
pub(crate) fn is_gone(uid: Option<String>) -> impl Fn(Option<&SparkApplication>) -> bool {
    move |application| application.is_none_or(|application| application.metadata.uid != uid)
}

/// Watches the application until something is true of it. A connection that breaks is made again.
async fn watched(
    cluster: &Cluster,
    name: &str,
    condition: impl Fn(Option<&SparkApplication>) -> bool,
) -> Result<Option<SparkApplication>, Error> {
    let mut seen = Seen::default();
    let mut events = cluster.watch_application(name);
    loop {
        match events.next().await {
            Some(Ok(event)) => seen.on_application(event),
            Some(Err(error)) => {
                let what = format!("watch application {name}");
                if let Some(refusal) = refusal(&error) {
                    return Err(cluster.error(&what, refusal).into());
                }
                tracing::debug!("{what}: {error}");
            }
            None => std::future::pending().await,
        }
        if let Some(application) = seen.known()
            && condition(application)
        {
            return Ok(application.cloned());
        }
    }
}

/// What `waited` comes to, unless `deadline` comes before; calls `hint` at `slow`.
async fn patiently<T>(
    mut waited: impl Future<Output = T> + Unpin,
    deadline: Option<Instant>,
    slow: Instant,
    hint: impl FnOnce(),
) -> Option<T> {
    tokio::select! {
        biased;
        answer = &mut waited => return Some(answer),
        () = passed(deadline) => return None,
        () = passed(Some(slow)) => hint(),
    }
    tokio::select! {
        biased;
        answer = waited => Some(answer),
        () = passed(deadline) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use http::{Request, Response};
    use kube::client::Body;
    use serde_json::json;
    use tokio::sync::oneshot;
    use tower::{BoxError, service_fn};

    use super::*;
    use crate::testing;

    #[tokio::test]
    async fn nobody_waits_longer_than_asked_for_and_everybody_hears_where_to_look() {
        let now = Instant::now();
        let later = now + Duration::from_secs(3600);
        let silent = || panic!("nothing took long");
        assert_eq!(patiently(ready(1), Some(now), now, silent).await, Some(1));
        assert_eq!(patiently(pending::<()>(), Some(now), later, silent).await, None);
        let (sender, receiver) = oneshot::channel();
        let hint = || sender.send("hinted").unwrap();
        assert_eq!(patiently(receiver, Some(later), now, hint).await, Some(Ok("hinted")));
    }

    /// A cluster that lists an application once, and has forgotten what has become of it since when it is asked to watch it.
    fn forgetful_cluster() -> Cluster {
        let lists = Arc::new(AtomicU32::new(0));
        let service = service_fn(move |request: Request<Body>| {
            let is_watch = request.uri().query().is_some_and(|query| query.contains("watch=true"));
            let (code, answer) = if is_watch {
                (410, json!({ "kind": "Status", "status": "Failure", "code": 410, "reason": "Expired" }))
            } else {
                let is_first = lists.fetch_add(1, Ordering::SeqCst) == 0;
                let items: Vec<_> = is_first.then(|| testing::application("pi")).into_iter().collect();
                (200, json!({ "metadata": { "resourceVersion": "1" }, "items": items }))
            };
            let answer = Response::builder().status(code).body(Body::from(answer.to_string().into_bytes()));
            ready(answer.map_err(BoxError::from))
        });
        Cluster::of(kube::Client::new(service, "default"))
    }

    #[tokio::test(start_paused = true)]
    async fn an_application_that_went_while_the_cluster_forgot_what_has_changed_is_found_to_be_gone() {
        let cluster = forgetful_cluster();
        let is_gone = |application: Option<&SparkApplication>| application.is_none();
        assert_eq!(until(&cluster, "pi", is_gone, None, || ()).await.unwrap(), Some(None));
    }
}
