//! What holds for every manifest.

use hearth_operator::application::build::{Settings, application_objects, executor_pod};
use hearth_operator::application::submission::Submission;
use hearth_operator::application::validate::validate;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};

use super::support::{application, base, build, built, cases, certificates};

const LONGEST: usize = 63;

/// The driver and the first executor of a patch.
fn pods(patch: &Value) -> [Pod; 2] {
    let (application, settings) = application(patch);
    let objects = build(&application, &settings);
    let submission = Submission::first(application.metadata.uid.as_deref().unwrap(), 1);
    let executor = executor_pod(&application, &submission, &objects.pool, 1, &settings);
    [objects.driver, executor]
}

#[test]
fn an_application_is_built_the_same_each_time() {
    for case in cases() {
        assert_eq!(built(&case.patch), built(&case.patch), "{}", case.name);
    }
}

#[test]
fn names_of_63_characters_fit_everywhere() {
    let name = "a".repeat(63);
    let patch = json!({
        "metadata": { "name": name },
        "spec": {
            "batchScheduler": "coscheduling",
            "sparkConf": { "spark.app.name": "An application with a name that is longer than any label may ever be" },
            "sparkVersion": "4.3.0-a-build-of-our-own-with-a-name-that-is-longer-than-any-label-may-be",
            "driver": {
                "configMaps": [{ "name": format!("{}.{}", "b".repeat(120), "c".repeat(120)), "path": "/maps" }],
                "secrets": [{ "name": "d".repeat(253), "path": "/secrets", "secretType": "Generic" }],
            },
            "monitoring": { "exposeDriverMetrics": true, "exposeExecutorMetrics": true, "metricsProperties": "a=b" },
            "driverIngressOptions": [{ "servicePort": 15002, "ingressURLFormat": "{{$appName}}.example.com" }],
        },
        "settings": { "kubeSchedulerNames": ["coscheduling"], "ingressUrlFormat": "{{$appName}}.example.com" },
    });
    let (application, settings) = application(&patch);
    assert_eq!(validate(&application), []);
    let objects = build(&application, &settings);
    for service in &objects.services {
        assert!(service.metadata.name.as_ref().unwrap().len() <= LONGEST, "{service:?}");
    }
    for pod in pods(&patch) {
        let labels = pod.metadata.labels.unwrap();
        assert!(labels.values().all(|value| value.len() <= LONGEST), "{labels:#?}");
        let spec = pod.spec.unwrap();
        for volume in spec.volumes.unwrap() {
            assert!(volume.name.len() <= LONGEST && !volume.name.contains('.'), "{}", volume.name);
        }
        for port in spec.containers[0].ports.iter().flatten() {
            assert!(port.name.as_ref().unwrap().len() <= 15, "{port:?}");
        }
    }
}

#[test]
fn nulls_and_empty_values_are_as_absent() {
    let role = json!({
        "cores": null, "coreLimit": null, "memory": null, "memoryOverhead": null, "gpu": null, "image": "",
        "configMaps": [], "secrets": [], "env": [], "envVars": {}, "envFrom": [], "envSecretKeyRefs": {},
        "labels": {}, "annotations": {}, "volumeMounts": [], "affinity": {}, "tolerations": [],
        "podSecurityContext": {}, "securityContext": {}, "schedulerName": "", "sidecars": [],
        "initContainers": [], "hostNetwork": null, "nodeSelector": {}, "dnsConfig": null,
        "terminationGracePeriodSeconds": null, "serviceAccount": "", "hostAliases": [], "lifecycle": null,
        "ports": [], "priorityClassName": "", "template": {},
    });
    let mut manifest = base();
    manifest["spec"]["driver"] = role.clone();
    manifest["spec"]["executor"] = role;
    let empty = json!({
        "volumes": [], "arguments": [], "imagePullSecrets": [], "nodeSelector": {}, "sparkConfigMap": "",
        "hadoopConfigMap": null, "sparkConf": {}, "hadoopConf": {}, "batchScheduler": "",
        "driverIngressOptions": [], "deps": {}, "monitoring": null, "imagePullPolicy": "", "proxyUser": "",
        "dynamicAllocation": null, "sparkUIOptions": {}, "batchSchedulerOptions": null,
    });
    manifest["spec"].as_object_mut().unwrap().extend(empty.as_object().unwrap().clone());
    let application: hearth_crd::SparkApplication = serde_json::from_value(manifest).unwrap();
    let (without, settings) = application_of_base();
    assert_eq!(validate(&application), []);
    assert!(build(&application, &settings) == build(&without, &settings));
    assert_eq!(hearth_operator::application::build::ignored_fields(&application), Vec::<String>::new());
}

