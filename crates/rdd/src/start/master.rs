//! Where an application runs. Spark: the patterns of `SparkMasterRegex`.

use crate::error::{Error, Result};

/// The value of `spark.master`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Master {
    /// In this process, with so many slots.
    Local { slots: u32 },
    /// In executor processes on this machine.
    LocalCluster { executors: u32, cores: u32, memory_mib: u64 },
}

impl Master {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::Argument {
            operation: "spark.master",
            problem: format!(
                "{text:?} is not a master; use local, local[N], local[*] or local-cluster[executors,cores,memoryMB]"
            ),
        };
        let inside = |prefix: &str| text.strip_prefix(prefix)?.strip_prefix('[')?.strip_suffix(']');
        if text == "local" {
            return Ok(Self::Local { slots: 1 });
        }
        if let Some(slots) = inside("local-cluster") {
            let parts: Vec<&str> = slots.split(',').map(str::trim).collect();
            let [executors, cores, memory] = parts[..] else { return Err(wrong()) };
            let executors = executors.parse().map_err(|_| wrong())?;
            let cores = cores.parse().ok().filter(|cores| *cores > 0).ok_or_else(wrong)?;
            let memory_mib = memory.parse().ok().filter(|memory| *memory > 0).ok_or_else(wrong)?;
            return Ok(Self::LocalCluster { executors, cores, memory_mib });
        }
        match inside("local").ok_or_else(wrong)? {
            "*" => Ok(Self::Local { slots: processors() }),
            slots => match slots.parse() {
                Ok(0) | Err(_) => Err(wrong()),
                Ok(slots) => Ok(Self::Local { slots }),
            },
        }
    }
}

fn processors() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masters_are_spelt_as_in_spark() {
        assert_eq!(Master::parse("local").unwrap(), Master::Local { slots: 1 });
        assert_eq!(Master::parse("local[3]").unwrap(), Master::Local { slots: 3 });
        assert_eq!(Master::parse("local[*]").unwrap(), Master::Local { slots: processors() });
        let cluster = Master::LocalCluster { executors: 2, cores: 1, memory_mib: 1024 };
        assert_eq!(Master::parse("local-cluster[2, 1, 1024]").unwrap(), cluster);
    }

    #[test]
    fn anything_else_says_what_is_allowed() {
        for text in ["", "local[0]", "local[x]", "local-cluster[1,2]", "local-cluster[1,0,5]", "yarn", "spark://h:7077"] {
            let message = Master::parse(text).unwrap_err().to_string();
            assert!(message.contains("local-cluster[executors,cores,memoryMB]"), "{message}");
        }
    }
}
