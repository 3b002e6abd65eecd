//! Tests of the definitions: what the API server and clients of Kubeflow's operator want to see in them.

use super::*;

/// `kubectl apply` keeps the object in an annotation of at most this size, as JSON.
const LARGEST: usize = 256 * 1024;

/// Every schema in `schema`, by its path.
fn schemas<'s>(schema: &'s Value, path: &str, all: &mut Vec<(String, &'s Value)>) {
    all.push((path.to_owned(), schema));
    for (name, below) in schema["properties"].as_object().into_iter().flatten() {
        schemas(below, &format!("{path}.{name}"), all);
    }
    for keyword in ["items", "additionalProperties"] {
        if schema[keyword].is_object() {
            schemas(&schema[keyword], &format!("{path}[]"), all);
        }
    }
}

fn schema(name: &str) -> Value {
    let definitions = definitions();
    let definition = definitions.iter().find(|definition| definition.name.starts_with(name)).unwrap();
    definition.object["spec"]["versions"][0]["schema"]["openAPIV3Schema"].clone()
}

#[test]
fn each_definition_fits_into_the_annotation_of_kubectl_apply() {
    for definition in definitions() {
        let json = serde_json::to_string(&definition.object).unwrap();
        assert!(json.len() < LARGEST, "{}: {} bytes", definition.name, json.len());
        let yaml = definition.to_yaml();
        assert!(yaml.len() < LARGEST, "{}: {} bytes", definition.name, yaml.len());
        let read: Value = serde_norway::from_str(&yaml).unwrap();
        assert_eq!(read, Value::Object(definition.object), "{}", definition.name);
    }
}

#[test]
fn schemas_are_structural() {
    let forbidden = ["$ref", "$defs", "anyOf", "oneOf", "allOf", "not", "const", "title"];
    for definition in definitions() {
        let root = schema(&definition.name);
        let mut all = Vec::new();
        schemas(&root, "", &mut all);
        for (path, schema) in all {
            for keyword in forbidden {
                assert!(schema.get(keyword).is_none(), "{}{path}: {keyword}", definition.name);
            }
            let typed = schema["type"].is_string() || schema["x-kubernetes-int-or-string"] == true;
            assert!(typed, "{}{path}: {schema}", definition.name);
            let both = schema.get("properties").is_some() && schema.get("additionalProperties").is_some();
            assert!(!both, "{}{path}", definition.name);
        }
    }
}

#[test]
fn nulls_are_dropped_by_the_api_server_except_in_times_of_the_status() {
    for definition in definitions() {
        let root = schema(&definition.name);
        let mut all = Vec::new();
        schemas(&root, "", &mut all);
        for (path, schema) in all {
            if schema["nullable"] == true {
                assert!(path.starts_with(".status."), "{}{path}", definition.name);
                assert_eq!(schema["format"], "date-time", "{}{path}", definition.name);
            }
        }
    }
}

#[test]
fn every_field_of_ours_is_documented() {
    for (name, schema) in [
        ("SparkApplicationSpec", schema_for!(SparkApplicationSpec)),
        ("SparkApplicationStatus", schema_for!(SparkApplicationStatus)),
        ("ScheduledSparkApplicationSpec", schema_for!(ScheduledSparkApplicationSpec)),
        ("ScheduledSparkApplicationStatus", schema_for!(ScheduledSparkApplicationStatus)),
        ("SparkConnectSpec", schema_for!(SparkConnectSpec)),
        ("SparkConnectStatus", schema_for!(SparkConnectStatus)),
        ("ExecutorPoolSpec", schema_for!(ExecutorPoolSpec)),
        ("ExecutorPoolStatus", schema_for!(ExecutorPoolStatus)),
    ] {
        let schema = schema.to_value();
        let below = schema["$defs"].as_object().into_iter().flatten();
        let ours = below.filter(|(name, _)| !name.starts_with("io.k8s."));
        let ours = ours.map(|(name, schema)| (name.as_str(), schema));
        for (name, schema) in ours.chain([(name, &schema)]) {
            for (field, schema) in schema["properties"].as_object().into_iter().flatten() {
                if field != "template" && field != "service" {
                    assert!(schema["description"].is_string(), "{name}.{field}");
                }
            }
        }
    }
}

