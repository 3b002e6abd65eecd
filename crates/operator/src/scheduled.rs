//! `ScheduledSparkApplication`: its controller comes next. Until then its status says that no run is started.

use hearth_crd::ScheduledSparkApplication;
use kube::Client;
use serde_json::json;

use crate::comes_next;
use crate::settings::Scope;

const SENTENCE: &str = "this operator does not start the runs of a ScheduledSparkApplication yet; create the SparkApplications with \
                        a CronJob or another scheduler";

/// Tells everybody who has one.
pub async fn run(client: Client, scope: Scope) {
    let status = |generation, condition| {
        json!({
            "scheduleState": "FailedValidation",
            "reason": SENTENCE,
            "observedGeneration": generation,
            "conditions": [condition],
        })
    };
    comes_next::run::<ScheduledSparkApplication>(client, scope, status, SENTENCE).await;
}
