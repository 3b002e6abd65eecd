//! The RDDs and shuffles of the simulated program, and what every partition must contain.
//!
//! A partition's content is one number, mixed from its identity and from the contents of all that it reads.
//! So a task that read a wrong, missing or foreign piece cannot come to the right number.

use hearth_types::{
    Dependency, HostName, NarrowMapping, RddId, RddInfo, ShuffleId, StageGraph, StageKind, StageSpec,
    StorageLevel, TaskBinaryId,
};

use crate::random::{Random, mix};

/// Every RDD of the program, parents first; the index is the id.
#[derive(Debug)]
pub struct Lineage {
    rdds: Vec<RddInfo>,
    shuffles: Vec<Shuffle>,
    contents: Vec<Vec<u64>>,
}

/// One shuffle of the program; its index is its id.
#[derive(Clone, Copy, Debug)]
pub struct Shuffle {
    /// The RDD on the map side.
    pub parent: RddId,
    /// Pieces of each output.
    pub reduces: u32,
    /// Whether an output may be another one each time it is made.
    pub varies: bool,
}

impl Lineage {
    /// Draws a program.
    pub fn draw(random: &mut Random, hosts: &[HostName]) -> Self {
        let mut lineage = Self { rdds: Vec::new(), shuffles: Vec::new(), contents: Vec::new() };
        let width = if random.chance(120) { 36 } else { 7 };
        let cached = *random.pick(&[0, 150, 400]).unwrap_or(&0);
        for _ in 0..random.count(2, 9) {
            let (partitions, dependencies) = lineage.draw_dependencies(random, width);
            let preferred_hosts = if dependencies.is_empty() && random.chance(400) {
                (0..partitions).map(|_| random.pick(hosts).cloned().into_iter().collect()).collect()
            } else {
                Vec::new()
            };
            let level = *random
                .pick(&[StorageLevel::MEMORY_ONLY, StorageLevel::MEMORY_AND_DISK_SER])
                .unwrap_or(&StorageLevel::NONE);
            let storage_level = if random.chance(cached) { level } else { StorageLevel::NONE };
            lineage.add(partitions, dependencies, storage_level, preferred_hosts);
        }
        lineage
    }

    /// Decides which shuffles vary.
    pub fn draw_varying(&mut self, random: &mut Random) {
        let often = *random.pick(&[0, 200, 600]).unwrap_or(&0);
        self.shuffles.iter_mut().for_each(|shuffle| shuffle.varies = random.chance(often));
    }

    fn draw_dependencies(&mut self, random: &mut Random, width: u32) -> (u32, Vec<Dependency>) {
        let Some(parent) = self.recent(random) else { return (random.count(1, width), Vec::new()) };
        match random.below(20) {
            0..=1 => (if random.chance(150) { 0 } else { random.count(1, width) }, Vec::new()),
            2..=5 => (
                self.partitions(parent),
                vec![Dependency::Narrow { parent, mapping: NarrowMapping::OneToOne }],
            ),
            6..=7 => self.union(parent, random),
            8..=9 => {
                let partitions = random.count(1, self.partitions(parent).max(1));
                let mapping = NarrowMapping::Runs { parents: self.partitions(parent), children: partitions };
                (partitions, vec![Dependency::Narrow { parent, mapping }])
            }
            10..=16 => {
                let reduces = random.count(1, width);
                (reduces, vec![self.shuffled(parent, reduces)])
            }
            17..=18 => {
                let reduces = random.count(1, width);
                let other = self.recent(random).unwrap_or(parent);
                (reduces, vec![self.shuffled(parent, reduces), self.shuffled(other, reduces)])
            }
            _ => {
                let partitions = self.partitions(parent).max(1);
                let near = Dependency::Narrow { parent, mapping: NarrowMapping::OneToOne };
                let far = self.recent(random).unwrap_or(parent);
                let far = self.shuffled(far, partitions);
                (self.partitions(parent), vec![near, far])
            }
        }
    }

    fn recent(&self, random: &mut Random) -> Option<RddId> {
        let count = self.rdds.len() as u64;
        let back = random.below(count).min(random.below(count));
        count.checked_sub(1 + back).map(|at| RddId(at as u32))
    }

    fn union(&self, left: RddId, random: &mut Random) -> (u32, Vec<Dependency>) {
        let right = self.recent(random).unwrap_or(left);
        let (first, second) = (self.partitions(left), self.partitions(right));
        if first + second > 40 {
            let mapping = NarrowMapping::OneToOne;
            return (first, vec![Dependency::Narrow { parent: left, mapping }]);
        }
        let range = |parent, child_start, len| Dependency::Narrow {
            parent,
            mapping: NarrowMapping::Range { child_start, parent_start: 0, len },
        };
        (first + second, vec![range(left, 0, first), range(right, first, second)])
    }

    fn shuffled(&mut self, parent: RddId, reduces: u32) -> Dependency {
        let shuffle = ShuffleId(self.shuffles.len() as u32);
        self.shuffles.push(Shuffle { parent, reduces, varies: false });
        Dependency::Shuffle { parent, shuffle }
    }

