//! What a pod is told by its environment.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use hearth_conf::ByteSize;
use hearth_conf::entries::executor::EXECUTOR_MEMORY;
use hearth_types::{ExecutorId, pod};

use super::super::{AnyError, cgroup};

/// How long to look for a driver where nothing says it.
const DRIVER_WAIT: Duration = Duration::from_secs(600);
/// The grace period of pods for which nothing else is set.
const GRACE_PERIOD: Duration = Duration::from_secs(30);
/// Where local files go where nothing says it.
const LOCAL_DIR: &str = "/tmp";

/// Where an executor is, and who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(super) executor: ExecutorId,
    pub(super) slots: u32,
    /// Bytes.
    pub(super) memory: u64,
    /// The address of the pod.
    pub(super) host: String,
    pub(super) driver_address: String,
    /// A driver of an older generation than this is not obeyed.
    pub(super) driver_epoch: u64,
    pub(super) driver_wait: Duration,
    pub(super) grace_period: Duration,
    pub(super) secrets: PathBuf,
    /// A directory of its own in the first of `SPARK_LOCAL_DIRS`.
    pub(super) local_dir: PathBuf,
}

/// Why the environment does not say enough.
#[derive(Debug, thiserror::Error)]
enum PlaceError {
    #[error("{name} is not set: executor pods are made by the operator")]
    Missing { name: &'static str },
    #[error("{name} is {value:?}, which makes no sense there")]
    Invalid { name: &'static str, value: String },
}

impl Place {
    /// That of this process; `None` where no driver's address is given, as to a child of the driver.
    pub(crate) fn of_this_process() -> Option<Result<Self, AnyError>> {
        std::env::var_os(pod::DRIVER_ADDRESS)?;
        Some(Self::read(|name| std::env::var_os(name), cgroup::memory_limit()))
    }

    fn read(get: impl Fn(&str) -> Option<OsString>, limit: Option<u64>) -> Result<Self, AnyError> {
        let text = |name| get(name).filter(|value| !value.is_empty());
        let required = |name| {
            let value = text(name).ok_or(PlaceError::Missing { name })?;
            Ok::<_, PlaceError>(value.to_string_lossy().into_owned())
        };
        let memory = required(pod::EXECUTOR_MEMORY)?;
        let memory = EXECUTOR_MEMORY
            .parse(&memory)
            .map_err(|_| PlaceError::Invalid { name: pod::EXECUTOR_MEMORY, value: memory })?;
        let executor = ExecutorId(number(pod::EXECUTOR_ID, &required(pod::EXECUTOR_ID)?)?);
        let optional = |name, default: u64| match text(name) {
            Some(value) => number(name, &value.to_string_lossy()),
            None => Ok(default),
        };
        let dirs = text(pod::LOCAL_DIRS).map(|dirs| dirs.to_string_lossy().into_owned());
        let dir = dirs.as_deref().and_then(|dirs| dirs.split(',').next()).unwrap_or(LOCAL_DIR);
        Ok(Self {
            executor,
            slots: number::<u32>(pod::EXECUTOR_CORES, &required(pod::EXECUTOR_CORES)?)?.max(1),
            memory: within(memory, limit),
            host: required(pod::POD_IP)?,
            driver_address: required(pod::DRIVER_ADDRESS)?,
            driver_epoch: optional(pod::DRIVER_EPOCH, 0)?,
            driver_wait: Duration::from_secs(optional(pod::DRIVER_WAIT, DRIVER_WAIT.as_secs())?),
            grace_period: Duration::from_secs(optional(pod::GRACE_PERIOD, GRACE_PERIOD.as_secs())?),
            secrets: text(pod::SECRET_DIR_VARIABLE).map_or_else(|| pod::SECRET_DIR.into(), PathBuf::from),
            local_dir: PathBuf::from(dir).join(format!("hearth-executor-{executor}")),
        })
    }
}

fn number<T: FromStr>(name: &'static str, value: &str) -> Result<T, PlaceError> {
    value.trim().parse().map_err(|_| PlaceError::Invalid { name, value: value.to_owned() })
}

/// What a container has is the truth, whatever it was told.
fn within(memory: ByteSize, limit: Option<u64>) -> u64 {
    match limit {
        Some(limit) if limit < memory.0 => {
            tracing::warn!(
                "the container's limit of {limit} bytes is less than spark.executor.memory, {} bytes: raise the limit, \
                 or lower spark.executor.memory",
                memory.0
            );
            limit
        }
        Some(_) | None => memory.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: &[(&str, &str)] = &[
        (pod::EXECUTOR_ID, "7"),
        (pod::EXECUTOR_CORES, "2"),
        (pod::EXECUTOR_MEMORY, "1g"),
        (pod::POD_IP, "10.0.0.7"),
        (pod::DRIVER_ADDRESS, "pi-driver-svc.jobs.svc:7078"),
    ];

    fn read(more: &[(&str, &str)], limit: Option<u64>) -> Result<Place, String> {
        let get = |name: &str| {
            let found = more.iter().chain(SET).find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        };
        Place::read(get, limit).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_said_has_defaults() {
        let place = read(&[], None).unwrap();
        assert_eq!((place.executor, place.slots, place.memory), (ExecutorId(7), 2, 1 << 30));
        assert_eq!((place.driver_epoch, place.driver_wait), (0, DRIVER_WAIT));
        assert_eq!(place.secrets, PathBuf::from("/etc/hearth"));
        assert_eq!(place.local_dir, PathBuf::from("/tmp/hearth-executor-7"));
    }

    #[test]
    fn the_first_local_directory_is_used() {
        let place = read(&[(pod::LOCAL_DIRS, "/var/data/a,/var/data/b")], None).unwrap();
        assert_eq!(place.local_dir, PathBuf::from("/var/data/a/hearth-executor-7"));
    }

    #[test]
    fn memory_is_what_the_container_has_if_that_is_less() {
        assert_eq!(read(&[], Some(256 << 20)).unwrap().memory, 256 << 20);
        assert_eq!(read(&[], Some(2 << 30)).unwrap().memory, 1 << 30);
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let problem = read(&[(pod::POD_IP, "")], None).unwrap_err();
        assert!(problem.starts_with("HEARTH_POD_IP is not set"), "{problem}");
        let problem = read(&[(pod::EXECUTOR_ID, "x")], None).unwrap_err();
        assert!(problem.contains("SPARK_EXECUTOR_ID is \"x\""), "{problem}");
        let problem = read(&[(pod::EXECUTOR_MEMORY, "much")], None).unwrap_err();
        assert!(problem.contains("SPARK_EXECUTOR_MEMORY"), "{problem}");
    }
}
