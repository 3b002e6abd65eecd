//! Waits until something is true of an application, and says what to look at if that takes long.

use std::time::Duration;

use hearth_crd::SparkApplication;
use kube::runtime::wait::{Condition, await_condition};
use tokio::time::Instant;

use crate::cluster_client::Cluster;
use crate::error::Error;
use crate::follow::passed;

/// After how long a user is told where to look: longer than pods are given to end, if nobody says otherwise.
const PATIENCE: Duration = Duration::from_secs(35);

/// Waits until something is true of the application, and answers with it as it was then, which is nothing if it was gone; with no
/// answer at all if `deadline` came before. Calls `hint` once it takes long.
pub(crate) async fn until(
    cluster: &Cluster,
    name: &str,
    condition: impl Condition<SparkApplication>,
    deadline: Option<Instant>,
    hint: impl FnOnce(),
) -> Result<Option<Option<SparkApplication>>, Error> {
    let waited = Box::pin(await_condition(cluster.applications(), name, condition));
    let waited = patiently(waited, deadline, Instant::now() + PATIENCE, hint).await;
    waited.transpose().map_err(|source| Error::Watch { name: name.to_owned(), problem: source.to_string() })
}

/// Whether the application with this uid is gone; another of its name may be there.
pub(crate) fn is_gone(uid: Option<String>) -> impl Condition<SparkApplication> {
    move |application: Option<&SparkApplication>| {
        application.is_none_or(|application| application.metadata.uid != uid)
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

    use tokio::sync::oneshot;

    use super::*;

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
}
