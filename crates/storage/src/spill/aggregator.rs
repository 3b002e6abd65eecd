//! Combines values by key, with spills. Spark: `ExternalAppendOnlyMap`.
//!
//! Ours computes a hash once per record, and spilled runs are sorted by it: keys need no order.

use std::hash::Hash;
use std::mem::{needs_drop, size_of};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::context::SpillContext;
use super::merge::{WithGrant, merge_runs};
use super::run::SpilledRun;
use super::slots::{Hashed, Place, Slots};
use crate::memory::Grant;
use crate::size::{HeapEstimate, heap_size};
use crate::{Result, hash_key};

/// Between two samples at least so many records go; after one that was large, more.
const SAMPLE: u64 = 16;

/// Looking at so many bytes of a combiner is worth one record.
const BYTES_PER_RECORD: u64 = 16;

/// Takes pairs and gives one combiner per key.
pub struct ExternalAggregator<K, C> {
    ctx: SpillContext,
    slots: Slots<K, C>,
    grant: Grant,
    spilled: Vec<SpilledRun>,
    /// What keys and their first combiners point to.
    keys_heap: HeapEstimate,
    /// By how much combiners have grown since, as an estimate.
    combiners_heap: i64,
    /// Records until the next sample, and how many records a sample stands for.
    until_sample: u64,
    sample_weight: u64,
    /// The pairs that are being inserted together: their hashes and where their keys are.
    found: Vec<(u64, Option<Place>)>,
}

/// A key and its combiner in a spilled run; the hash is computed again when it is read.
#[derive(Serialize, Deserialize)]
struct Pair<K, C>(K, C);

impl<K, C> std::fmt::Debug for ExternalAggregator<K, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ExternalAggregator")
            .field("keys", &self.slots.len())
            .field("spills", &self.spilled.len())
            .finish_non_exhaustive()
    }
}

