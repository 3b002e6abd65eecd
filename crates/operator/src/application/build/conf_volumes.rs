//! Volumes that `sparkConf` asks for: `spark.kubernetes.driver.volumes.<kind>.<name>.…`. Spark: `MountVolumesFeatureStep`.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    EmptyDirVolumeSource, EphemeralVolumeSource, HostPathVolumeSource, NFSVolumeSource,
    PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate, PersistentVolumeClaimVolumeSource, Volume,
    VolumeMount, VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::context::Context;
use super::fields::Role;

/// What Spark's claims on demand are called in a manifest.
const ON_DEMAND: &str = "OnDemand";

/// The settings of one volume by the rest of their keys.
type Options<'a> = BTreeMap<&'a str, &'a str>;

/// The volumes of a role and where they are mounted. A volume without a path is not mounted, so it is left out.
pub(super) fn conf_volumes(ctx: &Context<'_>, role: Role) -> Vec<(Volume, VolumeMount)> {
    let prefix = format!("spark.kubernetes.{}.volumes.", role.as_str());
    let mut volumes: BTreeMap<(&str, &str), Options<'_>> = BTreeMap::new();
    for (key, value) in ctx.settings_below(&prefix) {
        let mut parts = key.splitn(3, '.');
        if let (Some(kind), Some(name), Some(option)) = (parts.next(), parts.next(), parts.next()) {
            volumes.entry((name, kind)).or_default().insert(option, value.trim());
        }
    }
    volumes
        .into_iter()
        .filter_map(|((name, kind), options)| {
            let volume = volume_source(kind, &options)?;
            Some((Volume { name: name.to_owned(), ..volume }, mount(name, &options)?))
        })
        .collect()
}

fn mount(name: &str, options: &Options<'_>) -> Option<VolumeMount> {
    let option = |key: &str| options.get(key).map(|value| (*value).to_owned());
    Some(VolumeMount {
        name: name.to_owned(),
        mount_path: option("mount.path")?,
        sub_path: option("mount.subPath"),
        sub_path_expr: option("mount.subPathExpr"),
        read_only: options.get("mount.readOnly").map(|value| value.eq_ignore_ascii_case("true")),
        ..VolumeMount::default()
    })
}

fn volume_source(kind: &str, options: &Options<'_>) -> Option<Volume> {
    let option = |key: &str| options.get(key).map(|value| (*value).to_owned());
    let volume = match kind {
        "hostPath" => Volume {
            host_path: Some(HostPathVolumeSource {
                path: option("options.path")?,
                type_: option("options.type"),
            }),
            ..Volume::default()
        },
        "emptyDir" => Volume {
            empty_dir: Some(EmptyDirVolumeSource {
                medium: option("options.medium"),
                size_limit: option("options.sizeLimit").map(Quantity),
                ..EmptyDirVolumeSource::default()
            }),
            ..Volume::default()
        },
        "nfs" => Volume {
            nfs: Some(NFSVolumeSource {
                path: option("options.path")?,
                server: option("options.server")?,
                read_only: None,
            }),
            ..Volume::default()
        },
        "persistentVolumeClaim" => claim(options)?,
        _ => return None,
    };
    Some(volume)
}

/// A claim that is there, or one made with the pod, which also goes with it.
fn claim(options: &Options<'_>) -> Option<Volume> {
    let name = *options.get("options.claimName")?;
    if name != ON_DEMAND {
        let source = PersistentVolumeClaimVolumeSource { claim_name: name.to_owned(), read_only: None };
        return Some(Volume { persistent_volume_claim: Some(source), ..Volume::default() });
    }
    let below = |prefix: &str| -> Option<BTreeMap<String, String>> {
        let pairs: BTreeMap<_, _> = options
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix(prefix)?.to_owned(), (*value).to_owned())))
            .collect();
        Some(pairs).filter(|pairs| !pairs.is_empty())
    };
    let size = options.get("options.sizeLimit").map(|size| Quantity((*size).to_owned()));
    let template = PersistentVolumeClaimTemplate {
        metadata: Some(ObjectMeta {
            labels: below("label."),
            annotations: below("annotation."),
            ..ObjectMeta::default()
        }),
        spec: PersistentVolumeClaimSpec {
            access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
            storage_class_name: options.get("options.storageClass").map(|class| (*class).to_owned()),
            resources: size.map(|size| VolumeResourceRequirements {
                requests: Some(BTreeMap::from([("storage".to_owned(), size)])),
                limits: None,
            }),
            ..PersistentVolumeClaimSpec::default()
        },
    };
    let source = EphemeralVolumeSource { volume_claim_template: Some(template) };
    Some(Volume { ephemeral: Some(source), ..Volume::default() })
}
