//! The configuration that the driver gets.
//!
//! In rising order: `sparkConf`, the fields of the spec, `--conf`.
//! Without `spark.master` the application runs on a cluster of local processes, one per executor.

use std::io::IsTerminal;

use hearth_crd::{FieldError, FieldPath, Manifest, SparkApplication, memory_mib, spark_conf};
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
    let reader = Reader { manifest, options, conf: &conf };
    if !conf.contains_key("spark.master") {
        let master = reader.local_cluster()?;
        conf.insert("spark.master".to_owned(), master);
    }
    if std::io::stderr().is_terminal() {
        conf.entry("spark.ui.showConsoleProgress".to_owned()).or_insert_with(|| "true".to_owned());
    }
    Ok(conf)
}

fn parse_option(option: &str) -> Result<(&str, &str), Error> {
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

/// Reads the settings that decide what is started.
struct Reader<'a> {
    manifest: &'a Manifest<'a>,
    options: &'a [String],
    conf: &'a Conf,
}

impl Reader<'_> {
    /// `local-cluster[executors,cores,memoryMiB]` for the executors that the settings ask for.
    fn local_cluster(&self) -> Result<String, Error> {
        let cores = self.count("spark.executor.cores", 1)?.unwrap_or(1);
        let memory = self.memory("spark.executor.memory")?.unwrap_or(1024);
        let dynamic = self.conf.get("spark.dynamicAllocation.enabled");
        let executors = if dynamic.is_some_and(|value| value.trim().eq_ignore_ascii_case("true")) {
            let mut most = 0;
            for key in [
                "spark.executor.instances",
                "spark.dynamicAllocation.initialExecutors",
                "spark.dynamicAllocation.minExecutors",
            ] {
                most = most.max(self.count(key, 0)?.unwrap_or(0));
            }
            // How many run is dynamic allocation's to say; the address needs one at least.
            most.max(1)
        } else {
            self.count("spark.executor.instances", 1)?.unwrap_or(1)
        };
        Ok(format!("local-cluster[{executors},{cores},{memory}]"))
    }

    fn count(&self, key: &str, least: u32) -> Result<Option<u32>, Error> {
        let Some(value) = self.conf.get(key) else { return Ok(None) };
        match value.trim().parse::<u32>() {
            Ok(count) if count >= least => Ok(Some(count)),
            _ => {
                Err(self.error(key, format!("found {value:?}; a whole number of at least {least} is needed")))
            }
        }
    }

    fn memory(&self, key: &str) -> Result<Option<u64>, Error> {
        let Some(value) = self.conf.get(key) else { return Ok(None) };
        match memory_mib(value) {
            Ok(0) => Err(self.error(key, format!("found {value:?}; at least 1m is needed"))),
            Ok(mib) => Ok(Some(mib)),
            Err(problem) => Err(self.error(key, problem.to_string())),
        }
    }

    /// The error, named after the option or the entry of `sparkConf` that gave the value.
    fn error(&self, key: &str, problem: String) -> Error {
        let gives = |option: &&String| parse_option(option).is_ok_and(|(name, _)| name == key);
        match self.options.iter().rev().find(gives) {
            Some(option) => Error::Conf { option: option.clone(), problem },
            None => {
                let path = FieldPath::of(["spec", "sparkConf", key]);
                Error::Field(self.manifest.place(FieldError::new(path, problem)))
            }
        }
    }
}
