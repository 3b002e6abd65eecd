//! Security contexts: safe defaults, below what the template and the fields say.
//!
//! A default never hides what somebody wrote: who asks for root, for privileges or for another user gets it, if the
//! cluster's policy lets them. The defaults are the container's, so that sidecars run as their images want.

use k8s_openapi::DeepMerge;
use k8s_openapi::api::core::v1::{Capabilities, PodSecurityContext, SeccompProfile, SecurityContext};

/// The user and the group of Spark's images.
const SPARK_USER: i64 = 185;

/// The context of the pod: volumes are writable for the group of Spark.
pub(super) fn build_pod_security(
    template: Option<PodSecurityContext>,
    field: Option<&PodSecurityContext>,
) -> PodSecurityContext {
    let mut context = template.unwrap_or_default();
    context.merge_from(field.cloned().unwrap_or_default());
    context.fs_group.get_or_insert(SPARK_USER);
    context.fs_group_change_policy.get_or_insert_with(|| "OnRootMismatch".to_owned());
    context
}

/// The context of the container in a pod with this context.
pub(super) fn build_container_security(
    template: Option<SecurityContext>,
    field: Option<&SecurityContext>,
    pod: &PodSecurityContext,
) -> SecurityContext {
    let mut context = template.unwrap_or_default();
    context.merge_from(field.cloned().unwrap_or_default());

    // Windows has none of this.
    if context.windows_options.is_some() || pod.windows_options.is_some() {
        return context;
    }
    let user = context.run_as_user.or(pod.run_as_user);
    let non_root = context.run_as_non_root.or(pod.run_as_non_root);
    // Who allows root and names no user wants that of the image.
    if user.is_none() && non_root != Some(false) {
        context.run_as_user = Some(SPARK_USER);
    }
    if non_root.is_none() && user != Some(0) {
        context.run_as_non_root = Some(true);
    }
    context.read_only_root_filesystem.get_or_insert(true);
    if context.privileged == Some(true) {
        // The API server refuses these together with it, or the runtime overrules them.
        return context;
    }
    if !may_administrate(&context) {
        context.allow_privilege_escalation.get_or_insert(false);
    }
    let capabilities = context.capabilities.get_or_insert_with(Capabilities::default);
    capabilities.drop.get_or_insert_with(|| vec!["ALL".to_owned()]);
    if pod.seccomp_profile.is_none() {
        context.seccomp_profile.get_or_insert_with(|| SeccompProfile {
            type_: "RuntimeDefault".to_owned(),
            localhost_profile: None,
        });
    }
    context
}

/// Whether the capability is added with which the API server refuses to forbid escalation.
fn may_administrate(context: &SecurityContext) -> bool {
    let added = context.capabilities.iter().flat_map(|capabilities| capabilities.add.iter().flatten());
    added.map(|name| name.trim_start_matches("CAP_")).any(|name| name == "SYS_ADMIN")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_confined_unless_somebody_says_otherwise() {
        let context = build_container_security(None, None, &PodSecurityContext::default());
        assert_eq!(context.run_as_user, Some(185));
        assert_eq!(context.run_as_non_root, Some(true));
        assert_eq!(context.read_only_root_filesystem, Some(true));
        assert_eq!(context.allow_privilege_escalation, Some(false));
        assert_eq!(context.capabilities.unwrap().drop, Some(vec!["ALL".to_owned()]));
        assert_eq!(context.seccomp_profile.unwrap().type_, "RuntimeDefault");
    }

    #[test]
    fn the_user_of_the_pod_is_not_hidden() {
        let pod = PodSecurityContext { run_as_user: Some(1000), ..PodSecurityContext::default() };
        let context = build_container_security(None, None, &pod);
        assert_eq!((context.run_as_user, context.run_as_non_root), (None, Some(true)));
    }

    #[test]
    fn root_is_allowed_to_who_asks_for_it() {
        let field = SecurityContext { run_as_user: Some(0), ..SecurityContext::default() };
        let context = build_container_security(None, Some(&field), &PodSecurityContext::default());
        assert_eq!((context.run_as_user, context.run_as_non_root), (Some(0), None));
    }

    #[test]
    fn the_user_of_the_image_is_allowed_to_who_allows_root() {
        let pod = PodSecurityContext { run_as_non_root: Some(false), ..PodSecurityContext::default() };
        let context = build_container_security(None, None, &pod);
        assert_eq!((context.run_as_user, context.run_as_non_root), (None, None));
    }

    #[test]
    fn privileges_pass_without_what_contradicts_them() {
        let field = SecurityContext { privileged: Some(true), ..SecurityContext::default() };
        let context = build_container_security(None, Some(&field), &PodSecurityContext::default());
        assert_eq!(context.allow_privilege_escalation, None);
        assert_eq!(context.capabilities, None);
        assert_eq!(context.seccomp_profile, None);
    }

    #[test]
    fn escalation_stays_open_for_administrators() {
        let add = Some(vec!["CAP_SYS_ADMIN".to_owned()]);
        let field = SecurityContext {
            capabilities: Some(Capabilities { add: add.clone(), drop: None }),
            ..SecurityContext::default()
        };
        let context = build_container_security(None, Some(&field), &PodSecurityContext::default());
        assert_eq!(context.allow_privilege_escalation, None);
        assert_eq!(context.capabilities, Some(Capabilities { add, drop: Some(vec!["ALL".to_owned()]) }));
    }

    #[test]
    fn a_field_wins_over_the_template_and_both_over_the_defaults() {
        let template = SecurityContext {
            read_only_root_filesystem: Some(false),
            run_as_user: Some(1),
            ..SecurityContext::default()
        };
        let field = SecurityContext { run_as_user: Some(2), ..SecurityContext::default() };
        let context = build_container_security(Some(template), Some(&field), &PodSecurityContext::default());
        assert_eq!((context.run_as_user, context.read_only_root_filesystem), (Some(2), Some(false)));
    }
}
