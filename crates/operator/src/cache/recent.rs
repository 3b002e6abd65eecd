//! What happened lately: which objects are gone, and which applications were worked on.

use std::collections::{HashSet, VecDeque};

use crate::key::Key;

/// How many deleted objects are remembered. A write and its answer are never that many deletions apart.
const TOMBSTONES: usize = 4096;
/// How many applications have their pods parsed.
const HOT: usize = 256;

/// The identities of objects that are gone: the answer to a write may come after the news of the deletion.
#[derive(Debug, Default)]
pub(super) struct Tombstones {
    order: VecDeque<Box<str>>,
    uids: HashSet<Box<str>>,
}

impl Tombstones {
    pub(super) fn insert(&mut self, uid: &str) {
        if !self.uids.insert(uid.into()) {
            return;
        }
        self.order.push_back(uid.into());
        if self.order.len() > TOMBSTONES
            && let Some(oldest) = self.order.pop_front()
        {
            self.uids.remove(&oldest);
        }
    }

    pub(super) fn contains(&self, uid: &str) -> bool {
        self.uids.contains(uid)
    }
}

/// The applications that were worked on last.
#[derive(Debug, Default)]
pub(super) struct Hot {
    order: VecDeque<Key>,
    keys: HashSet<Key>,
}

impl Hot {
    /// Notes that an application is worked on; returns one that has not been for a while.
    pub(super) fn touch(&mut self, key: &Key) -> Option<Key> {
        if !self.keys.insert(key.clone()) {
            return None;
        }
        self.order.push_back(key.clone());
        if self.order.len() <= HOT {
            return None;
        }
        let cold = self.order.pop_front()?;
        self.keys.remove(&cold);
        Some(cold)
    }
}
