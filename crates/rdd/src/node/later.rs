//! Drops long lineages without a deep stack.

use std::cell::RefCell;
use std::sync::Arc;

use bytes::Bytes;
use hearth_types::HostName;

use super::lineage::{AnyNode, Compute};
use super::{Dependency, Records};
use crate::task::TaskContext;
use crate::wire::{Portable, WireError};

thread_local! {
    /// Nodes that go after the one that goes now; `None` when none goes.
    static WAITING: RefCell<Option<Vec<Arc<dyn AnyNode>>>> = const { RefCell::new(None) };
}

/// Drops a node and whatever only it holds: its parents one after the other, not each inside of its child's drop.
pub(super) fn drop_node(node: Arc<dyn AnyNode>) {
    let mut node = Some(node);
    // At the end of a thread there is no list any more; then it goes here and now.
    let is_first = WAITING.try_with(|waiting| {
        let mut waiting = waiting.borrow_mut();
        let is_first = waiting.is_none();
        waiting.get_or_insert_default().extend(node.take());
        is_first
    });
    if is_first != Ok(true) {
        return;
    }
    let _end = End;
    let next = || WAITING.with_borrow_mut(|waiting| waiting.as_mut().and_then(Vec::pop));
    while let Some(node) = next() {
        drop(node);
    }
}

/// The end of the list, also when a value of the user's panics while it is dropped.
struct End;

impl Drop for End {
    fn drop(&mut self) {
        WAITING.set(None);
    }
}

/// Stands where a node was in a lineage that is being dropped.
pub(super) struct Gone;

impl<T> Compute<T> for Gone {
    fn compute(&self, _: u32, _: &TaskContext) -> Records<T> {
        unreachable!("nobody holds a lineage that is being dropped")
    }
}

impl AnyNode for Gone {
    fn kind(&self) -> &'static str {
        "Gone"
    }

    fn dependencies(&self) -> Vec<Dependency> {
        Vec::new()
    }

    fn encode(&self) -> Result<Portable, WireError> {
        Err(WireError::NotAnEntry)
    }

    fn reads(&self, _: u32) -> Vec<(usize, u32)> {
        Vec::new()
    }

    fn input(&self, _: u32) -> Option<Bytes> {
        None
    }

    fn keeps_order(&self) -> bool {
        false
    }

    fn uses_order(&self) -> bool {
        false
    }

    fn preferred_hosts(&self) -> Vec<Vec<HostName>> {
        Vec::new()
    }
}
