//! Volumes of a pod and where its container has them.
//!
//! A volume of the spec is in a pod only if a container of that pod mounts it, so that an executor does not wait for a claim
//! that only the driver needs.

use hearth_crd::SecretType;
use hearth_types::pod::{
    BOUNDS, BOUNDS_ANNOTATION, CA_CERT, CONF_JSON, REPORTS_ANNOTATION, SECRET_DIR, TLS_CERT, TLS_KEY,
};
use k8s_openapi::api::core::v1::{
    ConfigMapVolumeSource, Container, DownwardAPIVolumeFile, DownwardAPIVolumeSource, EmptyDirVolumeSource,
    EnvVar, KeyToPath, ObjectFieldSelector, SecretVolumeSource, Volume, VolumeMount,
};

use super::conf_volumes::conf_volumes;
use super::context::Context;
use super::env::plain;
use super::fields::{PodFields, Role};
use super::monitoring::{METRICS_DIR, exposes};
use super::prometheus_config::has_config_map;
use super::secret::{DRIVER_CERT, DRIVER_KEY, EXECUTOR_CERT, EXECUTOR_KEY};
use crate::names::volume_name;

/// What makes a volume one of the local directories, at the beginning of its name.
const LOCAL_DIR: &str = "spark-local-dir-";
/// The directory of [`hearth_types::pod::REPORTS_FILE`].
const REPORTS_DIR: &str = "/etc/hearth-pod";
/// The volumes that are ours. No volume of the user replaces them.
const SECRET_VOLUME: &str = "hearth-secret";
const REPORTS_VOLUME: &str = "hearth-reports";
const TEMPORARY_VOLUME: &str = "hearth-tmp";
/// Read-only for the user and the group of the pod.
const PRIVATE: i32 = 0o440;

/// The volumes of a pod, the mounts of its container, and the variables that point at them.
#[derive(Debug, Default)]
pub(super) struct Volumes {
    pub(super) volumes: Vec<Volume>,
    pub(super) mounts: Vec<VolumeMount>,
    /// Variables that the user may replace.
    pub(super) env: Vec<EnvVar>,
    /// `SPARK_LOCAL_DIRS`.
    pub(super) local_dirs: String,
}

impl Volumes {
    /// The volumes of a role's pod, over those of the template.
    pub(super) fn of(
        ctx: &Context<'_>,
        role: Role,
        fields: &PodFields<'_>,
        template: (Vec<Volume>, Vec<VolumeMount>),
    ) -> Self {
        let (volumes, mounts) = template;
        let mut all = Self { volumes, mounts, ..Self::default() };
        all.config(ctx);
        all.config_maps(fields);
        all.secrets(ctx, role, fields);
        for (volume, mount) in conf_volumes(ctx, role) {
            all.add(volume, mount);
        }
        for mount in fields.volume_mounts {
            all.mount(mount.clone());
        }
        all.metrics(ctx, role);
        all.own(ctx, role);
        all.temporary();
        all.local_dirs(ctx);
        all
    }

    /// Adds the volumes of the spec that containers of the pod mount.
    pub(super) fn add_used(&mut self, ctx: &Context<'_>, containers: &[&[Container]]) {
        let used = |name: &str| {
            let beside = containers.iter().flat_map(|containers| containers.iter());
            let beside = beside.flat_map(|container| container.volume_mounts.iter().flatten());
            let devices = containers.iter().flat_map(|containers| containers.iter());
            let devices = devices.flat_map(|container| container.volume_devices.iter().flatten());
            self.mounts.iter().chain(beside).any(|mount| mount.name == name)
                || devices.map(|device| &device.name).any(|device| device == name)
        };
        let ours = [SECRET_VOLUME, REPORTS_VOLUME, TEMPORARY_VOLUME];
        let volumes = ctx.spec.volumes.iter().flatten();
        let wanted: Vec<_> = volumes
            .filter(|volume| used(&volume.name) && !ours.contains(&volume.name.as_str()))
            .cloned()
            .collect();
        for volume in wanted {
            self.volume(volume);
        }
    }

