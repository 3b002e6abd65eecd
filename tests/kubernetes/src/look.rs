//! What a test looks at: pods, their logs, and events.

use anyhow::anyhow;
use futures::{AsyncBufReadExt as _, TryStreamExt as _};
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::api::{DeleteParams, ListParams, LogParams};

use crate::{Scene, limits};

impl Scene {
    /// The pods of an application with this role, `driver` or `executor`.
    ///
    /// # Errors
    /// The API server refuses.
    pub async fn pods(&self, application: &str, role: &str) -> anyhow::Result<Vec<Pod>> {
        Ok(self.api::<Pod>().list(&of_role(application, role)).await?.items)
    }

    /// The log of a pod's main container.
    ///
    /// # Errors
    /// The API server refuses.
    pub async fn log(&self, pod: &str) -> anyhow::Result<String> {
        Ok(self.api::<Pod>().logs(pod, &LogParams::default()).await?)
    }

    /// Follows a pod's log until a line has this text, and returns that line.
    ///
    /// # Errors
    /// The pod does not start, its log ends before, or the time is over.
    pub async fn log_says(&self, pod: &str, text: &str) -> anyhow::Result<String> {
        let started = |pod: &Pod| {
            let phase = pod.status.as_ref()?.phase.as_deref()?;
            (phase != "Pending").then_some(())
        };
        crate::until_one(&self.api::<Pod>(), pod, &format!("pod {pod} to start"), limits::STEP, started)
            .await?;
        let follow = LogParams { follow: true, ..LogParams::default() };
        let mut lines = self.api::<Pod>().log_stream(pod, &follow).await?.lines();
        let find = async {
            while let Some(line) = lines.try_next().await? {
                if line.contains(text) {
                    return Ok(line);
                }
            }
            // A log that is followed may end before its last lines.
            let log = self.log(pod).await?;
            let line = log.lines().find(|line| line.contains(text)).map(str::to_owned);
            line.ok_or_else(|| anyhow!("the log of {pod} ended without {text:?}"))
        };
        tokio::time::timeout(limits::STEP, find)
            .await
            .map_err(|_| anyhow!("the log of {pod} never said {text:?}"))?
    }

    /// Waits until an application has so many pods of a role that run, and returns them.
    ///
    /// # Errors
    /// The time is over.
    pub async fn running(&self, application: &str, role: &str, count: usize) -> anyhow::Result<Vec<Pod>> {
        let what = format!("{count} running pods with role {role}");
        crate::until_all(&self.api::<Pod>(), &of_role(application, role), &what, limits::LONG_STEP, |pods| {
            let run = |pod: &&Pod| {
                let phase = pod.status.as_ref().and_then(|status| status.phase.as_deref());
                phase == Some("Running") && pod.metadata.deletion_timestamp.is_none()
            };
            let running: Vec<Pod> = pods.iter().filter(run).cloned().collect();
            (running.len() == count).then_some(running)
        })
        .await
    }

    /// Waits for an event about an application, which comes after what it tells of, and returns the first.
    ///
    /// # Errors
    /// The time is over.
    pub async fn event(&self, application: &str, reason: &str) -> anyhow::Result<Event> {
        let (list, what) = (about(application, reason), format!("the event {reason}"));
        crate::until_all(&self.api::<Event>(), &list, &what, limits::STEP, |events| events.first().cloned())
            .await
    }

    /// The events about an application with this reason that were published so far.
    ///
    /// # Errors
    /// The API server refuses.
    pub async fn events(&self, application: &str, reason: &str) -> anyhow::Result<Vec<Event>> {
        Ok(self.api::<Event>().list(&about(application, reason)).await?.items)
    }

    /// A pod is gone at once, as after `kubectl delete --force --grace-period=0`.
    ///
    /// # Errors
    /// The API server refuses.
    pub async fn kill_pod(&self, pod: &str) -> anyhow::Result<()> {
        self.api::<Pod>().delete(pod, &DeleteParams::default().grace_period(0)).await?;
        Ok(())
    }
}

/// Selects the events about an application with this reason.
fn about(application: &str, reason: &str) -> ListParams {
    let kind = "involvedObject.kind=SparkApplication";
    ListParams::default().fields(&format!("{kind},involvedObject.name={application},reason={reason}"))
}

/// Selects the pods of an application with this role.
fn of_role(application: &str, role: &str) -> ListParams {
    ListParams::default().labels(&format!("sparkoperator.k8s.io/app-name={application},spark-role={role}"))
}
