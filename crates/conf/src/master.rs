//! Where an application runs. Spark: the patterns of `SparkMasterRegex`.

use crate::value::Value;

/// The value of `spark.master`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Master {
    /// In the driver's own process: `local`, `local[N]`, `local[*]`.
    Local {
        /// How many tasks run at a time.
        slots: u32,
    },
    /// In executor processes on this machine: `local-cluster[executors,cores,memoryMB]`.
    LocalCluster {
        /// How many processes.
        executors: u32,
        /// Slots of each.
        cores: u32,
        /// Memory of each, in MiB.
        memory_mib: u64,
    },
    /// In executor pods: `k8s://https://host:port`. The driver is in a pod too.
    Kubernetes {
        /// The URL of the API server.
        server: String,
    },
}

impl Master {
    fn read(text: &str) -> Option<Self> {
        if text == "local" {
            return Some(Self::Local { slots: 1 });
        }
        if let Some(server) = text.strip_prefix("k8s://") {
            // Without a scheme, https is meant.
            let server = if server.contains("://") { server.to_owned() } else { format!("https://{server}") };
            let (scheme, host) = server.split_once("://")?;
            let is_url = ["http", "https"].contains(&scheme) && !host.trim_matches('/').is_empty();
            return is_url.then_some(Self::Kubernetes { server });
        }
        let inside = |prefix: &str| text.strip_prefix(prefix)?.strip_prefix('[')?.strip_suffix(']');
        if let Some(numbers) = inside("local-cluster") {
            let numbers: Vec<&str> = numbers.split(',').map(str::trim).collect();
            let [executors, cores, memory] = numbers[..] else { return None };
            return Some(Self::LocalCluster {
                executors: executors.parse().ok()?,
                cores: cores.parse().ok().filter(|cores| *cores > 0)?,
                memory_mib: memory.parse().ok().filter(|memory| *memory > 0)?,
            });
        }
        let slots = match inside("local")? {
            "*" => processors(),
            slots => slots.parse().ok().filter(|slots| *slots > 0)?,
        };
        Some(Self::Local { slots })
    }
}

impl Value for Master {
    type Rule = ();

    fn parse(text: &str, (): &()) -> Result<Self, String> {
        Self::read(text.trim()).ok_or_else(|| {
            "is not a master; use local, local[N], local[*], local-cluster[executors,cores,memoryMB] or \
             k8s://https://host:port"
                .to_owned()
        })
    }

    fn type_name((): &()) -> String {
        "master".to_owned()
    }
}

fn processors() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masters_are_spelt_as_in_spark() {
        let parse = |text| Master::parse(text, &()).unwrap();
        assert_eq!(parse("local"), Master::Local { slots: 1 });
        assert_eq!(parse(" local[3] "), Master::Local { slots: 3 });
        assert_eq!(parse("local[*]"), Master::Local { slots: processors() });
        let cluster = Master::LocalCluster { executors: 2, cores: 1, memory_mib: 1024 };
        assert_eq!(parse("local-cluster[2, 1, 1024]"), cluster);
        let kubernetes = |server: &str| Master::Kubernetes { server: server.to_owned() };
        assert_eq!(
            parse("k8s://https://kubernetes.default.svc"),
            kubernetes("https://kubernetes.default.svc")
        );
        assert_eq!(parse("k8s://http://127.0.0.1:8001"), kubernetes("http://127.0.0.1:8001"));
        assert_eq!(parse("k8s://10.0.0.1:6443"), kubernetes("https://10.0.0.1:6443"));
    }

    #[test]
    fn anything_else_says_what_is_allowed() {
        for text in [
            "",
            "local[0]",
            "local[x]",
            "local[2",
            "local-cluster[1,2]",
            "local-cluster[1,0,5]",
            "local-cluster[1,1,0]",
            "yarn",
            "spark://h:7077",
            "k8s://",
            "k8s://https://",
            "k8s://ftp://h",
        ] {
            let problem = Master::parse(text, &()).unwrap_err();
            assert!(problem.ends_with("or k8s://https://host:port"), "{text:?}: {problem}");
        }
    }
}
