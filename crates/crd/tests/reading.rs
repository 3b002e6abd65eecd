//! Manifests that are read, and what they say.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so")]

use hearth_crd::{ApplicationType, Manifest, SparkApplication, driver_env, read_application, spark_conf};

fn read(text: &str) -> SparkApplication {
    read_application(text, "app.yaml").unwrap_or_else(|error| panic!("{error}"))
}

fn warnings(text: &str) -> Vec<String> {
    let (_, warnings) = Manifest::parse(text, "app.yaml").unwrap().application().unwrap();
    warnings.iter().map(ToString::to_string).collect()
}

const PI: &str = include_str!("manifests/pi.yaml");
const EVERYTHING: &str = include_str!("manifests/everything.yaml");

#[test]
fn a_manifest_for_kubeflows_operator_is_read() {
    let application = read(PI);
    assert_eq!(application.metadata.name.as_deref(), Some("spark-pi"));
    assert_eq!(application.spec.application_type, ApplicationType::Scala);
    assert_eq!(application.spec.executor.instances, Some(1));
    assert_eq!(warnings(PI), [""; 0]);
}

#[test]
fn a_manifest_with_every_field_comes_back_as_it_was() {
    let application = read(EVERYTHING);
    assert_eq!(warnings(EVERYTHING), [""; 0]);
    let json = serde_json::to_string(&application).unwrap();
    assert_eq!(read(&json), application);
    let template = application.spec.driver.template.unwrap();
    assert_eq!(template.pointer("/spec/containers/0/anyField").unwrap(), "kept");
}

#[test]
fn every_field_of_the_schema_is_in_the_manifest_with_every_field() {
    let schema = schemars::schema_for!(hearth_crd::SparkApplicationSpec).to_value();
    let spec = serde_json::to_value(read(EVERYTHING).spec).unwrap();
    let own =
        ["DriverSpec", "ExecutorSpec", "Dependencies", "RestartPolicy", "MonitoringSpec", "SparkUiOptions"];
    let fields = |schema: &serde_json::Value| -> Vec<String> {
        schema["properties"].as_object().unwrap().keys().cloned().collect()
    };
    for field in fields(&schema) {
        // Excluded by the selectors of the roles.
        assert!(field == "nodeSelector" || spec.get(&field).is_some(), "{field}");
    }
    let places = ["driver", "executor", "deps", "restartPolicy", "monitoring", "sparkUIOptions"];
    for (definition, place) in own.iter().zip(places) {
        for field in fields(&schema["$defs"][definition]) {
            assert!(spec[place].get(&field).is_some(), "{place}.{field}");
        }
    }
}

#[test]
fn the_spec_becomes_spark_settings_and_its_fields_win_over_spark_conf() {
    let conf = spark_conf(&read(EVERYTHING));
    let conf: Vec<String> = conf.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let expected = [
        "spark.app.name=everything",
        "spark.jars=local:///a.jar,local:///b.jar",
        "spark.jars.packages=g:a:1",
        "spark.jars.excludes=g:b",
        "spark.jars.repositories=https://repo.example.com",
        "spark.submit.pyFiles=d.py",
        "spark.files=file:///c",
        "spark.archives=e.tar.gz",
        "spark.eventLog.enabled=true",
        "spark.executor.memory=4g",
        "spark.ui.port=4045",
        "spark.hadoop.fs.s3a.endpoint=http://minio:9000",
        "spark.driver.cores=2",
        "spark.driver.memory=2g",
        "spark.driver.memoryOverhead=300m",
        "spark.driver.extraJavaOptions=-XX:+UseG1GC",
        "spark.executor.instances=3",
        "spark.executor.cores=4",
        "spark.executor.memoryOverhead=512m",
        "spark.executor.extraJavaOptions=-XX:+UseG1GC",
        "spark.executorEnv.OLD=old",
        "spark.executorEnv.PLAIN=1",
        "spark.dynamicAllocation.enabled=true",
        "spark.dynamicAllocation.initialExecutors=2",
        "spark.dynamicAllocation.minExecutors=1",
        "spark.dynamicAllocation.maxExecutors=10",
        "spark.dynamicAllocation.shuffleTracking.enabled=false",
        "spark.dynamicAllocation.shuffleTracking.timeout=60000ms",
    ];
    assert_eq!(conf, expected);
    let env: Vec<_> = driver_env(&read(EVERYTHING)).into_iter().collect();
    assert_eq!(env, [("OLD".into(), "old".into()), ("PLAIN".into(), "1".into())]);
}

const SMALL: &str = "
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: {name: small}
spec: {type: Rust, sparkVersion: '', mainApplicationFile: /bin/true, driver: {}, executor: {}}
";