impl<K, C> ExternalAggregator<K, C>
where
    K: Hash + Eq + Serialize + DeserializeOwned + 'static,
    C: Serialize + DeserializeOwned + 'static,
{
    /// An empty aggregator.
    pub fn new(ctx: SpillContext) -> Self {
        let grant = Grant::new(ctx.memory());
        Self {
            ctx,
            slots: Slots::new(),
            grant,
            spilled: Vec::new(),
            keys_heap: HeapEstimate::default(),
            combiners_heap: 0,
            until_sample: SAMPLE,
            sample_weight: SAMPLE,
            found: Vec::new(),
        }
    }

    /// Combines `value` into what `key` has: `create` makes a combiner of the first value, `merge` adds another.
    #[inline]
    pub fn insert<V>(
        &mut self,
        key: K,
        value: V,
        create: impl FnOnce(V) -> C,
        merge: impl FnOnce(C, V) -> C,
    ) -> Result<()> {
        let hash = hash_key(&key);
        self.insert_hashed(hash, key, value, create, merge)
    }

    /// `insert` with a hash that was computed before; it must be `hash_key(&key)`.
    #[inline]
    pub fn insert_hashed<V>(
        &mut self,
        hash: u64,
        key: K,
        value: V,
        create: impl FnOnce(V) -> C,
        merge: impl FnOnce(C, V) -> C,
    ) -> Result<()> {
        match self.slots.find(hash, &key) {
            Some(place) => self.update(place, value, merge),
            None => self.insert_new(hash, key, create(value)),
        }
    }

    /// `insert` of several pairs, which leaves `pairs` empty. The slots take more memory than the processor's caches have, and
    /// looking for all keys first lets them be fetched side by side.
    pub fn insert_all<V>(
        &mut self,
        pairs: &mut Vec<(K, V)>,
        create: impl Fn(V) -> C,
        merge: impl Fn(C, V) -> C,
    ) -> Result<()> {
        let mut found = std::mem::take(&mut self.found);
        found.clear();
        found.extend(pairs.iter().map(|(key, _)| (hash_key(key), None)));
        for ((hash, place), (key, _)) in found.iter_mut().zip(&*pairs) {
            *place = self.slots.find(*hash, key);
        }
        let generation = self.slots.generation();
        for (&(hash, place), (key, value)) in found.iter().zip(pairs.drain(..)) {
            match place.filter(|_| self.slots.generation() == generation) {
                Some(place) => self.update(place, value, &merge)?,
                None => self.insert_hashed(hash, key, value, &create, &merge)?,
            }
        }
        self.found = found;
        Ok(())
    }

    /// One combiner per key, in no particular order. `merge_combiners` joins those of one key from different spills.
    pub fn finish(
        self,
        merge_combiners: impl Fn(C, C) -> C + 'static,
    ) -> Result<Box<dyn Iterator<Item = Result<(K, C)>>>> {
        let pairs = self.finish_hashed(merge_combiners)?;
        Ok(Box::new(pairs.map(|pair| pair.map(|(_, key, combiner)| (key, combiner)))))
    }

    /// `finish` with the hash of each key in front, for a caller that partitions by it.
    pub fn finish_hashed(
        mut self,
        merge_combiners: impl Fn(C, C) -> C + 'static,
    ) -> Result<Box<dyn Iterator<Item = Result<Hashed<K, C>>>>> {
        if self.spilled.is_empty() {
            let records = self.slots.into_hashed().map(Ok);
            return Ok(Box::new(WithGrant { records, _grant: self.grant }));
        }
        let last = sorted_slots(self.slots.take());
        let merged =
            merge_runs(&self.ctx, self.grant, self.spilled, last, |left: &Rehashed<K, C>, right| {
                left.hash.cmp(&right.hash)
            })?;
        Ok(Box::new(Combined { merged, group: Vec::new(), ahead: None, merge_combiners, is_done: false }))
    }

    /// Adds a key that is not there.
    fn insert_new(&mut self, hash: u64, key: K, combiner: C) -> Result<()> {
        let has_heap = needs_drop::<K>() || needs_drop::<C>();
        let is_sample = has_heap && self.keys_heap.observe(|| heap_size(&key) + heap_size(&combiner));
        if is_sample && !self.grant.cover(self.used(0)) {
            self.spill()?;
        }
        if self.slots.is_full() {
            self.make_room()?;
        }
        self.slots.insert(hash, key, combiner);
        Ok(())
    }

    #[inline]
    fn update<V>(&mut self, place: Place, value: V, merge: impl FnOnce(C, V) -> C) -> Result<()> {
        if needs_drop::<C>() {
            self.until_sample -= 1;
            if self.until_sample == 0 {
                return self.update_measured(place, value, merge);
            }
        }
        self.slots.update(place, |combiner| merge(combiner, value));
        Ok(())
    }

    /// Combines one more value and looks how the combiner grows by it. Spills when the memory is used up.
    #[cold]
    fn update_measured<V>(&mut self, place: Place, value: V, merge: impl FnOnce(C, V) -> C) -> Result<()> {
        let (mut before, mut after) = (0, 0);
        self.slots.update(place, |combiner| {
            before = heap_size(&combiner);
            let combiner = merge(combiner, value);
            after = heap_size(&combiner);
            combiner
        });
        // A vector that grows has half of its size to spare on average.
        let growth = (after as i64 - before as i64) * 3 / 2;
        self.combiners_heap =
            self.combiners_heap.saturating_add(growth.saturating_mul(self.sample_weight as i64)).max(0);
        // Looking at a large combiner takes time, so the next look is further away.
        self.sample_weight = SAMPLE.max((before + after) / BYTES_PER_RECORD);
        self.until_sample = self.sample_weight;
        if self.grant.cover(self.used(0)) { Ok(()) } else { self.spill() }
    }

    /// Makes sure of the memory for a larger table before it grows; spills instead if there is none.
    #[cold]
    fn make_room(&mut self) -> Result<()> {
        let larger = self.slots.size_when_grown();
        if self.slots.is_empty() || self.grant.cover(self.used(larger as u64)) {
            Ok(())
        } else {
            self.spill()
        }
    }

    /// The table, the sorted slots of a spill, what they point to, and `more`.
    fn used(&self, more: u64) -> u64 {
        let slots = self.slots.size() + self.slots.len() * size_of::<Rehashed<K, C>>();
        slots as u64 + self.keys_heap.bytes() + self.combiners_heap.max(0) as u64 + more
    }

    /// Moves everything to disk, sorted by hash.
    fn spill(&mut self) -> Result<()> {
        if self.slots.is_empty() {
            return Ok(());
        }
        let used = self.used(0);
        let slots = sorted_slots(self.slots.take());
        self.spilled.push(SpilledRun::write(&self.ctx, used, slots.into_iter().map(Ok))?);
        self.keys_heap.restart();
        self.combiners_heap = 0;
        self.grant.clear();
        Ok(())
    }
}

