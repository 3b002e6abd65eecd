//! A node with its identity: what `Rdd` points to, and what tasks read through. Spark: the class `RDD` itself.

use std::any::type_name;
use std::panic::Location;
use std::sync::Arc;

use bytes::Bytes;
use hearth_storage::Data;
use hearth_types::{BlockId, HostName, RddId, StorageLevel};
use parking_lot::RwLock;

use super::{Dependency, Node, Parents, Records, later};
use crate::checkpoint::Writer;
use crate::closure::Erased;
use crate::task::TaskContext;
use crate::wire::{self, Identity, Portable, References, WireError};

/// One RDD, with typed records.
pub(crate) struct Lineage<T> {
    id: RddId,
    partitions: u32,
    origin: Origin,
    state: RwLock<State>,
    node: RwLock<Arc<dyn Compute<T>>>,
}

/// The operation and line that made an RDD.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    operation: &'static str,
    location: Option<&'static Location<'static>>,
}

#[derive(Default)]
struct State {
    name: Option<String>,
    level: StorageLevel,
    /// Deletes the kept partitions; set while the RDD is persisted, on the driver.
    forget: Option<Box<dyn FnOnce() + Send + Sync>>,
    checkpoint: Checkpoint,
}

#[derive(Default)]
enum Checkpoint {
    #[default]
    No,
    Marked(Writer),
    Written(String),
}

impl State {
    fn at(level: StorageLevel) -> Self {
        Self { name: None, level, forget: None, checkpoint: Checkpoint::No }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if let Some(forget) = self.forget.take() {
            forget();
        }
    }
}

impl Origin {
    pub(crate) fn new(operation: &'static str, location: &'static Location<'static>) -> Self {
        Self { operation, location: Some(location) }
    }

    pub(crate) fn operation(self) -> &'static str {
        self.operation
    }

    /// `map at main.rs:12`.
    pub(crate) fn call_site(&self) -> String {
        match self.location {
            Some(at) => {
                let file = at.file().rsplit(['/', '\\']).next().unwrap_or_default();
                format!("{} at {file}:{}", self.operation, at.line())
            }
            None => self.operation.to_owned(),
        }
    }
}

impl<T> Drop for Lineage<T> {
    fn drop(&mut self) {
        let node: Arc<dyn Compute<T>> = std::mem::replace(self.node.get_mut(), Arc::new(later::Gone));
        later::drop_node(node);
    }
}

impl<T: Data> Lineage<T> {
    pub(crate) fn new<N: Node<Item = T>>(id: RddId, partitions: u32, origin: Origin, node: N) -> Self {
        Self { id, partitions, origin, state: RwLock::default(), node: RwLock::new(Arc::new(node)) }
    }

    /// The records of one partition: from the cache if it is persisted and there, else computed. Spark: `RDD.iterator`.
    pub(crate) fn iterator(self: &Arc<Self>, split: u32, task: &TaskContext) -> Records<T> {
        let level = self.state.read().level;
        if level.is_valid() {
            let block = BlockId::Rdd { rdd: self.id, partition: split };
            return task.get_or_compute(block, level, || self.compute(split, task));
        }
        self.compute(split, task)
    }

    fn compute(&self, split: u32, task: &TaskContext) -> Records<T> {
        let node = self.node.read().clone();
        node.compute(split, task)
    }

    pub(crate) fn set_name(&self, name: String) {
        self.state.write().name = Some(name);
    }

    /// Keeps partitions from now on; `forget` deletes them when the RDD goes or is unpersisted.
    pub(crate) fn persist(&self, level: StorageLevel, forget: Box<dyn FnOnce() + Send + Sync>) {
        let mut state = self.state.write();
        state.level = level;
        state.forget.get_or_insert(forget);
    }

    pub(crate) fn unpersist(&self) {
        let forget = {
            let mut state = self.state.write();
            state.level = StorageLevel::NONE;
            state.forget.take()
        };
        if let Some(forget) = forget {
            forget();
        }
    }

    /// Has it written to files after the next job.
    pub(crate) fn mark(&self, writer: Writer) {
        let mut state = self.state.write();
        if matches!(state.checkpoint, Checkpoint::No) {
            state.checkpoint = Checkpoint::Marked(writer);
        }
    }

    /// Forgets what it was computed from, for a node that reads the same records from `path`.
    pub(crate) fn truncate<N: Node<Item = T>>(&self, node: N, path: String) {
        *self.node.write() = Arc::new(node);
        self.state.write().checkpoint = Checkpoint::Written(path);
    }

