//! `hearth logs NAME`: what the driver or the executors print.

use std::process::ExitCode;

use clap::Args as ClapArgs;
use k8s_openapi::api::core::v1::Pod;

use crate::args::Args;
use crate::cluster_client::{
    Cluster, ClusterArgs, DRIVER_CONTAINER, EXECUTOR_CONTAINER, EXECUTOR_ID_LABEL, has_started, wait,
};
use crate::error::Error;
use crate::follow::{Baseline, Logs, Options, Source, copy_once, follow, prefix, role};
use crate::output::Reporter;

pub(crate) const LONG_ABOUT: &str = "\
Print what the driver or the executors of an application print.

With --follow the command goes on until the application ends, over new drivers too, \
and ends with the exit status of the program.";

pub(crate) const HELP: &str = "\
Examples:
  What the program has printed, and what it prints from now on:
    hearth logs pi
    hearth logs -f pi

  An executor, by its number; all at once:
    hearth logs pi --executor 2
    hearth logs -f pi --all

  The last lines:
    hearth logs pi --tail 20

The log of an executor is gone with its pod; `hearth status NAME` keeps why the latest ones failed.";

#[derive(Debug, ClapArgs)]
pub(crate) struct LogsArgs {
    /// The application.
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// Go on until the application ends, and end with its exit status.
    #[arg(short = 'f', long)]
    pub(crate) follow: bool,

    /// The log of the executor with this number instead of the driver's.
    #[arg(short = 'e', long, value_name = "N", conflicts_with = "all")]
    pub(crate) executor: Option<u32>,

    /// The logs of the driver and of all executors; each line says whose it is.
    #[arg(long)]
    pub(crate) all: bool,

    /// Only so many of the last lines.
    #[arg(long, value_name = "LINES", value_parser = clap::value_parser!(i64).range(0..))]
    pub(crate) tail: Option<i64>,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
}

/// Prints the logs.
pub(crate) async fn logs(logs: &LogsArgs, args: &Args) -> Result<ExitCode, Error> {
    let cluster = Cluster::connect(&logs.cluster, None).await?;
    let name = &logs.name;
    cluster.get(name).await?;
    let whose = match (logs.all, logs.executor) {
        (true, _) => Logs::All,
        (false, Some(number)) => Logs::Executors(number),
        (false, None) => Logs::Drivers,
    };
    if logs.follow {
        let options = Options {
            logs: whose,
            tail: logs.tail,
            progress: false,
            timeout: None,
            baseline: Baseline::default(),
        };
        return follow(&cluster, name, options, Reporter(args.log_format)).await;
    }
    let pods = cluster.pods_of(name).await?;
    let sources = sources(&pods, whose, logs.tail);
    if sources.is_empty() {
        return Err(Error::NoLog { problem: missing(name, &pods, whose) });
    }
    for source in sources {
        if !copy_once(&cluster.pods(), &source).await? {
            return Err(Error::NoLog { problem: format!("the log of {} cannot be read", source.pod) });
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The logs that there are of those that are wanted: the driver's first, then by executor.
fn sources(pods: &[Pod], whose: Logs, tail: Option<i64>) -> Vec<Source> {
    let mut found: Vec<(Option<u32>, Source)> = pods
        .iter()
        .filter_map(|pod| {
            let number = match role(pod) {
                "driver" => None,
                _ => Some(executor_number(pod)?),
            };
            let wanted = match whose {
                Logs::Nobodys => false,
                Logs::Drivers => number.is_none(),
                Logs::Executors(wanted) => number == Some(wanted),
                Logs::All => true,
            };
            let container = if number.is_none() { DRIVER_CONTAINER } else { EXECUTOR_CONTAINER };
            let prefix = if whose == Logs::All { prefix(number) } else { String::new() };
            let pod_name = pod.metadata.name.clone()?;
            let source = Source { pod: pod_name, container, prefix, tail };
            (wanted && has_started(pod, container)).then_some((number, source))
        })
        .collect();
    found.sort_by_key(|(number, _)| *number);
    found.into_iter().map(|(_, source)| source).collect()
}

fn executor_number(pod: &Pod) -> Option<u32> {
    pod.metadata.labels.as_ref()?.get(EXECUTOR_ID_LABEL)?.parse().ok()
}

/// Why there is no log, and the way out.
fn missing(name: &str, pods: &[Pod], whose: Logs) -> String {
    let is_wanted = |pod: &&Pod| match whose {
        Logs::Executors(number) => executor_number(pod) == Some(number),
        Logs::Nobodys | Logs::Drivers | Logs::All => role(pod) == "driver",
    };
    let pod = pods.iter().find(is_wanted);
    if let Some(wait) = pod.and_then(wait) {
        return format!("there is no log yet: {}; see hearth why {name}", wait.message);
    }
    match whose {
        Logs::Executors(number) => {
            let numbers: Vec<String> =
                pods.iter().filter_map(executor_number).map(|number| number.to_string()).collect();
            let there = if numbers.is_empty() { "none".to_owned() } else { numbers.join(", ") };
            format!(
                "{name} has no pod of executor {number} (there are: {there}); hearth status {name} tells why executors \
                 failed"
            )
        }
        Logs::Nobodys | Logs::Drivers | Logs::All => {
            format!("{name} has no driver pod, so there is no log; see hearth why {name}")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing;

    fn started(name: &str, role: &str, container: &str) -> Pod {
        let mut pod = testing::pod(name, role, "Running");
        let status = json!({"name": container, "image": "", "imageID": "", "ready": true, "restartCount": 0,
            "state": {"running": {}}});
        pod.status.as_mut().unwrap().container_statuses = Some(vec![serde_json::from_value(status).unwrap()]);
        pod
    }

    #[test]
    fn the_driver_comes_first_and_then_the_executors_by_number() {
        let pods = [
            started("pi-1-exec-10", "executor", EXECUTOR_CONTAINER),
            started("pi-1-exec-2", "executor", EXECUTOR_CONTAINER),
            started("pi-driver", "driver", DRIVER_CONTAINER),
        ];
        let names = |whose| -> Vec<String> {
            sources(&pods, whose, None).into_iter().map(|one| one.prefix + &one.pod).collect()
        };
        assert_eq!(names(Logs::Drivers), ["pi-driver"]);
        assert_eq!(names(Logs::Executors(2)), ["pi-1-exec-2"]);
        assert_eq!(
            names(Logs::All),
            ["[driver] pi-driver", "[executor 2] pi-1-exec-2", "[executor 10] pi-1-exec-10"]
        );
        assert_eq!(
            missing("pi", &pods, Logs::Executors(3)),
            "pi has no pod of executor 3 (there are: 10, 2); hearth status pi tells why executors failed"
        );
    }

    #[test]
    fn a_driver_that_waits_has_no_log_yet() {
        let pods = [testing::pending_pod("pi-driver", "driver", "2 Insufficient cpu.")];
        assert!(sources(&pods, Logs::Drivers, None).is_empty());
        assert_eq!(
            missing("pi", &pods, Logs::Drivers),
            "there is no log yet: no node fits it: 2 Insufficient cpu; see hearth why pi"
        );
    }
}
