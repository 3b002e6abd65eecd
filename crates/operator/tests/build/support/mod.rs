//! Cases and what is built from them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hearth_crd::SparkApplication;
use hearth_operator::application::build::{
    ApplicationObjects, Certificates, Settings, application_objects, executor_pod, ignored_fields,
};
use hearth_operator::application::submission::Submission;
use hearth_operator::application::validate::validate;
use serde_json::{Map, Value, json};

/// One folder with a manifest.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) patch: Value,
    pub(crate) expected: PathBuf,
}

/// All cases by name.
pub(crate) fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/build");
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.join("app.yaml").exists());
    folders.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(path.join("app.yaml")).unwrap();
        Case {
            name: path.file_name().unwrap().to_string_lossy().into_owned(),
            patch: serde_norway::from_str(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
            expected: path.join("expected.yaml"),
        }
    };
    folders.into_iter().map(read).collect()
}

/// The manifest that all cases change.
pub(crate) fn base() -> Value {
    cases().into_iter().find(|case| case.name == "base").unwrap().patch
}

/// The manifest of a case: `base` with the patch over it. What the patch says under `settings` is for the operator.
pub(crate) fn application(patch: &Value) -> (SparkApplication, Settings) {
    let mut manifest = base();
    merge(&mut manifest, patch);
    let settings = manifest.as_object_mut().unwrap().remove("settings").unwrap_or_default();
    let application = serde_json::from_value(manifest).unwrap();
    (application, settings_of(&settings))
}

fn settings_of(settings: &Value) -> Settings {
    let flag = |name: &str, default: bool| settings[name].as_bool().unwrap_or(default);
    let text = |name: &str| settings[name].as_str().map(str::to_owned);
    let of = |name: &str| settings[name].clone();
    let default = Settings::default();
    Settings {
        default_image: text("defaultImage"),
        ui_service: flag("uiService", default.ui_service),
        ingress_url_format: text("ingressUrlFormat"),
        ingress_class_name: text("ingressClassName"),
        ingress_tls: serde_json::from_value(of("ingressTls")).unwrap_or_default(),
        ingress_annotations: serde_json::from_value(of("ingressAnnotations")).unwrap_or_default(),
        network_policy: flag("networkPolicy", default.network_policy),
        ui_from: serde_json::from_value(of("uiFrom")).unwrap_or_default(),
        default_batch_scheduler: text("defaultBatchScheduler"),
        kube_scheduler_names: serde_json::from_value(of("kubeSchedulerNames")).unwrap_or_default(),
        driver_disruption_budget: flag("driverDisruptionBudget", default.driver_disruption_budget),
    }
}

/// Certificates that are not random.
pub(crate) fn certificates() -> Certificates {
    Certificates {
        ca_cert: "ca-cert".to_owned(),
        ca_key: "ca-key".to_owned(),
        driver_cert: "driver-cert".to_owned(),
        driver_key: "driver-key".to_owned(),
        executor_cert: "executor-cert".to_owned(),
        executor_key: "executor-key".to_owned(),
    }
}

/// Everything that is built for a manifest.
pub(crate) fn build(application: &SparkApplication, settings: &Settings) -> ApplicationObjects {
    let submission = Submission::first(application.metadata.uid.as_deref().unwrap(), 1);
    application_objects(application, &submission, &certificates(), settings)
}