fn application_of_base() -> (hearth_crd::SparkApplication, Settings) {
    application(&json!({}))
}

#[test]
fn labels_and_variables_that_others_rely_on_win() {
    let clash = json!({
        "labels": { "spark-role": "none", "sparkoperator.k8s.io/app-name": "other", "spark-exec-id": "9" },
        "env": [
            { "name": "HEARTH_POD_IP", "value": "1.2.3.4" },
            { "name": "SPARK_EXECUTOR_ID", "value": "9" },
            { "name": "SPARK_USER", "value": "ada" },
        ],
    });
    let patch = json!({
        "metadata": { "labels": { "spark-role": "none" } },
        "spec": { "driver": clash, "executor": clash },
    });
    let [driver, executor] = pods(&patch);
    let label = |pod: &Pod, name: &str| pod.metadata.labels.as_ref().unwrap()[name].clone();
    assert_eq!(label(&driver, "spark-role"), "driver");
    assert_eq!(label(&executor, "spark-role"), "executor");
    assert_eq!(label(&executor, "sparkoperator.k8s.io/app-name"), "pi");
    assert_eq!(label(&executor, "spark-exec-id"), "1");
    let env = executor.spec.unwrap().containers[0].env.clone().unwrap();
    let values = |name: &str| {
        env.iter().filter(|one| one.name == name).map(|one| one.value.clone()).collect::<Vec<_>>()
    };
    assert_eq!(values("SPARK_EXECUTOR_ID"), [Some("1".to_owned())]);
    assert_eq!(values("HEARTH_POD_IP"), [None]);
    assert_eq!(values("SPARK_USER"), [Some("ada".to_owned())]);
}

#[test]
fn the_container_of_a_role_is_the_first_in_whatever_template() {
    let containers = [
        json!([]),
        json!([{ "name": "main", "image": "theirs" }]),
        json!([{ "name": "proxy", "image": "envoy" }, { "name": "spark-kubernetes-driver" }]),
        json!([{ "name": "spark-kubernetes-executor" }, { "name": "spark-kubernetes-driver" }]),
        Value::Null,
    ];
    for containers in containers {
        let template = json!({ "template": { "spec": { "containers": containers, "hostIPC": true } } });
        let sidecar = json!([{ "name": "a", "image": "sidecar" }]);
        let mut driver = template.clone();
        driver["sidecars"] = sidecar;
        let [driver, executor] = pods(&json!({ "spec": { "driver": driver, "executor": template } }));
        let driver = driver.spec.unwrap();
        assert_eq!(driver.containers[0].name, "spark-kubernetes-driver", "{containers}");
        assert_eq!(driver.containers.last().unwrap().name, "a");
        assert_eq!(driver.host_ipc, Some(true));
        assert_eq!(executor.spec.unwrap().containers[0].name, "spark-kubernetes-executor", "{containers}");
    }
}

#[test]
fn no_pod_mounts_the_key_of_the_authority() {
    for case in cases() {
        for pod in pods(&case.patch) {
            for volume in pod.spec.unwrap().volumes.unwrap() {
                let Some(secret) = volume.secret else { continue };
                if secret.secret_name.as_deref() == Some("pi-hearth") {
                    let items = secret.items.unwrap();
                    assert!(items.iter().all(|item| item.key != "ca.key"), "{}", case.name);
                }
            }
        }
    }
}