#[test]
fn what_a_spec_leaves_out_has_the_defaults_of_the_operator() {
    let conf: Vec<_> = spark_conf(&read(SMALL)).into_iter().collect();
    let expected = [
        ("spark.app.name", "small"),
        ("spark.driver.cores", "1"),
        ("spark.driver.memory", "1g"),
        ("spark.executor.instances", "1"),
        ("spark.executor.cores", "1"),
        ("spark.executor.memory", "1g"),
    ];
    assert_eq!(conf, expected.map(|(key, value)| (key.to_owned(), value.to_owned())));
}

#[test]
fn defaults_give_way_to_spark_conf() {
    let text = SMALL.replace(
        "executor: {}",
        "executor: {}, sparkConf: {spark.executor.memory: 3g, spark.executor.instances: '5', spark.driver.cores: '2'}",
    );
    let conf = spark_conf(&read(&text));
    assert_eq!(conf["spark.executor.memory"], "3g");
    assert_eq!(conf["spark.executor.instances"], "5");
    assert_eq!(conf["spark.driver.cores"], "2");
}

#[test]
fn json_is_read_as_well() {
    let json = serde_json::to_string_pretty(&read(PI)).unwrap();
    assert_eq!(read(&json), read(PI));
    // Escapes that YAML does not know.
    let smile = SMALL.replace("''", "\"\"");
    let json = serde_json::to_string(&read(&smile)).unwrap().replace("/bin/true", "\\/bin\\/\\uD83D\\uDE00");
    assert_eq!(read(&json).spec.main_application_file, "/bin/😀");
}

#[test]
fn the_application_is_found_among_other_documents() {
    let text = format!("---\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\n---\n{PI}---\n");
    assert_eq!(read(&text), read(PI));
}

#[test]
fn nulls_and_empty_lists_are_tolerated_as_airflow_sends_them() {
    let text = SMALL.replace(
        "driver: {}",
        "driver: {env: null, envFrom: [], affinity: null, tolerations: [], nodeSelector: {}, labels: {}}, volumes: null",
    );
    assert_eq!(read(&text).spec.driver.env, None);
    assert_eq!(warnings(&text), [""; 0]);
}

#[test]
fn a_status_in_the_file_is_dropped() {
    let text = format!("{SMALL}status: {{applicationState: nonsense}}\n");
    assert_eq!(read(&text).status, None);
}

#[test]
fn unknown_fields_are_pruned_with_a_warning_that_names_the_nearest() {
    let text =
        PI.replace("    instances: 1", "    instnaces: 1").replace("  mode: cluster", "  labels: {a: b}");
    assert_eq!(
        warnings(&text),
        [
            "app.yaml:9:11: spec.labels: no such field; it is ignored",
            "app.yaml:26:16: spec.executor.instnaces: no such field; it is ignored (did you mean instances?)",
        ]
    );
    let text =
        SMALL.replace("driver: {}", "driver: {volumeMounts: [{name: v, mountPath: /v, readonly: true}]}");
    assert_eq!(
        warnings(&text),
        [
            "app.yaml:5:129: spec.driver.volumeMounts[0].readonly: no such field; it is ignored (did you mean readOnly?)"
        ]
    );
    let text = PI.replace("  namespace: default", "  namspace: default\nsepc: {}");
    assert_eq!(
        warnings(&text),
        [
            "app.yaml:6:13: metadata.namspace: no such field; it is ignored (did you mean namespace?)",
            "app.yaml:7:7: sepc: no such field; it is ignored (did you mean spec?)",
        ]
    );
}

#[test]
fn assignments_change_fields_of_every_type() {
    let mut manifest = Manifest::parse(PI, "app.yaml").unwrap();
    for assignment in [
        "spec.executor.instances=3",
        "spec.driver.memory=2g",
        "spec.arguments[0]=10",
        "spec.arguments[1]=true",
        "spec.sparkConf.\"spark.task.maxFailures\"=2",
        "spec.dynamicAllocation.enabled=true",
        "spec.driver.labels.version=4.30",
        "spec.imagePullPolicy=null",
        "metadata.name=other",
    ] {
        manifest.set(assignment).unwrap();
    }
    let (application, warnings) = manifest.application().unwrap();
    assert_eq!(warnings, []);
    let spec = application.spec;
    assert_eq!(application.metadata.name.as_deref(), Some("other"));
    assert_eq!(spec.executor.instances, Some(3));
    assert_eq!(spec.driver.memory.as_deref(), Some("2g"));
    assert_eq!(spec.arguments.unwrap(), ["10", "true"]);
    assert_eq!(spec.spark_conf.unwrap()["spark.task.maxFailures"], "2");
    assert_eq!(spec.dynamic_allocation.unwrap().enabled, Some(true));
    assert_eq!(spec.driver.labels.unwrap()["version"], "4.30");
    assert_eq!(spec.image_pull_policy, None);
}
