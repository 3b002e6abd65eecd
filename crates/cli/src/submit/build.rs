//! From the manifest and the options to the object that is sent.

use std::str::FromStr;

use hearth_crd::{FieldError, FieldPath, Manifest, SparkApplication, Warning, spark_conf};
use hearth_operator::application::validate::validate;

use super::args::SubmitArgs;
use crate::error::Error;
use crate::run::{check_assignments, check_settings, parse_setting, read_text};

/// The text of the manifest.
pub(super) fn read(args: &SubmitArgs) -> Result<String, Error> {
    read_text(&args.manifest, &args.manifest.to_string_lossy())
}

/// The object, checked, and what of the manifest has no effect.
pub(super) fn build(text: &str, args: &SubmitArgs) -> Result<(SparkApplication, Vec<Warning>), Error> {
    let file = args.manifest.to_string_lossy();
    let mut manifest = Manifest::parse(text, &file)?;
    for assignment in &args.set {
        manifest.set(assignment)?;
    }
    let (mut application, warnings) = manifest.application()?;
    check_assignments(&warnings)?;
    for option in &args.conf {
        let (key, value) = parse_setting(option)?;
        set_conf(&mut application, key, value);
    }
    if !args.arguments.is_empty() {
        application.spec.arguments = Some(args.arguments.clone());
    }
    check_settings(&manifest, &application, &args.conf, &spark_conf(&application))?;
    check_conf(&application, &args.conf)?;
    check_namespace(&manifest, &application, args)?;
    check_as_operator(&manifest, &application)?;
    Ok((without_server_fields(application), warnings))
}

/// Sets one of Spark's settings: in the field that would win over it, where the manifest has that field.
fn set_conf(application: &mut SparkApplication, key: &str, value: &str) {
    let spec = &mut application.spec;
    let dynamic = spec.dynamic_allocation.as_mut();
    let is_set = match key {
        "spark.driver.cores" => set(&mut spec.driver.cores, value),
        "spark.driver.memory" => set(&mut spec.driver.memory, value),
        "spark.driver.memoryOverhead" => set(&mut spec.driver.memory_overhead, value),
        "spark.driver.extraJavaOptions" => set(&mut spec.driver.java_options, value),
        "spark.executor.instances" => set(&mut spec.executor.instances, value),
        "spark.executor.cores" => set(&mut spec.executor.cores, value),
        "spark.executor.memory" => set(&mut spec.executor.memory, value),
        "spark.executor.memoryOverhead" => set(&mut spec.executor.memory_overhead, value),
        "spark.executor.extraJavaOptions" => set(&mut spec.executor.java_options, value),
        "spark.dynamicAllocation.enabled" => dynamic.is_some_and(|own| set(&mut own.enabled, value)),
        "spark.dynamicAllocation.initialExecutors" => {
            dynamic.is_some_and(|own| set(&mut own.initial_executors, value))
        }
        "spark.dynamicAllocation.minExecutors" => {
            dynamic.is_some_and(|own| set(&mut own.min_executors, value))
        }
        "spark.dynamicAllocation.maxExecutors" => {
            dynamic.is_some_and(|own| set(&mut own.max_executors, value))
        }
        _ => false,
    };
    if !is_set {
        spec.spark_conf.get_or_insert_default().insert(key.to_owned(), value.to_owned());
    }
}

/// Sets a field that is there. A value that does not fit takes the field away, so that the setting is checked.
fn set<T: FromStr>(field: &mut Option<T>, value: &str) -> bool {
    if field.is_none() {
        return false;
    }
    *field = value.parse().ok();
    field.is_some()
}

/// Refuses a setting that a field of the manifest wins over.
fn check_conf(application: &SparkApplication, options: &[String]) -> Result<(), Error> {
    let conf = spark_conf(application);
    for option in options {
        let (key, _) = parse_setting(option)?;
        let given = application.spec.spark_conf.as_ref().and_then(|conf| conf.get(key));
        if given.is_some() && given != conf.get(key) {
            let found = conf.get(key).map(String::as_str).unwrap_or_default();
            let problem = format!("a field of the manifest says {found:?} and wins; change it with --set");
            return Err(Error::Conf { option: option.clone(), problem });
        }
    }
    Ok(())
}

