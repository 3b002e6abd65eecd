//! Where an application runs. Spark: the patterns of `SparkMasterRegex`.

use crate::value::Value;

/// The value of `spark.master`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

impl Master {
    fn read(text: &str) -> Option<Self> {
        if text == "local" {
            return Some(Self::Local { slots: 1 });
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
            "is not a master; use local, local[N], local[*] or local-cluster[executors,cores,memoryMB]"
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
        ] {
            let problem = Master::parse(text, &()).unwrap_err();
            assert!(problem.ends_with("or local-cluster[executors,cores,memoryMB]"), "{text:?}: {problem}");
        }
    }
}
