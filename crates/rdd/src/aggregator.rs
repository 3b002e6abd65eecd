//! How the values of a key become one. Spark: `Aggregator`.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::closure::Closure;

/// The three functions of a combine, with what they need to know.
pub(crate) trait Aggregator<V, C>:
    Serialize + DeserializeOwned + Clone + Send + Sync + 'static
{
    /// Whether values are combined before the shuffle too.
    const MAP_SIDE: bool = true;

    fn create(&self, value: V) -> C;
    fn merge_value(&self, combined: C, value: V) -> C;
    fn merge_combiners(&self, left: C, right: C) -> C;
}

/// `reduce_by_key`: one function for all three.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = "F: Copy + 'static"))]
pub(crate) struct Reduce<F>(pub(crate) Closure<F>);

impl<V, F: Fn(V, V) -> V + Copy + Send + Sync + 'static> Aggregator<V, V> for Reduce<F> {
    #[inline]
    fn create(&self, value: V) -> V {
        value
    }

    #[inline]
    fn merge_value(&self, combined: V, value: V) -> V {
        (*self.0)(combined, value)
    }

    #[inline]
    fn merge_combiners(&self, left: V, right: V) -> V {
        (*self.0)(left, right)
    }
}

/// `combine_by_key`: three functions.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(serialize = "", deserialize = "A: Copy + 'static, B: Copy + 'static, D: Copy + 'static"))]
pub(crate) struct Combine<A, B, D> {
    pub(crate) create: Closure<A>,
    pub(crate) merge_value: Closure<B>,
    pub(crate) merge_combiners: Closure<D>,
}

impl<V, C, A, B, D> Aggregator<V, C> for Combine<A, B, D>
where
    A: Fn(V) -> C + Copy + Send + Sync + 'static,
    B: Fn(C, V) -> C + Copy + Send + Sync + 'static,
    D: Fn(C, C) -> C + Copy + Send + Sync + 'static,
{
    fn create(&self, value: V) -> C {
        (*self.create)(value)
    }

    fn merge_value(&self, combined: C, value: V) -> C {
        (*self.merge_value)(combined, value)
    }

    fn merge_combiners(&self, left: C, right: C) -> C {
        (*self.merge_combiners)(left, right)
    }
}

/// `aggregate_by_key` and `fold_by_key`: two functions from a zero.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound(
    serialize = "C: Serialize",
    deserialize = "C: DeserializeOwned, B: Copy + 'static, D: Copy + 'static"
))]
pub(crate) struct FromZero<C, B, D> {
    pub(crate) zero: C,
    pub(crate) merge_value: Closure<B>,
    pub(crate) merge_combiners: Closure<D>,
}

impl<V, C, B, D> Aggregator<V, C> for FromZero<C, B, D>
where
    C: Serialize + DeserializeOwned + Clone + Send + Sync + 'static,
    B: Fn(C, V) -> C + Copy + Send + Sync + 'static,
    D: Fn(C, C) -> C + Copy + Send + Sync + 'static,
{
    fn create(&self, value: V) -> C {
        (*self.merge_value)(self.zero.clone(), value)
    }

    fn merge_value(&self, combined: C, value: V) -> C {
        (*self.merge_value)(combined, value)
    }

    fn merge_combiners(&self, left: C, right: C) -> C {
        (*self.merge_combiners)(left, right)
    }
}

/// `group_by_key`: all values of a key, without a combine before the shuffle, which would save nothing.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Group;

impl<V> Aggregator<V, Vec<V>> for Group {
    const MAP_SIDE: bool = false;

    fn create(&self, value: V) -> Vec<V> {
        vec![value]
    }

    fn merge_value(&self, mut group: Vec<V>, value: V) -> Vec<V> {
        group.push(value);
        group
    }

    fn merge_combiners(&self, mut left: Vec<V>, mut right: Vec<V>) -> Vec<V> {
        left.append(&mut right);
        left
    }
}
