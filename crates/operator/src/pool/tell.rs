//! Tells the driver what it needs to know of its pool: executors that ended, and edits of how many there may be.
//!
//! They are annotations of its pod, which it sees as files; so it needs no right to see anything.

use std::collections::BTreeMap;
use std::sync::Arc;

use hearth_crd::{ExecutorPool, ExecutorPoolSpec, MOST_EXECUTORS, SparkApplication};
use hearth_types::pod::{BOUNDS_ANNOTATION, ExecutorBounds, ExecutorReport, REPORTS_ANNOTATION};
use kube::Api;
use serde::Serialize;
use serde_json::json;

use crate::api::{self, Result};
use crate::context::Context;
use crate::key::Key;
use crate::names::{ROLE_LABEL, SUBMISSION_ID_LABEL};
use crate::pod_view::{Phase, PodView};

/// Writes what is new into the annotations of the driver's pod; only while it runs.
pub(super) async fn tell_driver(
    ctx: &Context,
    key: &Key,
    application: &SparkApplication,
    pool: &ExecutorPool,
    pods: &[Arc<PodView>],
    reports: &[ExecutorReport],
) -> Result<()> {
    let submission = application.status.as_ref().and_then(|status| status.submission_id.as_deref());
    let is_listening = |pod: &&Arc<PodView>| {
        pod.label(ROLE_LABEL) == Some("driver")
            && pod.label(SUBMISSION_ID_LABEL) == submission
            && pod.phase() == Phase::Running
            && !pod.is_terminating()
            && pod.terminated().is_none()
    };
    let Some(driver) = pods.iter().find(is_listening) else { return Ok(()) };
    let news = news(|annotation| driver.annotation(annotation), &pool.spec, reports)?;
    if news.is_empty() {
        return Ok(());
    }
    let api: Api<PodView> = Api::namespaced(ctx.client.clone(), key.namespace());
    // The uid makes it fail if another driver has the name now.
    let patch = json!({ "metadata": { "uid": driver.uid(), "annotations": news } });
    match api::merge(&api, driver.name(), &patch).await {
        Ok(pod) => ctx.cache.wrote_pod(pod),
        Err(error) if error.is_not_found() || error.is_conflict() => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

/// The annotations that are to say something else than the driver was `told`.
fn news<'a>(
    told: impl Fn(&str) -> Option<&'a str>,
    pool: &ExecutorPoolSpec,
    reports: &[ExecutorReport],
) -> Result<BTreeMap<&'static str, String>> {
    let mut news = BTreeMap::new();
    if !reports.is_empty() {
        let text = text(reports)?;
        if told(REPORTS_ANNOTATION) != Some(text.as_str()) {
            news.insert(REPORTS_ANNOTATION, text);
        }
    }
    // A driver that was made without bounds may not scale its pool.
    let bounds = told(BOUNDS_ANNOTATION).and_then(|told| serde_json::from_str(told).ok());
    if let Some(new) = bounds.and_then(|bounds| edited(&bounds, pool)) {
        news.insert(BOUNDS_ANNOTATION, text(&new)?);
    }
    Ok(news)
}

/// The bounds of the pool, if the driver knows others. A bound that was taken away is as if it had never been given.
fn edited(told: &ExecutorBounds, pool: &ExecutorPoolSpec) -> Option<ExecutorBounds> {
    let bound = |bound: Option<i32>, told: Option<u32>, default: i32| {
        let bound = bound.or_else(|| told.map(|_| default))?;
        u32::try_from(bound).ok()
    };
    let (min, max) =
        (bound(pool.min_replicas, told.min, 0), bound(pool.max_replicas, told.max, MOST_EXECUTORS));
    ((min, max) != (told.min, told.max)).then_some(ExecutorBounds { min, max, edited: true })
}

fn text<T: Serialize + ?Sized>(said: &T) -> Result<String> {
    Ok(serde_json::to_string(said).map_err(crate::cache::ParseError::from)?)
}

#[cfg(test)]
mod tests {
    use hearth_types::ExecutorId;

    use super::*;

    fn pool(min: Option<i32>, max: Option<i32>) -> ExecutorPoolSpec {
        ExecutorPoolSpec { application: "pi".to_owned(), replicas: 2, min_replicas: min, max_replicas: max }
    }

    /// What is told of the bounds to a driver that was told this.
    fn bounds(told: &str, pool: &ExecutorPoolSpec) -> Option<String> {
        news(|key| (key == BOUNDS_ANNOTATION).then_some(told), pool, &[]).unwrap().remove(BOUNDS_ANNOTATION)
    }

    #[test]
    fn bounds_that_the_driver_was_made_with_are_no_news() {
        assert_eq!(bounds(r#"{"min":1,"max":4}"#, &pool(Some(1), Some(4))), None);
        assert_eq!(bounds("{}", &pool(None, None)), None);
        assert!(news(|_| None, &pool(None, Some(4)), &[]).unwrap().is_empty(), "it may not scale");
    }

    #[test]
    fn edited_bounds_are_told_once() {
        let pool = pool(Some(1), Some(8));
        let told = bounds(r#"{"min":1,"max":4}"#, &pool).unwrap();
        assert_eq!(told, r#"{"min":1,"max":8,"edited":true}"#);
        assert_eq!(bounds(&told, &pool), None);
    }

    #[test]
    fn a_bound_that_is_taken_away_is_the_default_and_one_that_nobody_gave_is_the_programs() {
        let told = bounds(r#"{"max":4}"#, &pool(None, None)).unwrap();
        assert_eq!(told, r#"{"max":10000,"edited":true}"#);
        assert_eq!(bounds(&told, &pool(None, None)), None);
    }

    #[test]
    fn reports_are_told_if_there_are_others() {
        let report = ExecutorReport {
            executor: ExecutorId(3),
            exit_code: Some(1),
            caused_by_app: true,
            message: "it fell".to_owned(),
        };
        let text = news(|_| Some("[]"), &pool(None, None), std::slice::from_ref(&report)).unwrap();
        let text = &text[REPORTS_ANNOTATION];
        assert_eq!(text, r#"[{"executor":3,"exitCode":1,"causedByApp":true,"message":"it fell"}]"#);
        assert!(news(|_| Some(text), &pool(None, None), &[report]).unwrap().is_empty());
        assert!(news(|_| Some(text), &pool(None, None), &[]).unwrap().is_empty());
    }
}
