//! Labels and annotations. Services, network policies and clients find pods by the labels, so ours win over the user's.

use std::collections::BTreeMap;

use super::context::Context;
use super::fields::{PodFields, Role};
use crate::names::{
    APP_NAME_LABEL, APP_SELECTOR_LABEL, CREATED_BY_LABEL, LAUNCHED_BY_LABEL, ROLE_LABEL,
    SPARK_APP_NAME_LABEL, SPARK_VERSION_LABEL, SUBMISSION_ID_LABEL,
};

/// The longest value of a label.
const LONGEST_VALUE: usize = 63;

/// Labels of the application that stay with it: Kueue manages the objects that have them.
const NOT_FOR_PODS: &str = "kueue.x-k8s.io/";

/// What tells the pods of the application from all others.
pub(super) fn app_selector(ctx: &Context<'_>) -> BTreeMap<String, String> {
    BTreeMap::from([(APP_NAME_LABEL.to_owned(), label_value(ctx.name))])
}

/// What tells its driver.
pub(super) fn driver_selector(ctx: &Context<'_>) -> BTreeMap<String, String> {
    let mut selector = app_selector(ctx);
    selector.insert(ROLE_LABEL.to_owned(), Role::Driver.as_str().to_owned());
    selector
}

/// The labels of objects that are no pods.
pub(super) fn object_labels(ctx: &Context<'_>) -> BTreeMap<String, String> {
    let mut labels = app_selector(ctx);
    labels.insert(CREATED_BY_LABEL.to_owned(), "true".to_owned());
    labels.insert(SUBMISSION_ID_LABEL.to_owned(), ctx.submission.id.clone());
    labels
}

/// The labels of a pod: from the template, `sparkConf`, the application's own labels, the fields of its role, and ours.
pub(super) fn pod_labels(
    ctx: &Context<'_>,
    role: Role,
    fields: &PodFields<'_>,
    from_template: Option<BTreeMap<String, String>>,
) -> BTreeMap<String, String> {
    let mut labels = from_template.unwrap_or_default();
    labels.extend(owned(ctx.settings_below(&format!("spark.kubernetes.{}.label.", role.as_str()))));
    let inherited = ctx.application.metadata.labels.iter().flatten();
    labels.extend(
        inherited
            .filter(|(key, _)| !key.starts_with(NOT_FOR_PODS))
            .map(|(key, value)| (key.clone(), value.clone())),
    );
    labels.extend(fields.labels.cloned().unwrap_or_default());

    labels.extend(app_selector(ctx));
    let app_name = ctx.setting("spark.app.name").unwrap_or(ctx.name);
    labels.extend(
        [
            (LAUNCHED_BY_LABEL, "true".to_owned()),
            (SUBMISSION_ID_LABEL, ctx.submission.id.clone()),
            (ROLE_LABEL, role.as_str().to_owned()),
            (APP_SELECTOR_LABEL, ctx.submission.spark_application_id.clone()),
            (SPARK_APP_NAME_LABEL, label_value(&app_name.to_lowercase())),
            (SPARK_VERSION_LABEL, label_value(&ctx.spec.spark_version)),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    );
    labels
}

/// The annotations of a pod: from the template, `sparkConf` and the fields of its role.
pub(super) fn pod_annotations(
    ctx: &Context<'_>,
    role: Role,
    fields: &PodFields<'_>,
    from_template: Option<BTreeMap<String, String>>,
) -> BTreeMap<String, String> {
    let mut annotations = from_template.unwrap_or_default();
    annotations.extend(owned(ctx.settings_below(&format!("spark.kubernetes.{}.annotation.", role.as_str()))));
    annotations.extend(fields.annotations.cloned().unwrap_or_default());
    annotations
}

/// A text in the form of a label's value: what is not allowed becomes a dash, what is too long is cut.
pub(super) fn label_value(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let value: String = text.chars().map(|c| if allowed(c) { c } else { '-' }).take(LONGEST_VALUE).collect();
    value.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

/// Pairs as maps keep them.
pub(super) fn owned<'a>(
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> impl Iterator<Item = (String, String)> {
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_labels_are_made_to_fit() {
        assert_eq!(label_value("pi"), "pi");
        assert_eq!(label_value("My Application!"), "My-Application");
        assert_eq!(label_value(&"a".repeat(70)), "a".repeat(63));
        assert_eq!(label_value(""), "");
        assert_eq!(label_value("_x_"), "x");
    }
}
