//! The list of all honoured keys, by topic, and the families of keys whose names are open.

use crate::entries::{application, executor, files, hearth, scheduler, shuffle, storage, ui};
use crate::entry::AnyEntry;

/// Some entries that belong together, for documentation.
#[derive(Clone, Copy)]
pub struct Topic {
    /// The heading.
    pub title: &'static str,
    /// The entries, in the order of the source.
    pub entries: &'static [&'static dyn AnyEntry],
}

/// A family of keys of which the user chooses the names, such as `spark.executorEnv.*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// The keys of the family; `*` stands for one character or more.
    pub pattern: &'static str,
    /// What Hearth does with them; `None` is nothing.
    pub doc: Option<&'static str>,
}

impl std::fmt::Debug for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Topic").field("title", &self.title).finish_non_exhaustive()
    }
}

/// All honoured keys.
pub fn topics() -> [Topic; 8] {
    [
        Topic { title: "Application and driver", entries: application::ALL },
        Topic { title: "Executors", entries: executor::ALL },
        Topic { title: "Scheduling", entries: scheduler::ALL },
        Topic { title: "Shuffle", entries: shuffle::ALL },
        Topic { title: "Memory, storage and checkpoints", entries: storage::ALL },
        Topic { title: "Input files", entries: files::ALL },
        Topic { title: "Progress, status and event log", entries: ui::ALL },
        Topic { title: "Keys that only Hearth has", entries: hearth::ALL },
    ]
}

/// The honoured key of this name.
pub fn find(key: &str) -> Option<&'static dyn AnyEntry> {
    topics().iter().flat_map(|topic| topic.entries).find(|entry| entry.key() == key).copied()
}

/// The families that Spark has, with what Hearth does with each.
pub fn families() -> &'static [Family] {
    FAMILIES
}

/// The first family that `key` belongs to.
pub(crate) fn family_of(key: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| matches(family.pattern, key))
}

const FAMILIES: &[Family] = &[
    Family {
        pattern: "spark.executorEnv.*",
        doc: Some("Environment variable of that name in the executors' processes."),
    },
    silent("spark.hadoop.*"),
    silent("spark.hive.*"),
    silent("spark.sql.*"),
    silent("spark.connect.*"),
    silent("spark.streaming.*"),
    silent("spark.yarn.*"),
    silent("spark.ml.*"),
    silent("spark.mllib.*"),
    silent("spark.graphx.*"),
    silent("spark.r.*"),
    silent("spark.ssl.*"),
    silent("spark.metrics.conf.*"),
    silent("spark.shuffle.io.*"),
    silent("spark.rpc.io.*"),
    silent("spark.files.io.*"),
    silent("spark.plugins.internal.conf.*"),
    silent("spark.deploy.*"),
    silent("spark.worker.*"),
    silent("spark.history.*"),
    for_pods("spark.driver.resource.*", "Devices of the driver pod: `….gpu.amount` and `….gpu.vendor`."),
    for_pods("spark.executor.resource.*", "Devices of executor pods."),
    silent("spark.task.resource.*"),
    for_pods("spark.driver.memoryOverhead", "Memory of the driver pod beside `spark.driver.memory`."),
    for_pods("spark.executor.memoryOverhead", "Memory of executor pods beside `spark.executor.memory`."),
    for_pods("spark.driver.memoryOverheadFactor", "The part of the memory that is added to the driver pod."),
    for_pods("spark.executor.memoryOverheadFactor", "The part of the memory that is added to executor pods."),
    for_pods("spark.driver.minMemoryOverhead", "The least that is added to the memory of the driver pod."),
    for_pods("spark.executor.minMemoryOverhead", "The least that is added to the memory of executor pods."),
    for_pods("spark.kubernetes.memoryOverheadFactor", "The part of the memory that is added to pods."),
    for_pods("spark.kubernetes.namespace", "The namespace, which the operator sets."),
    for_pods("spark.submit.deployMode", "`cluster`, which the operator sets."),
    for_pods("spark.kubernetes.driver.pod.name", "The name of the driver pod."),
    for_pods("spark.kubernetes.container.image", "The image of pods."),
    for_pods("spark.kubernetes.*.container.image", "The image of the pods of a role."),
    for_pods("spark.kubernetes.container.image.*", "`….pullPolicy` and `….pullSecrets`."),
    for_pods("spark.kubernetes.*.request.cores", "The CPU that pods ask for."),
    for_pods("spark.kubernetes.*.limit.cores", "The most CPU that pods may use."),
    for_pods("spark.kubernetes.*.podTemplateContainerName", "Which container of a pod template is meant."),
    for_pods("spark.kubernetes.local.dirs.tmpfs", "Local directories are in memory."),
    for_pods("spark.kubernetes.scheduler.name", "The scheduler of pods."),
    for_pods("spark.kubernetes.*.scheduler.name", "The scheduler of the pods of a role."),
    for_pods(
        "spark.kubernetes.executor.terminationGracePeriodSeconds",
        "The time that executor pods have to end.",
    ),
    for_pods("spark.kubernetes.driverEnv.*", "Environment variable of that name in the driver pod."),
    for_pods("spark.kubernetes.node.selector.*", "Label of the nodes that may run pods."),
    for_pods("spark.kubernetes.*.node.selector.*", "Label of the nodes that may run the pods of a role."),
    for_pods("spark.kubernetes.driver.service.*", "Labels and annotations of the driver's service."),
    for_pods("spark.kubernetes.*.label.*", "Label of pods."),
    for_pods("spark.kubernetes.*.annotation.*", "Annotation of pods."),
    for_pods("spark.kubernetes.*.secrets.*", "Secret that is mounted at this path."),
    for_pods("spark.kubernetes.*.secretKeyRef.*", "Environment variable from a secret, as `secret:key`."),
    for_pods("spark.kubernetes.*.volumes.*", "Volumes and where they are mounted."),
    silent("spark.kubernetes.authenticate.*"),
    silent("spark.submit.*"),
];