    fn volume(&mut self, volume: Volume) {
        self.volumes.retain(|other| other.name != volume.name);
        self.volumes.push(volume);
    }

    /// What is mounted at a path replaces what was.
    fn mount(&mut self, mount: VolumeMount) {
        self.mounts.retain(|other| !same_path(&other.mount_path, &mount.mount_path));
        self.mounts.push(mount);
    }

    fn add(&mut self, volume: Volume, mount: VolumeMount) {
        self.volume(volume);
        self.mount(mount);
    }

    fn is_mounted(&self, path: &str) -> bool {
        self.mounts.iter().any(|mount| same_path(&mount.mount_path, path))
    }

    /// `sparkConfigMap` and `hadoopConfigMap`.
    fn config(&mut self, ctx: &Context<'_>) {
        let maps = [
            (&ctx.spec.spark_config_map, "spark-configmap-volume", "/etc/spark/conf", "SPARK_CONF_DIR"),
            (&ctx.spec.hadoop_config_map, "hadoop-configmap-volume", "/etc/hadoop/conf", "HADOOP_CONF_DIR"),
        ];
        for (map, volume, path, variable) in maps {
            if let Some(map) = super::fields::text(map) {
                self.add(config_map(volume.to_owned(), map), mount_at(volume, path));
                self.env.push(plain(variable, path));
            }
        }
    }

    fn config_maps(&mut self, fields: &PodFields<'_>) {
        for map in fields.config_maps {
            let name = volume_name(&map.name, "-vol");
            self.add(config_map(name.clone(), &map.name), mount_at(&name, &map.path));
        }
    }

    fn secrets(&mut self, ctx: &Context<'_>, role: Role, fields: &PodFields<'_>) {
        let prefix = format!("spark.kubernetes.{}.secrets.", role.as_str());
        let by_key = ctx.settings_below(&prefix).map(|(name, path)| (name, path, SecretType::Generic));
        let by_field = fields
            .secrets
            .iter()
            .map(|secret| (secret.name.as_str(), secret.path.as_str(), secret.secret_type));
        for (secret, path, kind) in by_key.chain(by_field) {
            let name = volume_name(secret, "-volume");
            let source =
                SecretVolumeSource { secret_name: Some(secret.to_owned()), ..SecretVolumeSource::default() };
            let volume = Volume { name: name.clone(), secret: Some(source), ..Volume::default() };
            self.add(volume, mount_at(&name, path));
            let file = |file: &str| format!("{}/{file}", path.trim_end_matches('/'));
            match kind {
                SecretType::GcpServiceAccount => {
                    self.env.push(plain("GOOGLE_APPLICATION_CREDENTIALS", file("key.json")));
                }
                SecretType::HadoopDelegationToken => {
                    self.env.push(plain("HADOOP_TOKEN_FILE_LOCATION", file("hadoop.token")));
                }
                SecretType::Generic => {}
            }
        }
    }

    fn metrics(&mut self, ctx: &Context<'_>, role: Role) {
        if has_config_map(ctx) && exposes(ctx, role) {
            let map = ctx.names.prometheus_config();
            let name = volume_name(&map, "-vol");
            self.add(config_map(name.clone(), &map), mount_at(&name, METRICS_DIR));
        }
    }

    /// The certificates, and for drivers the configuration and what the operator tells.
    fn own(&mut self, ctx: &Context<'_>, role: Role) {
        let item = |key: &str, path: &str| KeyToPath {
            key: key.to_owned(),
            path: path.to_owned(),
            ..KeyToPath::default()
        };
        let items = match role {
            Role::Driver => vec![
                item(CA_CERT, CA_CERT),
                item(DRIVER_CERT, TLS_CERT),
                item(DRIVER_KEY, TLS_KEY),
                item(CONF_JSON, CONF_JSON),
            ],
            Role::Executor => {
                vec![item(CA_CERT, CA_CERT), item(EXECUTOR_CERT, TLS_CERT), item(EXECUTOR_KEY, TLS_KEY)]
            }
        };
        let secret = SecretVolumeSource {
            secret_name: Some(ctx.names.secret()),
            items: Some(items),
            default_mode: Some(PRIVATE),
            ..SecretVolumeSource::default()
        };
        let volume = Volume { name: SECRET_VOLUME.to_owned(), secret: Some(secret), ..Volume::default() };
        self.add(volume, VolumeMount { read_only: Some(true), ..mount_at(SECRET_VOLUME, SECRET_DIR) });
        if role == Role::Driver {
            self.reports(ctx);
        }
    }