    fn add(
        &mut self,
        partitions: u32,
        dependencies: Vec<Dependency>,
        level: StorageLevel,
        hosts: Vec<Vec<HostName>>,
    ) {
        let id = RddId(self.rdds.len() as u32);
        let call_site = format!("rdd {id}");
        self.rdds.push(RddInfo {
            id,
            name: call_site.clone(),
            call_site,
            partitions,
            storage_level: level,
            dependencies,
            preferred_hosts: hosts,
        });
        let contents = (0..partitions).map(|partition| self.compute(id, partition)).collect();
        self.contents.push(contents);
    }

    fn compute(&self, rdd: RddId, partition: u32) -> u64 {
        let mut content = seed_content(rdd, partition);
        for dependency in self.dependencies(rdd) {
            match dependency {
                Dependency::Narrow { parent, mapping } => {
                    for from in mapping.parents_of(partition) {
                        content = mix(content, self.content(*parent, from));
                    }
                }
                Dependency::Shuffle { parent, .. } => {
                    for map in 0..self.partitions(*parent) {
                        content = mix(content, piece(self.content(*parent, map), partition));
                    }
                }
            }
        }
        content
    }

    /// What a partition must contain.
    pub fn content(&self, rdd: RddId, partition: u32) -> u64 {
        self.contents.get(rdd.0 as usize).and_then(|of| of.get(partition as usize)).copied().unwrap_or(0)
    }

    /// How many partitions an RDD has.
    pub fn partitions(&self, rdd: RddId) -> u32 {
        self.rdds.get(rdd.0 as usize).map_or(0, |rdd| rdd.partitions)
    }

    /// What an RDD is computed from.
    pub fn dependencies(&self, rdd: RddId) -> &[Dependency] {
        self.rdds.get(rdd.0 as usize).map_or(&[], |rdd| &rdd.dependencies)
    }

    /// The RDDs.
    pub fn rdds(&self) -> &[RddInfo] {
        &self.rdds
    }

    /// The shuffles.
    pub fn shuffles(&self) -> &[Shuffle] {
        &self.shuffles
    }

    /// The shuffles that lie in the lineage of an RDD, parents first.
    pub fn shuffles_of(&self, rdd: RddId) -> Vec<ShuffleId> {
        let (_, shuffles) = self.reach(rdd);
        shuffles.iter().enumerate().filter(|(_, has)| **has).map(|(at, _)| ShuffleId(at as u32)).collect()
    }

    fn reach(&self, rdd: RddId) -> (Vec<bool>, Vec<bool>) {
        let mut rdds = vec![false; self.rdds.len()];
        let mut shuffles = vec![false; self.shuffles.len()];
        let mut open = vec![rdd];
        while let Some(rdd) = open.pop() {
            let Some(seen) = rdds.get_mut(rdd.0 as usize) else { continue };
            if std::mem::replace(seen, true) {
                continue;
            }
            for dependency in self.dependencies(rdd) {
                let (Dependency::Narrow { parent, .. } | Dependency::Shuffle { parent, .. }) = dependency;
                open.push(*parent);
                if let Dependency::Shuffle { shuffle, .. } = dependency
                    && let Some(seen) = shuffles.get_mut(shuffle.0 as usize)
                {
                    *seen = true;
                }
            }
        }
        (rdds, shuffles)
    }

    /// The graph that a front door would hand over for an action on `rdd`. `binary` names the code of each stage,
    /// by the stage's position; `level` is the storage level that each RDD has by now.
    pub fn graph(
        &self,
        rdd: RddId,
        partitions: Vec<u32>,
        binary: impl Fn(usize) -> TaskBinaryId,
        level: impl Fn(&RddInfo) -> StorageLevel,
    ) -> Option<StageGraph> {
        let (reached, _) = self.reach(rdd);
        let rdds = self
            .rdds
            .iter()
            .zip(reached)
            .filter(|(_, reached)| *reached)
            .map(|(info, _)| RddInfo { storage_level: level(info), ..info.clone() });
        let mut stages: Vec<StageSpec> = Vec::new();
        for shuffle in self.shuffles_of(rdd) {
            let Some(&Shuffle { parent, reduces, varies: _ }) = self.shuffles.get(shuffle.0 as usize) else {
                continue;
            };
            let kind = StageKind::ShuffleMap { shuffle, reduces };
            let name = format!("shuffle {shuffle}");
            stages.push(StageSpec { rdd: parent, kind, binary: binary(stages.len()), name });
        }
        let kind = StageKind::Result { partitions };
        stages.push(StageSpec { rdd, kind, binary: binary(stages.len()), name: "result".to_owned() });
        StageGraph::new(rdds.collect(), stages).ok()
    }
}

/// What a partition contains before it has read anything.
pub const fn seed_content(rdd: RddId, partition: u32) -> u64 {
    mix(0x5eed ^ rdd.0 as u64, partition as u64)
}

/// The piece of a map output that one reduce partition gets.
pub const fn piece(output: u64, reduce: u32) -> u64 {
    mix(output, 0x91ece ^ reduce as u64)
}