/// Refuses what the operator would refuse.
fn check_as_operator(manifest: &Manifest<'_>, application: &SparkApplication) -> Result<(), Error> {
    match validate(application).into_iter().next() {
        Some(problem) => Err(Error::Field(manifest.place(problem))),
        None => Ok(()),
    }
}

/// As kubectl does: two namespaces that differ are a mistake.
fn check_namespace(
    manifest: &Manifest<'_>,
    application: &SparkApplication,
    args: &SubmitArgs,
) -> Result<(), Error> {
    let (Some(found), Some(wanted)) = (&application.metadata.namespace, &args.cluster.namespace) else {
        return Ok(());
    };
    if found == wanted {
        return Ok(());
    }
    let problem = format!("found {found:?}, but --namespace is {wanted:?}; remove one of them");
    let path = FieldPath::of(["metadata", "namespace"]);
    Err(Error::Field(manifest.place(FieldError::new(path, problem))))
}

/// Without what only the API server sets, as a manifest has it that `kubectl get -o yaml` wrote.
pub(crate) fn without_server_fields(mut application: SparkApplication) -> SparkApplication {
    let metadata = &mut application.metadata;
    metadata.managed_fields = None;
    metadata.resource_version = None;
    metadata.uid = None;
    metadata.generation = None;
    metadata.creation_timestamp = None;
    metadata.deletion_timestamp = None;
    metadata.deletion_grace_period_seconds = None;
    metadata.self_link = None;
    application.status = None;
    application
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        submit: SubmitArgs,
    }

    const MANIFEST: &str = "\
apiVersion: sparkoperator.k8s.io/v1beta2
kind: SparkApplication
metadata: {name: pi, uid: 1-2, resourceVersion: '5', namespace: jobs}
spec:
  type: Rust
  sparkVersion: 4.3.0
  mainApplicationFile: local:///opt/hearth/pi
  arguments: ['2']
  driver: {env: [{name: A, value: b}]}
  executor: {instances: 2, env: [{name: A, value: b}]}
status: {driverInfo: {}}
";

    fn built(options: &[&str]) -> Result<SparkApplication, String> {
        let line = ["hearth", "app.yaml"].iter().chain(options);
        let args = Line::try_parse_from(line).map_err(|error| error.to_string())?.submit;
        build(MANIFEST, &args).map(|(application, _)| application).map_err(|error| error.to_string())
    }

    #[test]
    fn a_setting_goes_where_it_wins() {
        let application =
            built(&["--conf", "spark.executor.instances=4", "--conf", "spark.executor.cores=3"]).unwrap();
        assert_eq!(application.spec.executor.instances, Some(4));
        assert_eq!(application.spec.spark_conf.as_ref().unwrap().get("spark.executor.cores").unwrap(), "3");
        let conf = spark_conf(&application);
        assert_eq!(
            (&conf["spark.executor.instances"], &conf["spark.executor.cores"]),
            (&"4".to_owned(), &"3".to_owned())
        );
    }

    #[test]
    fn a_setting_that_cannot_win_or_is_wrong_is_refused() {
        let error = |option: &str| built(&["--conf", option]).unwrap_err();
        assert_eq!(
            error("spark.executorEnv.A=c"),
            "--conf spark.executorEnv.A=c: a field of the manifest says \"b\" and wins; change it with --set"
        );
        assert!(error("spark.executor.instances=many").starts_with("--conf spark.executor.instances=many: "));
        assert!(error("x=1").contains("begin with spark."));
        let account = error("spark.kubernetes.authenticate.driver.serviceAccountName=admin");
        assert!(account.contains("write spec.driver.serviceAccount instead"), "{account}");
    }

    #[test]
    fn what_only_the_server_sets_is_not_sent() {
        let application = built(&["--", "7", "--x"]).unwrap();
        assert_eq!(application.spec.arguments, Some(vec!["7".to_owned(), "--x".to_owned()]));
        let metadata = &application.metadata;
        assert_eq!((&metadata.uid, &metadata.resource_version, &application.status), (&None, &None, &None));
    }

    #[test]
    fn two_namespaces_that_differ_are_a_mistake() {
        assert!(built(&["--namespace", "jobs"]).is_ok());
        assert_eq!(
            built(&["--namespace", "other"]).unwrap_err(),
            "app.yaml:3:65: metadata.namespace: found \"jobs\", but --namespace is \"other\"; remove one of them"
        );
    }
}