    /// What the operator writes into annotations of the driver's pod becomes files.
    fn reports(&mut self, ctx: &Context<'_>) {
        let file = |path: &str, annotation: &str| DownwardAPIVolumeFile {
            path: path.to_owned(),
            field_ref: Some(ObjectFieldSelector {
                api_version: Some("v1".to_owned()),
                field_path: format!("metadata.annotations['{annotation}']"),
            }),
            ..DownwardAPIVolumeFile::default()
        };
        let mut files = vec![file("executors", REPORTS_ANNOTATION)];
        files.extend(ctx.is_dynamic().then(|| file(BOUNDS, BOUNDS_ANNOTATION)));
        let source = DownwardAPIVolumeSource {
            items: Some(files),
            default_mode: Some(PRIVATE),
            ..DownwardAPIVolumeSource::default()
        };
        let volume =
            Volume { name: REPORTS_VOLUME.to_owned(), downward_api: Some(source), ..Volume::default() };
        self.add(volume, VolumeMount { read_only: Some(true), ..mount_at(REPORTS_VOLUME, REPORTS_DIR) });
    }

    /// A place for temporary files, as the root file system is read-only.
    fn temporary(&mut self) {
        if !self.is_mounted("/tmp") {
            self.add(empty_dir(TEMPORARY_VOLUME, None), mount_at(TEMPORARY_VOLUME, "/tmp"));
        }
    }

    /// The volumes that are named so, or else one directory for each of `spark.local.dir`, or else one.
    fn local_dirs(&mut self, ctx: &Context<'_>) {
        let given: Vec<_> = self
            .mounts
            .iter()
            .filter(|mount| mount.name.starts_with(LOCAL_DIR))
            .map(|mount| mount.mount_path.clone())
            .collect();
        if !given.is_empty() {
            self.local_dirs = given.join(",");
            return;
        }
        let default = format!("/var/data/spark-{}", ctx.submission.id);
        let paths: Vec<_> = ctx
            .setting("spark.local.dir")
            .unwrap_or(&default)
            .split(',')
            .map(str::trim)
            .filter(|path| path.starts_with('/'))
            .map(str::to_owned)
            .collect();
        let paths = if paths.is_empty() { vec![default] } else { paths };
        let in_memory = ctx
            .setting("spark.kubernetes.local.dirs.tmpfs")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let medium = in_memory.then_some("Memory");
        for (index, path) in paths.iter().enumerate() {
            if !self.is_mounted(path) {
                let name = format!("{LOCAL_DIR}{}", index + 1);
                self.add(empty_dir(&name, medium), mount_at(&name, path));
            }
        }
        self.local_dirs = paths.join(",");
    }
}

fn same_path(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

fn mount_at(volume: &str, path: &str) -> VolumeMount {
    VolumeMount { name: volume.to_owned(), mount_path: path.to_owned(), ..VolumeMount::default() }
}

fn config_map(volume: String, map: &str) -> Volume {
    let source = ConfigMapVolumeSource { name: map.to_owned(), ..ConfigMapVolumeSource::default() };
    Volume { name: volume, config_map: Some(source), ..Volume::default() }
}

fn empty_dir(volume: &str, medium: Option<&str>) -> Volume {
    let source =
        EmptyDirVolumeSource { medium: medium.map(str::to_owned), ..EmptyDirVolumeSource::default() };
    Volume { name: volume.to_owned(), empty_dir: Some(source), ..Volume::default() }
}
