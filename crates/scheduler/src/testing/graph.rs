//! Stage graphs for tests, from a few words.

use std::collections::BTreeMap;

use hearth_types::{
    Dependency, HostName, JobId, NarrowMapping, RddId, RddInfo, ShuffleId, StageGraph, StageKind, StageSpec,
    StorageLevel, TaskBinaryId,
};

/// What one stage of a graph is to be.
#[derive(Debug, Default)]
struct Part {
    shuffle: Option<u32>,
    count: u32,
    coalesces: Option<u32>,
    reads: Vec<u32>,
    rdd: Option<u32>,
    cached: bool,
    hosts: Vec<Vec<HostName>>,
    asked: Option<Vec<u32>>,
    name: Option<String>,
}

impl Part {
    /// Partitions of the RDD that the stage begins with.
    fn begins_with(&self) -> u32 {
        self.coalesces.unwrap_or(self.count)
    }
}

/// A chain of shuffles with so many tasks each; the last count is that of the result stage. Shuffle ids count up from
/// `first_shuffle`.
pub fn simple_graph(job: JobId, first_shuffle: u32, counts: &[u32]) -> Result<StageGraph, String> {
    let last = counts.len().saturating_sub(1);
    let words = counts.iter().enumerate().map(|(at, count)| {
        if at == last { format!("r x{count}") } else { format!("m{} x{count}", first_shuffle as usize + at) }
    });
    parse_graph(job, &words.collect::<Vec<_>>().join(" > "))
}

/// Reads `m0 x3 > r x2`, or with named parents `m0 x3; m1 x2; r x2 < 0 1`.
///
/// `m0 x3` is shuffle 0 with three map tasks, `r x2` the result stage with two; `>` makes a stage read the one before.
/// Options: `rdd=N` names the RDD that the stage begins with, `cached` persists it, `hosts=a,b,-` gives preferred
/// hosts by partition, `coalesces=N` says that it has N partitions of which each task reads a run, `parts=3,0` asks for
/// these partitions only (`none` for none), `name=X`.
pub fn parse_graph(job: JobId, text: &str) -> Result<StageGraph, String> {
    let mut parts: Vec<Part> = Vec::new();
    for group in text.split(';') {
        let mut previous = None;
        for words in group.split('>') {
            let mut part = parse_part(words)?;
            part.reads.extend(previous);
            previous = part.shuffle;
            parts.push(part);
        }
    }
    let reduces: BTreeMap<u32, u32> = parts
        .iter()
        .flat_map(|part| part.reads.iter().map(|shuffle| (*shuffle, part.begins_with())))
        .collect();
    let owner: BTreeMap<u32, RddId> =
        parts.iter().filter_map(|part| Some((part.shuffle?, rdd_ids(job, part).1))).collect();
    let mut rdds = Vec::new();
    let mut stages = Vec::new();
    for (at, part) in parts.into_iter().enumerate() {
        let (source, rdd) = rdd_ids(job, &part);
        let mut dependencies = Vec::new();
        for shuffle in &part.reads {
            let parent = *owner.get(shuffle).ok_or_else(|| format!("no stage makes shuffle {shuffle}"))?;
            dependencies.push(Dependency::Shuffle { parent, shuffle: ShuffleId(*shuffle) });
        }
        let level = if part.cached { StorageLevel::MEMORY_ONLY } else { StorageLevel::NONE };
        let partitions = part.begins_with();
        rdds.push(info(source, partitions, level, dependencies, part.hosts));
        let mapping = match part.coalesces {
            Some(parents) => NarrowMapping::Runs { parents, children: part.count },
            None => NarrowMapping::OneToOne,
        };
        let narrow = Dependency::Narrow { parent: source, mapping };
        rdds.push(info(rdd, part.count, StorageLevel::NONE, vec![narrow], Vec::new()));
        let kind = match part.shuffle {
            Some(shuffle) => {
                let reduces = reduces.get(&shuffle).copied().unwrap_or(1);
                StageKind::ShuffleMap { shuffle: ShuffleId(shuffle), reduces }
            }
            None => StageKind::Result { partitions: part.asked.unwrap_or_else(|| (0..part.count).collect()) },
        };
        let binary = TaskBinaryId(u64::from(job.0) * 100 + at as u64);
        let name = part.name.unwrap_or_else(|| format!("stage at test.rs:{at}"));
        stages.push(StageSpec { rdd, kind, binary, name });
    }
    StageGraph::new(rdds, stages).map_err(|error| error.to_string())
}

/// The RDD that reads and the RDD that ends the stage.
fn rdd_ids(job: JobId, part: &Part) -> (RddId, RddId) {
    let base = part.shuffle.map_or(1_000_000 + job.0 * 2, |shuffle| shuffle * 2);
    (RddId(part.rdd.unwrap_or(base)), RddId(base + 1))
}

fn info(
    id: RddId,
    partitions: u32,
    storage_level: StorageLevel,
    dependencies: Vec<Dependency>,
    preferred_hosts: Vec<Vec<HostName>>,
) -> RddInfo {
    let (name, call_site) = (format!("rdd {id}"), "test.rs:1".to_owned());
    RddInfo { id, name, call_site, partitions, storage_level, dependencies, preferred_hosts }
}

fn parse_part(words: &str) -> Result<Part, String> {
    let mut part = Part::default();
    let mut reading = false;
    for word in words.split_whitespace() {
        let number = |text: &str| text.parse::<u32>().map_err(|error| format!("{word}: {error}"));
        if reading {
            part.reads.push(number(word)?);
        } else if word == "<" {
            reading = true;
        } else if word == "cached" {
            part.cached = true;
        } else if let Some((key, value)) = word.split_once('=') {
            match key {
                "rdd" => part.rdd = Some(number(value)?),
                "coalesces" => part.coalesces = Some(number(value)?),
                "name" => part.name = Some(value.to_owned()),
                "parts" if value == "none" => part.asked = Some(Vec::new()),
                "parts" => part.asked = Some(value.split(',').map(number).collect::<Result<_, _>>()?),
                "hosts" => part.hosts = value.split(',').map(hosts).collect(),
                other => return Err(format!("unknown option {other}")),
            }
        } else if let Some(count) = word.strip_prefix('x') {
            part.count = number(count)?;
        } else if let Some(shuffle) = word.strip_prefix('m') {
            part.shuffle = Some(number(shuffle)?);
        } else if word != "r" {
            return Err(format!("unknown word {word}"));
        }
    }
    Ok(part)
}

fn hosts(words: &str) -> Vec<HostName> {
    words.split('+').filter(|host| *host != "-").map(HostName::new).collect()
}
