//! A stage's binary: the lineage of its pipeline and the task at its end, as bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use hearth_types::{RddId, StorageLevel};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::closure::{DecodeFn, Entry, Erased};
use crate::snapshot::Taken;
use crate::task::StageTask;

/// Why a stage binary cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WireError {
    /// The bytes are not what this build writes.
    #[error("decode {what}")]
    Decode {
        /// What was expected.
        what: &'static str,
        /// Where it went wrong.
        source: postcard::Error,
    },
    /// A value of the user's program does not serialise.
    #[error("{what} does not serialise")]
    Encode {
        /// Which value.
        what: &'static str,
        /// Why.
        source: postcard::Error,
    },
    /// A record of the user's program does not serialise.
    #[error("{what} does not serialise: {why}")]
    Value {
        /// Which record.
        what: &'static str,
        /// Why.
        why: String,
    },
    /// An operation was called with an argument that it does not take; said when an action needs its RDD.
    #[error("{operation}: {problem}")]
    Argument {
        /// The operation.
        operation: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A reference leads nowhere, or to another type.
    #[error("reference {index} of a stage binary does not lead to a {expected}")]
    Reference {
        /// Position.
        index: usize,
        /// The type that was wanted.
        expected: &'static str,
    },
    /// A function was called that is only there to be measured from.
    #[error("a stage binary names a function that is not an entry; was it made by another build?")]
    NotAnEntry,
}

/// Something that travels: the function that makes it, and its state.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Portable {
    entry: Entry,
    state: Vec<u8>,
}

impl Portable {
    pub(crate) fn new<S: Serialize>(
        decode: DecodeFn,
        what: &'static str,
        state: &S,
    ) -> Result<Self, WireError> {
        Ok(Self { entry: Entry::of(decode), state: encode(what, state)? })
    }

    pub(crate) fn build(&self, references: &[Erased]) -> Result<Erased, WireError> {
        self.entry.resolve()(&self.state, references)
    }
}

pub(crate) fn encode<S: Serialize>(what: &'static str, value: &S) -> Result<Vec<u8>, WireError> {
    postcard::to_stdvec(value).map_err(|source| WireError::Encode { what, source })
}

pub(crate) fn decode<S: DeserializeOwned>(what: &'static str, bytes: &[u8]) -> Result<S, WireError> {
    postcard::from_bytes(bytes).map_err(|source| WireError::Decode { what, source })
}

/// The things that a decoded thing refers to, in the order in which it named them.
#[derive(Clone, Copy)]
pub(crate) struct References<'a>(pub(crate) &'a [Erased]);

impl References<'_> {
    pub(crate) fn get<T: Clone + 'static>(&self, index: usize) -> Result<T, WireError> {
        let expected = std::any::type_name::<T>();
        self.0
            .get(index)
            .and_then(|r| r.downcast_ref::<T>())
            .cloned()
            .ok_or(WireError::Reference { index, expected })
    }
}

#[derive(Serialize, Deserialize)]
struct NodeWire {
    id: RddId,
    level: StorageLevel,
    code: Portable,
    /// Positions of its narrow parents in `StageWire::nodes`.
    parents: Vec<u32>,
}

#[derive(Serialize, Deserialize)]
struct StageWire {
    /// Parents before children; the last is the RDD that the task reads.
    nodes: Vec<NodeWire>,
    task: Portable,
}

/// Encodes a pipeline, and the task that reads its end.
pub(crate) fn encode_stage(pipeline: &[&Taken], task: Portable) -> Result<Vec<u8>, WireError> {
    let mut nodes = Vec::with_capacity(pipeline.len());
    let mut places = BTreeMap::new();
    for taken in pipeline {
        let id = taken.rdd.id();
        let parents = taken.narrow.iter().filter_map(|parent| places.get(parent).copied()).collect();
        places.insert(id, nodes.len() as u32);
        nodes.push(NodeWire { id, level: taken.level, code: taken.node.encode()?, parents });
    }
    encode("stage", &StageWire { nodes, task })
}

/// What a decoded node needs to know of itself: its id and how it is persisted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    pub(crate) id: RddId,
    pub(crate) level: StorageLevel,
}

/// Makes the task of a stage from its binary.
pub(crate) fn decode_stage(bytes: &[u8]) -> Result<Arc<dyn StageTask>, WireError> {
    let stage: StageWire = decode("stage", bytes)?;
    let mut made: Vec<Erased> = Vec::with_capacity(stage.nodes.len());
    for node in &stage.nodes {
        let mut references: Vec<Erased> = vec![Arc::new(Identity { id: node.id, level: node.level })];
        for &parent in &node.parents {
            let missing = WireError::Reference { index: parent as usize, expected: "parent" };
            references.push(made.get(parent as usize).cloned().ok_or(missing)?);
        }
        made.push(node.code.build(&references)?);
    }
    let root = made.pop().ok_or(WireError::Reference { index: 0, expected: "rdd" })?;
    let task = stage.task.build(&[root])?;
    References(&[task]).get::<Arc<dyn StageTask>>(0)
}