/// A key and its combiner with the hash, which is not written.
struct Rehashed<K, C> {
    hash: u64,
    pair: Pair<K, C>,
}

impl<K: Serialize, C: Serialize> Serialize for Rehashed<K, C> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.pair.serialize(serializer)
    }
}

impl<'de, K: Deserialize<'de> + Hash, C: Deserialize<'de>> Deserialize<'de> for Rehashed<K, C> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pair = Pair::<K, C>::deserialize(deserializer)?;
        Ok(Self { hash: hash_key(&pair.0), pair })
    }
}

fn sorted_slots<K: Hash + Eq, C>(slots: Slots<K, C>) -> Vec<Rehashed<K, C>> {
    let rehashed = |(hash, key, combiner)| Rehashed { hash, pair: Pair(key, combiner) };
    let mut slots: Vec<_> = slots.into_hashed().map(rehashed).collect();
    slots.sort_unstable_by_key(|slot| slot.hash);
    slots
}

/// Joins the combiners of one key. Equal keys have equal hashes, and those come together.
struct Combined<K, C, I, M> {
    merged: I,
    /// Keys of one hash, almost always one.
    group: Vec<Hashed<K, C>>,
    ahead: Option<Rehashed<K, C>>,
    merge_combiners: M,
    is_done: bool,
}

impl<K, C, I, M> Combined<K, C, I, M>
where
    K: Eq,
    I: Iterator<Item = Result<Rehashed<K, C>>>,
    M: Fn(C, C) -> C,
{
    /// Reads all keys of the next hash.
    fn read_group(&mut self) -> Result<()> {
        let first = match self.ahead.take() {
            Some(first) => Some(first),
            None => self.merged.next().transpose()?,
        };
        let Some(first) = first else { return Ok(()) };
        let hash = first.hash;
        self.add(first);
        while let Some(next) = self.merged.next().transpose()? {
            if next.hash != hash {
                self.ahead = Some(next);
                break;
            }
            self.add(next);
        }
        Ok(())
    }

    fn add(&mut self, entry: Rehashed<K, C>) {
        let Rehashed { hash, pair: Pair(key, combiner) } = entry;
        match self.group.iter().position(|(_, known, _)| *known == key) {
            Some(at) => {
                let (_, key, earlier) = self.group.swap_remove(at);
                self.group.push((hash, key, (self.merge_combiners)(earlier, combiner)));
            }
            None => self.group.push((hash, key, combiner)),
        }
    }
}

impl<K, C, I, M> Iterator for Combined<K, C, I, M>
where
    K: Eq,
    I: Iterator<Item = Result<Rehashed<K, C>>>,
    M: Fn(C, C) -> C,
{
    type Item = Result<Hashed<K, C>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.group.is_empty()
            && !self.is_done
            && let Err(error) = self.read_group()
        {
            self.is_done = true;
            self.group.clear();
            return Some(Err(error));
        }
        self.group.pop().map(Ok)
    }
}