#[test]
fn fields_keep_their_own_description_and_enums_tell_their_values() {
    let spec = &schema("sparkapplications")["properties"]["spec"]["properties"];
    let mode = &spec["mode"];
    assert_eq!(mode["enum"], json!(["cluster", "client"]));
    let description = mode["description"].as_str().unwrap();
    assert!(description.starts_with("Where the driver runs: in a pod of its own"), "{description}");
    assert!(
        description.ends_with("\n`cluster`: In a pod of its own.\n`client`: With the submitter."),
        "{description}"
    );
    assert!(spec["driver"]["properties"]["template"]["description"].is_string());
    let env = &spec["driver"]["properties"]["env"];
    assert_eq!(env["items"]["properties"]["name"]["description"], "Name of the environment variable.");
    assert_eq!(env["items"]["required"], json!(["name"]));
}

#[test]
fn the_states_are_the_fourteen_that_clients_know() {
    let status = &schema("sparkapplications")["properties"]["status"]["properties"];
    let state = &status["applicationState"]["properties"]["state"];
    let known: Vec<Value> =
        crate::ApplicationStateType::ALL.iter().map(|state| serde_json::to_value(state).unwrap()).collect();
    assert_eq!(state["enum"], Value::from(known));
    assert_eq!(status["driverInfo"]["default"], json!({}));
    assert_eq!(status["terminationTime"]["nullable"], true);
}

#[test]
fn names_and_columns_are_those_of_kubeflows_operator() {
    let columns = |definition: &Definition| -> Vec<String> {
        let columns =
            definition.object["spec"]["versions"][0]["additionalPrinterColumns"].as_array().unwrap();
        columns.iter().map(|column| column["name"].as_str().unwrap().to_owned()).collect()
    };
    let expected: [(&str, &str, &str, &[&str]); 3] = [
        (
            "sparkapplications.sparkoperator.k8s.io",
            "sparkapp",
            "v1beta2",
            &["Suspend", "Status", "Attempts", "Start", "Finish", "Age"],
        ),
        (
            "scheduledsparkapplications.sparkoperator.k8s.io",
            "scheduledsparkapp",
            "v1beta2",
            &["Schedule", "TimeZone", "Suspend", "Last Run", "Last Run Name", "Age"],
        ),
        ("sparkconnects.sparkoperator.k8s.io", "sparkconn", "v1alpha1", &["Age", "Status", "PodName"]),
    ];
    for (definition, (name, short, version, names)) in definitions().iter().zip(expected) {
        assert_eq!(definition.name, name);
        assert_eq!(definition.object["spec"]["names"]["shortNames"], json!([short]));
        assert_eq!(definition.object["spec"]["versions"][0]["name"], version);
        assert_eq!(definition.object["spec"]["versions"][0]["subresources"], json!({ "status": {} }));
        assert_eq!(columns(definition), names);
        assert_eq!(
            definition.object["metadata"]["annotations"]["api-approved.kubernetes.io"],
            "https://github.com/kubeflow/spark-operator/pull/1298"
        );
    }
}