/// Everything that is built for a case by kind and name, with its first executor and what is ignored.
pub(crate) fn built(patch: &Value) -> Value {
    let (application, settings) = application(patch);
    let problems = validate(&application);
    if !problems.is_empty() {
        return json!({ "refused": problems.iter().map(ToString::to_string).collect::<Vec<_>>() });
    }
    let submission = Submission::first(application.metadata.uid.as_deref().unwrap(), 1);
    let mut objects = build(&application, &settings);
    objects.pool.metadata.uid = Some("uid-of-the-pool".to_owned());
    let executor = executor_pod(&application, &submission, &objects.pool, 1, &settings);

    let mut all: BTreeMap<String, Value> = BTreeMap::new();
    all.insert("driver".to_owned(), readable(json!(objects.driver)));
    all.insert("executor".to_owned(), readable(json!(executor)));
    all.insert("secret".to_owned(), secret(json!(objects.secret)));
    all.insert("pool".to_owned(), json!(objects.pool));
    put(&mut all, "services", objects.services.iter().map(|object| json!(object)));
    put(&mut all, "ingresses", objects.ingresses.iter().map(|object| json!(object)));
    put(&mut all, "configMaps", objects.config_maps.iter().map(|object| json!(object)));
    put(&mut all, "podGroups", objects.pod_groups.iter().map(|object| json!(object)));
    let rest = [
        ("account", json!(objects.account)),
        ("role", json!(objects.role)),
        ("roleBinding", json!(objects.role_binding)),
        ("networkPolicy", json!(objects.network_policy)),
        ("disruptionBudget", json!(objects.disruption_budget)),
    ];
    all.extend(
        rest.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.to_owned(), value)),
    );
    let ignored = ignored_fields(&application);
    if !ignored.is_empty() {
        all.insert("ignored".to_owned(), json!(ignored));
    }
    json!(all)
}

/// Adds objects by name.
fn put(all: &mut BTreeMap<String, Value>, kind: &str, objects: impl Iterator<Item = Value>) {
    let by_name: Map<String, Value> =
        objects.map(|object| (object["metadata"]["name"].as_str().unwrap().to_owned(), object)).collect();
    if !by_name.is_empty() {
        all.insert(kind.to_owned(), Value::Object(by_name));
    }
}

/// A pod whose lists are maps where the entries have names, so that differences are small and told by name.
fn readable(mut pod: Value) -> Value {
    for kind in ["containers", "initContainers"] {
        let Some(containers) = pod["spec"][kind].as_array() else { continue };
        // The order of containers counts, so it is told.
        let names: Vec<_> = containers.iter().map(|container| container["name"].clone()).collect();
        let mut by_name = Map::new();
        for container in containers {
            let mut container = container.clone();
            let name = container["name"].as_str().unwrap().to_owned();
            for (list, key) in [("env", "name"), ("volumeMounts", "mountPath"), ("ports", "containerPort")] {
                by_key(&mut container, list, key);
            }
            by_name.insert(name, container);
        }
        pod["spec"][kind] = Value::Object(by_name);
        pod["spec"][format!("order of {kind}")] = json!(names);
    }
    by_key(&mut pod["spec"], "volumes", "name");
    pod
}

fn by_key(object: &mut Value, list: &str, key: &str) {
    let Some(entries) = object[list].as_array() else {
        object.as_object_mut().unwrap().remove(list);
        return;
    };
    let name = |entry: &Value| entry[key].as_str().map_or_else(|| entry[key].to_string(), str::to_owned);
    let map: Map<String, Value> = entries.iter().map(|entry| (name(entry), entry.clone())).collect();
    assert_eq!(map.len(), entries.len(), "{list} has two entries with one {key}: {entries:#?}");
    object[list] = Value::Object(map);
}

/// A secret whose contents are text, and whose configuration is a map.
fn secret(mut secret: Value) -> Value {
    let parsed: k8s_openapi::api::core::v1::Secret = serde_json::from_value(secret.clone()).unwrap();
    let text = |bytes: &k8s_openapi::ByteString| String::from_utf8(bytes.0.clone()).unwrap();
    secret["data"] = parsed
        .data
        .unwrap()
        .iter()
        .map(|(key, bytes)| {
            let text = text(bytes);
            (key.clone(), serde_json::from_str(&text).unwrap_or(Value::String(text)))
        })
        .collect::<Map<_, _>>()
        .into();
    secret
}

/// Lays a merge patch over a value: `null` removes.
pub(crate) fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = json!({});
    }
    let map = value.as_object_mut().unwrap();
    for (key, patch) in patch {
        if patch.is_null() {
            map.remove(key);
        } else {
            merge(map.entry(key.clone()).or_insert(Value::Null), patch);
        }
    }
}
