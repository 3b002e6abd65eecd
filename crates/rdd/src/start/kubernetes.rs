//! An application in pods: this process is in the driver's, and the operator makes the executors'.
//! Spark: `KubernetesClusterManager` in cluster mode.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use hearth_cluster::kubernetes::{ApiServer, KubernetesCluster, Pool, Settings};
use hearth_conf::SparkConf;
use hearth_conf::entries::application::DRIVER_PORT;
use hearth_conf::entries::executor::{
    DYNAMIC_ALLOCATION_ENABLED, DYNAMIC_ALLOCATION_INITIAL_EXECUTORS, EXECUTOR_CORES, EXECUTOR_INSTANCES,
};
use hearth_driver::{DEFAULT_INSTANCES, Deployment, DriverHandle, Executors};
use hearth_rpc::Identity;
use hearth_types::pod;

use super::app_dir::AppDir;
use super::driver::Opened;
use super::start_error;
use crate::error::{Error, Result};

/// Part of the executors that must have registered before tasks are placed, in percent. Spark's for Kubernetes.
const MIN_REGISTERED_PERCENT: u8 = 80;

/// What the driver's pod is told by its environment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The address of the pod.
    host: String,
    epoch: u64,
    secrets: PathBuf,
    reports: PathBuf,
    /// Name, namespace and size of the pool, if the driver may scale it.
    pool: Option<(String, String, u32)>,
}

impl Place {
    pub(super) fn of_this_process() -> Result<Self> {
        Self::read(|name| std::env::var_os(name)).map_err(|problem| Error::Start { problem })
    }

    fn read(get: impl Fn(&str) -> Option<OsString>) -> std::result::Result<Self, String> {
        let text = |name| {
            get(name).filter(|value| !value.is_empty()).map(|value| value.to_string_lossy().into_owned())
        };
        let number = |name, default| match text(name) {
            Some(value) => value.parse().map_err(|_| format!("{name} is {value:?}, which is no number")),
            None => Ok(default),
        };
        let host = text(pod::POD_IP).ok_or_else(|| {
            format!(
                "spark.master is k8s://…, and this is not a driver pod ({} is not set): submit the application with \
                 kubectl apply or hearth submit, or set spark.master to local[*]",
                pod::POD_IP
            )
        })?;
        let pool = match text(pod::EXECUTOR_POOL) {
            Some(name) => {
                let namespace = text(pod::NAMESPACE)
                    .ok_or_else(|| format!("{} is set, and {} is not", pod::EXECUTOR_POOL, pod::NAMESPACE))?;
                let replicas = number(pod::EXECUTOR_POOL_REPLICAS, 0)?;
                Some((name, namespace, u32::try_from(replicas).unwrap_or(u32::MAX)))
            }
            None => None,
        };
        Ok(Self {
            host,
            epoch: number(pod::DRIVER_EPOCH, 1)?,
            secrets: text(pod::SECRET_DIR_VARIABLE).unwrap_or_else(|| pod::SECRET_DIR.to_owned()).into(),
            reports: text(pod::REPORTS_FILE_VARIABLE).unwrap_or_else(|| pod::REPORTS_FILE.to_owned()).into(),
            pool,
        })
    }
}

pub(super) fn start(conf: &SparkConf, app_dir: &AppDir, server: &str, place: Place) -> Result<DriverHandle> {
    let deployment = Deployment::Cluster {
        slots: conf.get_entry(&EXECUTOR_CORES)?,
        min_registered_percent: MIN_REGISTERED_PERCENT,
    };
    let mut opened = Opened::new(conf, app_dir, deployment)?;
    let identity = Identity::read(&place.secrets).map_err(start_error("read the driver's certificate"))?;
    let port = match conf.get(DRIVER_PORT.key()) {
        Some(_) => conf.get_entry(&DRIVER_PORT)?,
        None => pod::DRIVER_PORT,
    };
    opened.listen((place.host, port), identity, place.epoch)?;
    let pool = place.pool.map(|(name, namespace, replicas)| Pool {
        name,
        namespace,
        replicas,
        // The certificate of the real one is only known inside of a pod, and its address too.
        server: match server.starts_with("http://") {
            true => ApiServer::Plain(server.to_owned()),
            false => ApiServer::InCluster,
        },
        bounds: place.reports.with_file_name(pod::BOUNDS),
    });
    let (cluster, events) =
        KubernetesCluster::new(Settings { pool, reports: place.reports }, opened.driver.runtime());
    opened.start(Executors::Cluster { manager: Arc::new(cluster), events })
}

/// Slots of the executors that the application begins with, at least two.
pub(super) fn expected_slots(conf: &SparkConf) -> Result<u32> {
    let instances = conf.get_entry(&EXECUTOR_INSTANCES)?;
    let executors = if conf.get_entry(&DYNAMIC_ALLOCATION_ENABLED)? {
        conf.get_entry(&DYNAMIC_ALLOCATION_INITIAL_EXECUTORS)?.max(instances.unwrap_or(0))
    } else {
        instances.unwrap_or(DEFAULT_INSTANCES)
    };
    Ok(executors.saturating_mul(conf.get_entry(&EXECUTOR_CORES)?).max(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> std::result::Result<Place, String> {
        Place::read(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value)))
    }

    #[test]
    fn a_process_outside_of_a_pod_is_told_what_to_do() {
        let problem = read(&[]).unwrap_err();
        assert!(problem.contains("not a driver pod") && problem.contains("kubectl apply"), "{problem}");
    }

    #[test]
    fn without_a_pool_nothing_is_scaled() {
        let place = read(&[(pod::POD_IP, "10.0.0.1")]).unwrap();
        assert_eq!((place.pool, place.epoch), (None, 1));
        assert_eq!(place.secrets, PathBuf::from("/etc/hearth"));
    }

    #[test]
    fn a_pool_has_a_name_a_namespace_and_a_size() {
        let set = [
            (pod::POD_IP, "10.0.0.1"),
            (pod::EXECUTOR_POOL, "pi"),
            (pod::NAMESPACE, "jobs"),
            (pod::EXECUTOR_POOL_REPLICAS, "3"),
            (pod::DRIVER_EPOCH, "2"),
        ];
        let place = read(&set).unwrap();
        assert_eq!((place.pool, place.epoch), (Some(("pi".to_owned(), "jobs".to_owned(), 3)), 2));
        assert!(read(&set[..2]).unwrap_err().contains("HEARTH_NAMESPACE"));
        let wrong = [(pod::POD_IP, "10.0.0.1"), (pod::DRIVER_EPOCH, "x")];
        assert!(read(&wrong).unwrap_err().contains("no number"));
    }

    #[test]
    fn the_default_parallelism_is_that_of_the_executors_to_begin_with() {
        let conf = |pairs: &[(&str, &str)]| -> SparkConf { pairs.iter().copied().collect() };
        assert_eq!(expected_slots(&conf(&[])).unwrap(), 2);
        let fixed = conf(&[("spark.executor.instances", "3"), ("spark.executor.cores", "4")]);
        assert_eq!(expected_slots(&fixed).unwrap(), 12);
        let dynamic = conf(&[("spark.dynamicAllocation.enabled", "true"), ("spark.executor.instances", "5")]);
        assert_eq!(expected_slots(&dynamic).unwrap(), 5);
    }
}