    pub(crate) fn checkpoint_file(&self) -> Option<String> {
        match &self.state.read().checkpoint {
            Checkpoint::Written(path) => Some(path.clone()),
            Checkpoint::No | Checkpoint::Marked(_) => None,
        }
    }
}

/// A lineage whose record type does not matter.
pub(crate) trait AnyLineage: Send + Sync {
    fn id(&self) -> RddId;
    fn partitions(&self) -> u32;
    fn name(&self) -> Option<String>;
    fn call_site(&self) -> String;
    fn storage_level(&self) -> StorageLevel;
    /// What it is computed by now; a checkpoint changes it.
    fn node(&self) -> Arc<dyn AnyNode>;
    /// Whether a checkpoint is to be written.
    fn is_marked(&self) -> bool;
    /// The checkpoint that is to be written, which then is the caller's to write.
    fn take_checkpoint(&self) -> Option<Writer>;

    fn kind(&self) -> &'static str {
        self.node().kind()
    }
}

impl<T: Data> AnyLineage for Lineage<T> {
    fn is_marked(&self) -> bool {
        matches!(self.state.read().checkpoint, Checkpoint::Marked(_))
    }

    fn take_checkpoint(&self) -> Option<Writer> {
        let mut state = self.state.write();
        match std::mem::take(&mut state.checkpoint) {
            Checkpoint::Marked(writer) => Some(writer),
            other @ (Checkpoint::No | Checkpoint::Written(_)) => {
                state.checkpoint = other;
                None
            }
        }
    }

    fn id(&self) -> RddId {
        self.id
    }

    fn partitions(&self) -> u32 {
        self.partitions
    }

    fn name(&self) -> Option<String> {
        self.state.read().name.clone()
    }

    fn call_site(&self) -> String {
        self.origin.call_site()
    }

    fn storage_level(&self) -> StorageLevel {
        self.state.read().level
    }

    fn node(&self) -> Arc<dyn AnyNode> {
        self.node.read().clone()
    }
}

/// A node whose kind and record type do not matter.
pub(crate) trait AnyNode: Send + Sync {
    fn kind(&self) -> &'static str;
    fn dependencies(&self) -> Vec<Dependency>;
    fn encode(&self) -> Result<Portable, WireError>;
    fn reads(&self, split: u32) -> Vec<(usize, u32)>;
    fn input(&self, split: u32) -> Option<Bytes>;
    fn keeps_order(&self) -> bool;
    fn uses_order(&self) -> bool;
    fn preferred_hosts(&self) -> Vec<Vec<HostName>>;
}

/// A node whose kind does not matter.
pub(super) trait Compute<T>: AnyNode {
    fn compute(&self, split: u32, task: &TaskContext) -> Records<T>;
}

impl<N: Node> Compute<N::Item> for N {
    fn compute(&self, split: u32, task: &TaskContext) -> Records<N::Item> {
        Node::compute(self, split, task)
    }
}

impl<N: Node> AnyNode for N {
    fn kind(&self) -> &'static str {
        Node::kind(self)
    }

    fn dependencies(&self) -> Vec<Dependency> {
        Node::dependencies(self)
    }

    fn encode(&self) -> Result<Portable, WireError> {
        Portable::new(decode::<N>, Node::kind(self), &self.to_wire()?)
    }

    fn reads(&self, split: u32) -> Vec<(usize, u32)> {
        Node::reads(self, split)
    }

    fn input(&self, split: u32) -> Option<Bytes> {
        Node::input(self, split)
    }

    fn keeps_order(&self) -> bool {
        Node::keeps_order(self)
    }

    fn uses_order(&self) -> bool {
        Node::uses_order(self)
    }

    fn preferred_hosts(&self) -> Vec<Vec<HostName>> {
        Node::preferred_hosts(self)
    }
}

/// Makes the lineage of a node on an executor. The first reference is its identity, the others its narrow parents.
fn decode<N: Node>(state: &[u8], references: &[Erased]) -> Result<Erased, WireError> {
    let identity: Identity = *References(references)
        .0
        .first()
        .and_then(|first| first.downcast_ref())
        .ok_or(WireError::Reference { index: 0, expected: "identity" })?;
    let node =
        N::from_wire(wire::decode(type_name::<N>(), state)?, Parents::new(References(&references[1..])))?;
    let lineage: Lineage<N::Item> = Lineage {
        id: identity.id,
        partitions: 0,
        origin: Origin { operation: type_name::<N>(), location: None },
        state: RwLock::new(State::at(identity.level)),
        node: RwLock::new(Arc::new(node)),
    };
    Ok(Arc::new(Arc::new(lineage)))
}
