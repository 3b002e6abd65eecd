//! Whether a quota is in the way, and how full it is. Values only.

use k8s_openapi::api::core::v1::ResourceQuota;

use super::answer::{Found, Reason};

/// What a refusal by a quota means; none if the message is about something else.
///
/// The API server says `exceeded quota: NAME, requested: …, used: …, limited: …`.
pub(super) fn of_message(message: &str, quotas: &[ResourceQuota]) -> Option<Found> {
    if let Some((_, rest)) = message.split_once("exceeded quota: ") {
        let name = rest.split(',').next().unwrap_or_default().trim();
        let said = rest.split_once(", ").map(|(_, said)| said.trim_end_matches('.')).unwrap_or_default();
        let quota = quotas.iter().find(|quota| quota.metadata.name.as_deref() == Some(name));
        let now = quota.map(|quota| format!(" (now: {})", fullness(quota))).unwrap_or_default();
        return Some((
            Reason::Quota,
            format!("the quota {name} of the namespace has no room for another pod: {said}{now}"),
            format!(
                "end what takes the room: hearth list; or ask for less in spec.driver and spec.executor; or have the \
                 quota raised: kubectl describe resourcequota {name}"
            ),
        ));
    }
    message.contains("failed quota: ").then(|| {
        (
            Reason::Quota,
            format!("a quota of the namespace wants limits that the pod does not give: {message}"),
            "set coreLimit and memory of spec.driver and spec.executor".to_owned(),
        )
    })
}

/// What of a quota is used, as in `limits.cpu 4 of 4`.
fn fullness(quota: &ResourceQuota) -> String {
    let status = quota.status.as_ref();
    let hard = status.and_then(|status| status.hard.as_ref());
    let used = status.and_then(|status| status.used.as_ref());
    let entries = hard.into_iter().flatten().map(|(resource, limit)| {
        let used = used.and_then(|used| used.get(resource)).map_or("0", |used| used.0.as_str());
        format!("{resource} {used} of {}", limit.0)
    });
    entries.collect::<Vec<_>>().join(", ")
}
