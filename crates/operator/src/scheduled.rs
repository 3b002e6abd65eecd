//! `ScheduledSparkApplication`: its controller comes next. Until then its status says that no run is started.

use hearth_crd::ScheduledSparkApplication;
use kube::Client;
use serde_json::json;

use crate::comes_next::Teller;
use crate::namespaces::Namespaces;
use crate::settings::Scope;

const SENTENCE: &str = "this operator does not start the runs of a ScheduledSparkApplication yet; create the SparkApplications with \
                        a CronJob or another scheduler";

/// Tells everybody who has one in these namespaces.
pub async fn run(client: Client, scope: Scope, namespaces: Namespaces) {
    let status = |generation, condition| {
        json!({
            "scheduleState": "FailedValidation",
            "reason": SENTENCE,
            "observedGeneration": generation,
            "conditions": [condition],
        })
    };
    Teller::<ScheduledSparkApplication>::new(client, namespaces, status, SENTENCE).run(scope).await;
}