/// Keys that the operator reads when it builds pods; without Kubernetes they have no effect.
const fn for_pods(pattern: &'static str, doc: &'static str) -> Family {
    Family { pattern, doc: Some(doc) }
}

const fn silent(pattern: &'static str) -> Family {
    Family { pattern, doc: None }
}

/// Whether `key` follows `pattern`, in which `*` stands for one character or more.
fn matches(pattern: &str, key: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else {
        return pattern == key;
    };
    let Some(rest) = key.strip_prefix(head) else {
        return false;
    };
    rest.char_indices()
        .skip(1)
        .map(|(at, _)| &rest[at..])
        .chain((!rest.is_empty()).then_some(""))
        .any(|rest| matches(tail, rest))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{SparkConf, spark_keys};

    fn all() -> impl Iterator<Item = &'static dyn AnyEntry> {
        topics().into_iter().flat_map(|topic| topic.entries.iter().copied())
    }

    #[test]
    fn a_star_stands_for_one_character_or_more() {
        assert!(matches("spark.executorEnv.*", "spark.executorEnv.A"));
        assert!(!matches("spark.executorEnv.*", "spark.executorEnv."));
        assert!(!matches("spark.executorEnv.*", "spark.executorEnvA"));
        assert!(matches("spark.kubernetes.*.label.*", "spark.kubernetes.driver.label.a.b/c"));
        assert!(matches("spark.kubernetes.*.label.*", "spark.kubernetes.driver.service.label.x"));
        assert!(!matches("spark.kubernetes.*.label.*", "spark.kubernetes.driver.label."));
        assert!(matches("a.*", "a.ä"));
    }

    #[test]
    fn every_default_is_a_value_of_its_key() {
        let conf = SparkConf::new();
        for entry in all() {
            let text = entry.default_text();
            if let Some(value) = text.strip_prefix('`').and_then(|text| text.strip_suffix('`')) {
                entry.check(value).unwrap();
            }
        }
        assert_eq!(conf.get_entry(&executor::DYNAMIC_ALLOCATION_CACHED_EXECUTOR_IDLE_TIMEOUT), Ok(None));
        assert_eq!(conf.get_entry(&application::LOCAL_DIR), Ok(None));
    }

    #[test]
    fn every_key_is_there_once_and_has_a_meaning() {
        let mut seen = BTreeSet::new();
        for entry in all() {
            assert!(seen.insert(entry.key()), "{} is there twice", entry.key());
            assert!(entry.doc().ends_with('.'), "{}: {}", entry.key(), entry.doc());
            assert_eq!(find(entry.key()).map(AnyEntry::key), Some(entry.key()));
        }
        assert!(find("spark.executor.memroy").is_none());
    }

    #[test]
    fn every_honoured_key_is_sparks_or_says_that_it_is_ours() {
        for entry in all() {
            let sparks = spark_keys().iter().any(|known| known.key == entry.key());
            let ours = entry.key().starts_with("spark.hearth.") || entry.key().starts_with("spark.hadoop.");
            assert!(sparks || ours, "{}", entry.key());
        }
    }

    #[test]
    fn a_default_differs_from_sparks_only_where_we_say_so() {
        let plain = |text: &str| text.trim_matches('`').replace("value of `", "<value of ").to_owned();
        let told = ["spark.driver.host"];
        for entry in all().filter(|entry| !told.contains(&entry.key())) {
            let declared = |known: &&crate::SparkKey| known.key == entry.key() && !known.since.is_empty();
            let Some(known) = spark_keys().iter().find(declared) else { continue };
            let ours = plain(&entry.default_text());
            let (ours, sparks) = match known.default {
                "<undefined>" => (entry.check(&ours).is_ok() && entry.default_text().starts_with('`'), false),
                sparks if sparks.starts_with('<') => (sparks.trim_matches('>') == ours, true),
                sparks if ours == "never" => (sparks.len() > 12, true),
                sparks => (same(entry, &ours, sparks), true),
            };
            assert_eq!(ours, sparks, "{}: {:?}", known.key, known.default);
        }
    }

    /// Whether two texts mean the same value, though one may be `1m` and the other `1048576b`.
    fn same(entry: &dyn AnyEntry, ours: &str, sparks: &str) -> bool {
        use crate::{SizeRule, SizeUnit, TimeRule, TimeUnit, Value};
        let size = |text: &str| crate::ByteSize::parse(text, &SizeRule::of(SizeUnit::Byte));
        let time = |text: &str| std::time::Duration::parse(text, &TimeRule::of(TimeUnit::Second));
        entry.check(sparks).is_ok()
            && (ours == sparks
                || (size(ours).is_ok() && size(ours) == size(sparks))
                || (time(ours).is_ok() && time(ours) == time(sparks)))
    }
}
