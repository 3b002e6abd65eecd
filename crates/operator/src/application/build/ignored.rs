//! What of a manifest has no effect, as sentences for its user. Nothing is ignored in silence, and nothing of it is an error.
//!
//! Of the keys of `sparkConf` only those are here that the operator replaces: the driver warns of what it does not honour.

use hearth_crd::{ApplicationType, Dependencies, DeployMode, SparkApplication, SparkApplicationSpec};

use super::fields::text;

const NO_JVM: &str = "there is no Java virtual machine";

/// Says what has no effect, one sentence for each field.
pub fn ignored_fields(application: &SparkApplication) -> Vec<String> {
    let spec = &application.spec;
    match spec.application_type {
        ApplicationType::Rust | ApplicationType::Python | ApplicationType::Sql => {}
        // Apache Spark runs these, and to Spark every field means something.
        ApplicationType::Java | ApplicationType::Scala | ApplicationType::R => return Vec::new(),
    }
    let mut ignored = Ignored::default();
    ignored.program(spec);
    ignored.pods(spec);
    if let Some(deps) = &spec.deps {
        ignored.dependencies(deps);
    }
    ignored.masters(spec);
    ignored.hadoop(spec);
    ignored.monitoring(spec);
    ignored.0
}

#[derive(Default)]
struct Ignored(Vec<String>);

impl Ignored {
    fn when(&mut self, is_there: bool, field: &str, reason: &str) {
        if is_there {
            self.0.push(format!("{field} has no effect: {reason}"));
        }
    }

    fn program(&mut self, spec: &SparkApplicationSpec) {
        self.when(text(&spec.main_class).is_some(), "spec.mainClass", NO_JVM);
        self.when(
            spec.mode == Some(DeployMode::Client),
            "spec.mode: client",
            "the driver runs in a pod of its own, as with cluster",
        );
        self.when(
            text(&spec.proxy_user).is_some(),
            "spec.proxyUser",
            "there are no Hadoop services to act towards; it is only what the variable SPARK_USER says",
        );
        self.when(
            spec.python_version.is_some() && spec.application_type != ApplicationType::Python,
            "spec.pythonVersion",
            "the program is not written in Python",
        );
        self.when(
            spec.failure_retries.is_some(),
            "spec.failureRetries",
            "see spec.restartPolicy.onFailureRetries",
        );
        self.when(
            spec.retry_interval.is_some(),
            "spec.retryInterval",
            "see spec.restartPolicy.onFailureRetryInterval",
        );
    }

    fn pods(&mut self, spec: &SparkApplicationSpec) {
        self.when(text(&spec.driver.java_options).is_some(), "spec.driver.javaOptions", NO_JVM);
        self.when(text(&spec.executor.java_options).is_some(), "spec.executor.javaOptions", NO_JVM);
        self.when(
            text(&spec.driver.kubernetes_master).is_some(),
            "spec.driver.kubernetesMaster",
            "the operator starts the executors, and the driver asks it through the cluster's own API server",
        );
    }

    fn dependencies(&mut self, deps: &Dependencies) {
        let no_files = "files are not handed out yet; put them into the image or mount them";
        let lists = [
            (&deps.jars, "jars", NO_JVM),
            (&deps.packages, "packages", NO_JVM),
            (&deps.exclude_packages, "excludePackages", NO_JVM),
            (&deps.repositories, "repositories", NO_JVM),
            (&deps.files, "files", no_files),
            (&deps.py_files, "pyFiles", no_files),
            (&deps.archives, "archives", no_files),
        ];
        for (list, name, reason) in lists {
            let is_there = list.as_ref().is_some_and(|list| !list.is_empty());
            self.when(is_there, &format!("spec.deps.{name}"), reason);
        }
    }

    fn masters(&mut self, spec: &SparkApplicationSpec) {
        for key in ["spark.master", "spark.kubernetes.driver.master"] {
            let is_there = spec.spark_conf.as_ref().is_some_and(|conf| conf.contains_key(key));
            let reason = "the operator says where the application runs";
            self.when(is_there, &format!("spec.sparkConf[{key}]"), reason);
        }
    }

    fn hadoop(&mut self, spec: &SparkApplicationSpec) {
        for key in spec.hadoop_conf.iter().flatten().map(|(key, _)| key) {
            let honoured = hearth_conf::find(&format!("spark.hadoop.{key}")).is_some();
            self.when(
                !honoured,
                &format!("spec.hadoopConf[{key}]"),
                "Hearth does not honour this key of Hadoop",
            );
        }
        let mounted = "it is mounted, but Hearth reads no configuration files";
        self.when(text(&spec.hadoop_config_map).is_some(), "spec.hadoopConfigMap", mounted);
        self.when(text(&spec.spark_config_map).is_some(), "spec.sparkConfigMap", mounted);
    }

    fn monitoring(&mut self, spec: &SparkApplicationSpec) {
        let Some(monitoring) = &spec.monitoring else { return };
        let is_exposed = monitoring.expose_driver_metrics || monitoring.expose_executor_metrics;
        let no_system = "driver and executors have no metrics of their own yet";
        self.when(
            text(&monitoring.metrics_properties).is_some(),
            "spec.monitoring.metricsProperties",
            no_system,
        );
        self.when(
            text(&monitoring.metrics_properties_file).is_some(),
            "spec.monitoring.metricsPropertiesFile",
            no_system,
        );
        self.when(
            is_exposed && monitoring.prometheus.is_some(),
            "spec.monitoring.prometheus.jmxExporterJar",
            "there is no Java virtual machine to export from; the port is annotated, and nothing answers there \
             unless the program does",
        );
    }
}
