//! Which reduce partition a key goes to. Spark: `Partitioner`, `HashPartitioner`, `RangePartitioner`.

use std::any::Any;
use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use hearth_storage::{Data, hash_key, reduce_of, sort_prefix};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::closure::Erased;
use crate::wire::{self, Portable, WireError};

/// Assigns each key a partition. Equal partitioners must assign equal keys equally: joins rely on it.
///
/// Spark: `Partitioner`.
///
/// ```
/// use hearth::prelude::*;
/// use serde::{Deserialize, Serialize};
///
/// /// Odd numbers to one side, even ones to the other.
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// struct Parity;
///
/// impl Partitioner<i64> for Parity {
///     fn partitions(&self) -> u32 {
///         2
///     }
///     fn partition(&self, key: &i64) -> u32 {
///         (key % 2) as u32
///     }
/// }
///
/// # fn main() -> Result<(), hearth::Error> {
/// let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
/// let parts = sc.range(0, 6, 1, 3).map(|n| (n, ())).partition_by(Parity).keys().glom().collect()?;
/// assert_eq!(parts, vec![vec![0, 2, 4], vec![1, 3, 5]]);
/// # Ok(())
/// # }
/// ```
pub trait Partitioner<K>:
    Serialize + DeserializeOwned + Clone + PartialEq + Debug + Send + Sync + 'static
{
    /// How many partitions there are.
    fn partitions(&self) -> u32;

    /// The partition of a key: less than `partitions()`.
    fn partition(&self, key: &K) -> u32;
}

/// Spreads keys by their hash, which is the same in every process of an application. Spark: `HashPartitioner`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashPartitioner {
    partitions: u32,
}

impl HashPartitioner {
    /// With so many partitions, at least one.
    pub fn new(partitions: u32) -> Self {
        Self { partitions: partitions.max(1) }
    }
}

impl<K: Hash> Partitioner<K> for HashPartitioner {
    fn partitions(&self) -> u32 {
        self.partitions
    }

    #[inline]
    fn partition(&self, key: &K) -> u32 {
        reduce_of(hash_key(key), self.partitions)
    }
}

/// Keeps ranges of keys together, so that sorted partitions in order are sorted as a whole. Spark: `RangePartitioner`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "K: Serialize + Clone", deserialize = "K: DeserializeOwned + 'static"))]
pub struct RangePartitioner<K> {
    bounds: Bounds<K>,
    ascending: bool,
}

/// The greatest key of each partition but the last, ascending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<K>", into = "Vec<K>")]
#[serde(bound(serialize = "K: Serialize + Clone", deserialize = "K: DeserializeOwned + 'static"))]
struct Bounds<K> {
    keys: Vec<K>,
    /// The prefixes of all keys, or nothing.
    prefixes: Vec<u64>,
}

impl<K: 'static> From<Vec<K>> for Bounds<K> {
    fn from(keys: Vec<K>) -> Self {
        let prefixes: Option<_> = keys.iter().map(sort_prefix).collect();
        Self { keys, prefixes: prefixes.unwrap_or_default() }
    }
}

impl<K> From<Bounds<K>> for Vec<K> {
    fn from(bounds: Bounds<K>) -> Self {
        bounds.keys
    }
}

impl<K: Ord + 'static> Bounds<K> {
    /// How many bounds are less than a key.
    fn below(&self, key: &K) -> usize {
        // Only bounds with the prefix of the key must be looked at.
        let (from, to) = match sort_prefix(key) {
            Some(prefix) => {
                let from = self.prefixes.partition_point(|bound| *bound < prefix);
                let same = self.prefixes[from..].partition_point(|bound| *bound == prefix);
                (from, from + same)
            }
            None => (0, self.keys.len()),
        };
        from + self.keys[from..to].partition_point(|bound| bound < key)
    }
}

impl<K: Ord + Clone + 'static> RangePartitioner<K> {
    /// Cuts at these keys, ascending, each the last of its partition.
    pub fn from_bounds(bounds: Vec<K>, ascending: bool) -> Self {
        Self { bounds: bounds.into(), ascending }
    }

    /// Chooses at most `partitions - 1` bounds from a sample of keys, each standing for so many records.
    /// Spark: `RangePartitioner.determineBounds`.
    pub(crate) fn from_sample(mut sample: Vec<(K, f64)>, partitions: u32, ascending: bool) -> Self {
        sample.sort_by(|a, b| a.0.cmp(&b.0));
        let step = sample.iter().map(|(_, weight)| weight).sum::<f64>() / f64::from(partitions.max(1));
        let (mut sum, mut target) = (0.0, step);
        let mut bounds: Vec<K> = Vec::new();
        for (key, weight) in sample {
            if bounds.len() + 1 >= partitions as usize {
                break;
            }
            sum += weight;
            if sum >= target && bounds.last().is_none_or(|last| key > *last) {
                bounds.push(key);
                target += step;
            }
        }
        Self::from_bounds(bounds, ascending)
    }
}

impl<K> Partitioner<K> for RangePartitioner<K>
where
    K: Data + Ord + Debug,
{
    fn partitions(&self) -> u32 {
        self.bounds.keys.len() as u32 + 1
    }

    fn partition(&self, key: &K) -> u32 {
        let at = self.bounds.below(key);
        (if self.ascending { at } else { self.bounds.keys.len() - at }) as u32
    }
}