#[test]
fn the_fields_of_kubeflows_operator_are_there() {
    let pod = "template cores coreLimit memory memoryLimit memoryOverhead gpu image configMaps secrets env envVars \
               envFrom envSecretKeyRefs labels annotations volumeMounts affinity tolerations podSecurityContext \
               securityContext schedulerName sidecars initContainers hostNetwork nodeSelector dnsConfig \
               terminationGracePeriodSeconds serviceAccount hostAliases shareProcessNamespace coreRequest javaOptions \
               lifecycle ports priorityClassName";
    let expected: [(&str, &[&str], String); 9] = [
        (
            "sparkapplications",
            &["spec"],
            "suspend type sparkVersion mode proxyUser image imagePullPolicy imagePullSecrets mainClass \
             mainApplicationFile arguments sparkConf hadoopConf sparkConfigMap hadoopConfigMap volumes driver executor \
             deps restartPolicy nodeSelector failureRetries retryInterval pythonVersion memoryOverheadFactor monitoring \
             batchScheduler timeToLiveSeconds batchSchedulerOptions sparkUIOptions driverIngressOptions \
             dynamicAllocation driverPodDisruptionBudget"
                .to_owned(),
        ),
        (
            "sparkapplications",
            &["spec", "driver"],
            format!("{pod} podName kubernetesMaster serviceAnnotations serviceLabels"),
        ),
        ("sparkapplications", &["spec", "executor"], format!("{pod} instances deleteOnTermination")),
        (
            "sparkapplications",
            &["spec", "monitoring", "prometheus"],
            "jmxExporterJar port portName configFile configuration".to_owned(),
        ),
        (
            "sparkapplications",
            &["spec", "sparkUIOptions"],
            "servicePort servicePortName serviceType serviceAnnotations serviceLabels ingressAnnotations ingressTLS"
                .to_owned(),
        ),
        (
            "sparkapplications",
            &["status"],
            "sparkApplicationId submissionID lastSubmissionAttemptTime terminationTime driverInfo applicationState \
             executorState executionAttempts submissionAttempts"
                .to_owned(),
        ),
        (
            "scheduledsparkapplications",
            &["spec"],
            "schedule timeZone template suspend concurrencyPolicy successfulRunHistoryLimit failedRunHistoryLimit"
                .to_owned(),
        ),
        (
            "scheduledsparkapplications",
            &["status"],
            "lastRun nextRun lastRunName pastSuccessfulRunNames pastFailedRunNames scheduleState reason".to_owned(),
        ),
        (
            "sparkconnects",
            &["status"],
            "conditions state server executors startTime lastUpdateTime".to_owned(),
        ),
    ];
    for (name, path, fields) in expected {
        let root = schema(name);
        let schema = path.iter().fold(&root, |schema, field| &schema["properties"][field]);
        for field in fields.split_whitespace() {
            assert!(schema["properties"][field].is_object(), "{name}: {}.{field}", path.join("."));
        }
    }
    let required = &schema("sparkapplications")["properties"]["spec"]["required"];
    assert_eq!(*required, json!(["type", "sparkVersion", "mainApplicationFile", "driver", "executor"]));
}

#[test]
fn a_pool_can_be_scaled() {
    let definitions = definitions();
    let pool = definitions.last().unwrap();
    assert_eq!(pool.name, "executorpools.hearth.dev");
    assert_eq!(
        pool.object["spec"]["versions"][0]["subresources"]["scale"],
        json!({
            "specReplicasPath": ".spec.replicas",
            "statusReplicasPath": ".status.replicas",
            "labelSelectorPath": ".status.selector",
        })
    );
    assert_eq!(schema("executorpools")["properties"]["spec"]["properties"]["replicas"]["maximum"], 10000);
}

#[test]
fn fields_say_where_they_are_and_what_they_hold() {
    let definitions = definitions();
    let field = |path: &str| definitions[0].fields.iter().find(|field| field.path == path).cloned().unwrap();
    assert_eq!(field("spec.mode").form, "\"cluster\" or \"client\"");
    assert_eq!(field("spec.driver.tolerations").form, "list of Toleration");
    assert_eq!(field("spec.driver.secrets").form, "list of object");
    assert_eq!(field("spec.sparkConf").form, "map of text");
    let path = field("spec.driver.secrets[].path");
    assert!(path.required && path.description == "The directory in the container.", "{path:?}");
    assert_eq!(field("status.attempts[].number").form, "whole number");
}