#[test]
fn a_driver_that_follows_a_lost_one_differs_by_its_epoch_only() {
    let (application, settings) = application_of_base();
    let first = Submission::first(application.metadata.uid.as_deref().unwrap(), 1);
    let second = first.clone().next_driver();
    let of =
        |submission: &Submission| application_objects(&application, submission, &certificates(), &settings);
    let (one, two) = (of(&first), of(&second));
    assert_eq!((&one.secret, &one.services, &one.pool), (&two.secret, &two.services, &two.pool));
    let text = |pod: &Pod| serde_json::to_string_pretty(pod).unwrap();
    let (one, two) = (text(&one.driver), text(&two.driver));
    let differing = one.lines().zip(two.lines()).filter(|(a, b)| a != b).count();
    assert_eq!((one.lines().count(), differing), (two.lines().count(), 2), "the annotation and the variable");
}

#[test]
fn executors_differ_by_their_number_only() {
    let (application, settings) = application_of_base();
    let objects = build(&application, &settings);
    let submission = Submission::first(application.metadata.uid.as_deref().unwrap(), 2);
    let text = |number: u32| {
        serde_json::to_string(&executor_pod(&application, &submission, &objects.pool, number, &settings))
            .unwrap()
    };
    assert!(text(7).contains("pi-2-exec-7"));
    let renumbered = text(7).replace("pi-2-exec-7", "pi-2-exec-8").replace("\"7\"", "\"8\"");
    assert_eq!(renumbered, text(8));
}

#[test]
fn keys_are_in_no_debug_output() {
    assert!(!format!("{:?}", certificates()).contains("key"));
}

#[test]
fn executors_at_the_start() {
    let initial = |patch: Value| {
        hearth_operator::application::build::initial_executors(&application(&json!({ "spec": patch })).0)
    };
    assert_eq!(initial(json!({})), 1);
    assert_eq!(initial(json!({ "executor": { "instances": 3 } })), 3);
    assert_eq!(initial(json!({ "sparkConf": { "spark.executor.instances": "4" } })), 4);
    assert_eq!(initial(json!({ "sparkConf": { "spark.executor.instances": "many" } })), 1);
    assert_eq!(initial(json!({ "executor": { "instances": 2_000_000 } })), 10_000);
    let dynamic = |least: i32, initial_executors: i32| {
        initial(json!({
            "dynamicAllocation": { "enabled": true, "minExecutors": least, "initialExecutors": initial_executors },
        }))
    };
    assert_eq!((dynamic(0, 0), dynamic(3, 1), dynamic(1, 3)), (0, 3, 3));
    assert_eq!(initial(json!({ "dynamicAllocation": { "enabled": true } })), 0);
    assert_eq!(
        initial(json!({ "dynamicAllocation": { "enabled": true }, "executor": { "instances": 2 } })),
        2
    );
    assert_eq!(initial(json!({ "dynamicAllocation": { "enabled": false, "minExecutors": 5 } })), 1);
}

#[test]
fn the_driver_is_told_no_key_that_it_warns_of_though_it_had_its_effect() {
    let quiet = cases().into_iter().filter(|case| case.name == "base" || case.name.ends_with("-by-key"));
    let mut seen = 0;
    for case in quiet {
        let everything = built(&case.patch);
        let conf = everything["secret"]["data"]["spark.json"].as_object().unwrap();
        let pairs = conf.iter().map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned()));
        let conf: hearth_conf::SparkConf = pairs.collect();
        assert_eq!(conf.warnings(), Vec::<String>::new(), "{}", case.name);
        seen += 1;
    }
    assert!(seen > 10);
}

#[test]
fn a_volume_of_the_user_does_not_replace_ours() {
    let volumes = json!([{ "name": "hearth-secret", "emptyDir": {} }]);
    let mount = json!([{ "name": "hearth-secret", "mountPath": "/etc/hearth/" }]);
    let [driver, _] = pods(&json!({ "spec": { "volumes": volumes, "driver": { "volumeMounts": mount } } }));
    let spec = driver.spec.unwrap();
    let ours = spec.volumes.unwrap().into_iter().find(|volume| volume.name == "hearth-secret").unwrap();
    assert_eq!(ours.secret.unwrap().secret_name.as_deref(), Some("pi-hearth"));
    let mounts = spec.containers[0].volume_mounts.clone().unwrap();
    assert_eq!(mounts.iter().filter(|mount| mount.name == "hearth-secret").count(), 1);
}
