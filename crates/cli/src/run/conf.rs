//! The configuration that the driver gets.
//!
//! In rising order: `sparkConf`, the fields of the spec, `--conf`.
//! Without `spark.master` the application runs on a cluster of local processes, one per executor.
//! The whole is checked here, against the registry that the driver reads it by, so that a wrong value starts nothing.

use std::io::IsTerminal;

use hearth_conf::SparkConf;
use hearth_conf::entries::executor::{
    DYNAMIC_ALLOCATION_ENABLED, DYNAMIC_ALLOCATION_INITIAL_EXECUTORS, DYNAMIC_ALLOCATION_MIN_EXECUTORS,
    EXECUTOR_CORES, EXECUTOR_INSTANCES, EXECUTOR_MEMORY,
};
use hearth_crd::{FieldError, FieldPath, Manifest, SparkApplication, spark_conf};
use indexmap::IndexMap;

use crate::error::Error;

/// `spark.*` keys and values.
pub(super) type Conf = IndexMap<String, String>;

/// The configuration of `application` with the options over it.
pub(super) fn build(
    manifest: &Manifest<'_>,
    application: &SparkApplication,
    options: &[String],
) -> Result<Conf, Error> {
    let mut conf = spark_conf(application);
    for option in options {
        let (key, value) = parse_option(option)?;
        conf.insert(key.to_owned(), value.to_owned());
    }
    check(manifest, application, options, &conf)?;
    if !conf.contains_key("spark.master") {
        let settings: SparkConf = conf.iter().collect();
        let giver = Giver { manifest, application, options };
        let master = local_cluster(&settings).map_err(|problem| giver.blame(problem))?;
        conf.insert("spark.master".to_owned(), master);
    }
    if std::io::stderr().is_terminal() {
        conf.entry("spark.ui.showConsoleProgress".to_owned()).or_insert_with(|| "true".to_owned());
    }
    Ok(conf)
}

/// Checks the settings; each problem is named after who gave the value.
pub(crate) fn check(
    manifest: &Manifest<'_>,
    application: &SparkApplication,
    options: &[String],
    conf: &Conf,
) -> Result<(), Error> {
    let settings: SparkConf = conf.iter().collect();
    let giver = Giver { manifest, application, options };
    let problems: Vec<Error> = settings.problems().into_iter().map(|problem| giver.blame(problem)).collect();
    if problems.is_empty() { Ok(()) } else { Err(Error::Settings(problems)) }
}

/// The key and the value of `KEY=VALUE`.
pub(crate) fn parse_option(option: &str) -> Result<(&str, &str), Error> {
    let error = |problem: &str| Error::Conf { option: option.to_owned(), problem: problem.to_owned() };
    let (key, value) = option
        .split_once('=')
        .ok_or_else(|| error("no equals sign; write KEY=VALUE, as in spark.executor.cores=2"))?;
    let key = key.trim();
    if !key.starts_with("spark.") || key.len() == "spark.".len() {
        return Err(error("not one of Spark's settings; their keys begin with spark."));
    }
    Ok((key, value.trim()))
}

/// `local-cluster[executors,cores,memoryMiB]` for the executors that the settings ask for.
fn local_cluster(settings: &SparkConf) -> hearth_conf::Result<String> {
    let cores = settings.get_entry(&EXECUTOR_CORES)?;
    let memory = settings.get_entry(&EXECUTOR_MEMORY)?.bytes() >> 20;
    let instances = settings.get_entry(&EXECUTOR_INSTANCES)?;
    let executors = if settings.get_entry(&DYNAMIC_ALLOCATION_ENABLED)? {
        let initial = settings.get_entry(&DYNAMIC_ALLOCATION_INITIAL_EXECUTORS)?;
        let least = settings.get_entry(&DYNAMIC_ALLOCATION_MIN_EXECUTORS)?;
        // How many run is dynamic allocation's to say; the address needs one at least.
        instances.unwrap_or(0).max(initial).max(least).max(1)
    } else {
        instances.unwrap_or(1)
    };
    if executors == 0 {
        return Err(hearth_conf::Error::Invalid {
            key: EXECUTOR_INSTANCES.key().to_owned(),
            value: "0".to_owned(),
            problem: "is allowed only with dynamic allocation; a whole number from 1 is needed".to_owned(),
        });
    }
    Ok(format!("local-cluster[{executors},{cores},{memory}]"))
}

/// Finds who gave a setting.
struct Giver<'a> {
    manifest: &'a Manifest<'a>,
    application: &'a SparkApplication,
    options: &'a [String],
}

impl Giver<'_> {
    /// The error, named after the option or the entry of `sparkConf` that gave the value, if one did.
    fn blame(&self, error: hearth_conf::Error) -> Error {
        let (key, problem) = match &error {
            hearth_conf::Error::Invalid { key, value, problem } => (key, format!("{value:?} {problem}")),
            hearth_conf::Error::Conflict { key, value, problem } => (key, format!("{value} {problem}")),
            hearth_conf::Error::Properties { .. } => return Error::Setting(error),
        };
        let gives = |option: &&String| parse_option(option).is_ok_and(|(name, _)| name == key);
        if let Some(option) = self.options.iter().rev().find(gives) {
            return Error::Conf { option: option.clone(), problem };
        }
        if self.application.spec.spark_conf.as_ref().is_some_and(|conf| conf.contains_key(key)) {
            let path = FieldPath::of(["spec", "sparkConf", key]);
            return Error::Field(self.manifest.place(FieldError::new(path, problem)));
        }
        Error::Setting(error)
    }
}