/// A partitioner whose type does not matter.
pub(crate) struct AnyPartitioner<K>(Arc<dyn DynPartitioner<K>>);

impl<K> Clone for AnyPartitioner<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K: Data> AnyPartitioner<K> {
    pub(crate) fn new<P: Partitioner<K>>(partitioner: P) -> Self {
        Self(Arc::new(Typed { partitioner, key: PhantomData }))
    }

    pub(crate) fn partitions(&self) -> u32 {
        self.0.partitions()
    }

    #[inline]
    pub(crate) fn partition(&self, key: &K) -> u32 {
        self.0.partition(key)
    }

    pub(crate) fn portable(&self) -> Result<Portable, WireError> {
        self.0.portable()
    }

    pub(crate) fn from_portable(portable: &Portable) -> Result<Self, WireError> {
        let made = portable.build(&[])?;
        let expected = WireError::Reference { index: 0, expected: "partitioner" };
        made.downcast_ref::<Self>().cloned().ok_or(expected)
    }
}

/// Equal when both are of one type and equal by it.
impl<K> PartialEq for AnyPartitioner<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0.same_as(other.0.as_any())
    }
}

trait DynPartitioner<K>: Send + Sync {
    fn partitions(&self) -> u32;
    fn partition(&self, key: &K) -> u32;
    fn portable(&self) -> Result<Portable, WireError>;
    fn as_any(&self) -> &dyn Any;
    fn same_as(&self, other: &dyn Any) -> bool;
}

struct Typed<K, P> {
    partitioner: P,
    key: PhantomData<fn(K)>,
}

impl<K: Data, P: Partitioner<K>> DynPartitioner<K> for Typed<K, P> {
    fn partitions(&self) -> u32 {
        self.partitioner.partitions().max(1)
    }

    #[inline]
    fn partition(&self, key: &K) -> u32 {
        self.partitioner.partition(key)
    }

    fn portable(&self) -> Result<Portable, WireError> {
        Portable::new(decode::<K, P>, "partitioner", &self.partitioner)
    }

    fn as_any(&self) -> &dyn Any {
        &self.partitioner
    }

    fn same_as(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<P>().is_some_and(|other| *other == self.partitioner)
    }
}

fn decode<K: Data, P: Partitioner<K>>(state: &[u8], _: &[Erased]) -> Result<Erased, WireError> {
    let partitioner: P = wire::decode("partitioner", state)?;
    Ok(Arc::new(AnyPartitioner::new(partitioner)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_partitioner_sends_keys_between_its_bounds() {
        let up = RangePartitioner::from_bounds(vec![10, 20], true);
        assert_eq!([5, 10, 11, 20, 21].map(|key| up.partition(&key)), [0, 0, 1, 1, 2]);
        let down = RangePartitioner::from_bounds(vec![10, 20], false);
        assert_eq!([5, 10, 11, 20, 21].map(|key| down.partition(&key)), [2, 2, 1, 1, 0]);
    }

    #[test]
    fn text_goes_where_a_comparison_with_every_bound_says() {
        let text = ["", "a", "abcdefgh", "abcdefghi", "abcdefghij", "abcdefghz", "b"].map(str::to_owned);
        let partitioner = RangePartitioner::from_bounds(text[1..6].to_vec(), true);
        for (key, below) in text.iter().zip([0, 0, 1, 2, 3, 4, 5]) {
            assert_eq!(partitioner.partition(key), below, "{key}");
            assert_eq!(
                partitioner.partition(&format!("{key}!")),
                text[1..6].iter().filter(|bound| **bound < format!("{key}!")).count() as u32
            );
        }
        let come: RangePartitioner<String> =
            wire::decode("partitioner", &wire::encode("partitioner", &partitioner).unwrap()).unwrap();
        assert_eq!(come, partitioner);
    }

    #[test]
    fn bounds_of_a_sample_cut_the_weight_evenly_and_never_repeat() {
        let sample = (0..100).map(|key| (key, 1.0)).collect();
        let even = RangePartitioner::from_sample(sample, 4, true);
        assert_eq!(even.bounds.keys, vec![24, 49, 74]);
        let same = RangePartitioner::from_sample(vec![(7, 1.0); 100], 4, true);
        assert_eq!(same.bounds.keys, vec![7]);
    }

    #[test]
    fn partitioners_are_equal_by_type_and_value() {
        let four = || AnyPartitioner::<u64>::new(HashPartitioner::new(4));
        assert!(four() == four());
        assert!(four() != AnyPartitioner::new(HashPartitioner::new(5)));
        assert!(four() != AnyPartitioner::new(RangePartitioner::from_bounds(vec![1u64, 2, 3], true)));
    }

    #[test]
    fn a_partitioner_survives_its_journey() {
        let sent = AnyPartitioner::<String>::new(HashPartitioner::new(7));
        let come = AnyPartitioner::<String>::from_portable(&sent.portable().unwrap()).unwrap();
        assert!(sent == come);
        assert_eq!(sent.partition(&"spark".to_owned()), come.partition(&"spark".to_owned()));
    }
}
