//! Between two stages: the map side, and what the driver knows of a shuffle. Spark: `ShuffleDependency`, `ShuffleMapTask`.

use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;

use hearth_storage::{Data, ExternalAggregator};
use hearth_types::ShuffleId;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::aggregator::Aggregator;
use crate::closure::Erased;
use crate::context::SparkContext;
use crate::failure::OrThrow;
use crate::node::{AnyLineage, Lineage, Records, varies_with_order};
use crate::partitioner::AnyPartitioner;
use crate::task::{StageTask, TaskContext, TaskOutput};
use crate::wire::{self, Portable, References, WireError};

/// What the driver knows of one shuffle. When the last RDD that reads it is gone, its outputs are deleted.
pub(crate) struct ShuffleDependency {
    id: ShuffleId,
    parent: Arc<dyn AnyLineage>,
    reduces: u32,
    /// Or why it cannot be sent, which an action will say.
    task: Result<Portable, WireError>,
    context: SparkContext,
}

impl ShuffleDependency {
    /// A shuffle of pairs as they are.
    pub(crate) fn plain<K: Data, V: Data>(
        context: &SparkContext,
        parent: &Arc<Lineage<(K, V)>>,
        partitioner: &AnyPartitioner<K>,
    ) -> Arc<Self> {
        let id = context.next_shuffle();
        let parent: Arc<dyn AnyLineage> = parent.clone();
        let task = partitioner.portable().and_then(|partitioner| {
            let varies = varies_with_order(&parent);
            let wire = MapWire { shuffle: id, partitioner, varies, aggregator: () };
            Portable::new(decode_plain::<K, V>, "shuffle map task", &wire)
        });
        Self::new(context, id, parent, partitioner.partitions(), task)
    }

    /// A shuffle of pairs whose values are combined before they go, if the aggregator wants that.
    pub(crate) fn combining<K, V, C, A>(
        context: &SparkContext,
        parent: &Arc<Lineage<(K, V)>>,
        partitioner: &AnyPartitioner<K>,
        aggregator: A,
    ) -> Arc<Self>
    where
        K: Data + Hash + Eq,
        V: Data,
        C: Data,
        A: Aggregator<V, C>,
    {
        if !A::MAP_SIDE {
            return Self::plain(context, parent, partitioner);
        }
        let id = context.next_shuffle();
        let parent: Arc<dyn AnyLineage> = parent.clone();
        let task = partitioner.portable().and_then(|partitioner| {
            let varies = varies_with_order(&parent);
            let wire = MapWire { shuffle: id, partitioner, varies, aggregator };
            Portable::new(decode_combining::<K, V, C, A>, "shuffle map task", &wire)
        });
        Self::new(context, id, parent, partitioner.partitions(), task)
    }

    fn new(
        context: &SparkContext,
        id: ShuffleId,
        parent: Arc<dyn AnyLineage>,
        reduces: u32,
        task: Result<Portable, WireError>,
    ) -> Arc<Self> {
        Arc::new(Self { id, parent, reduces, task, context: context.clone() })
    }

    pub(crate) fn id(&self) -> ShuffleId {
        self.id
    }

    pub(crate) fn parent(&self) -> &Arc<dyn AnyLineage> {
        &self.parent
    }

    pub(crate) fn reduces(&self) -> u32 {
        self.reduces
    }

    pub(crate) fn task(&self) -> Result<Portable, WireError> {
        self.task.clone()
    }
}

impl Drop for ShuffleDependency {
    fn drop(&mut self) {
        self.context.driver().release_shuffle(self.id);
    }
}

#[derive(Serialize, Deserialize)]
struct MapWire<A> {
    shuffle: ShuffleId,
    partitioner: Portable,
    varies: bool,
    aggregator: A,
}

/// Writes the pairs of one partition as they are.
struct PlainMap<K, V> {
    rdd: Arc<Lineage<(K, V)>>,
    shuffle: ShuffleId,
    partitioner: AnyPartitioner<K>,
    varies: bool,
}

fn decode_plain<K: Data, V: Data>(state: &[u8], references: &[Erased]) -> Result<Erased, WireError> {
    let wire: MapWire<()> = wire::decode("shuffle map task", state)?;
    let task: Arc<dyn StageTask> = Arc::new(PlainMap::<K, V> {
        rdd: References(references).get(0)?,
        shuffle: wire.shuffle,
        partitioner: AnyPartitioner::from_portable(&wire.partitioner)?,
        varies: wire.varies,
    });
    Ok(Arc::new(task))
}

impl<K: Data, V: Data> StageTask for PlainMap<K, V> {
    fn run(&self, split: u32, task: &TaskContext) -> TaskOutput {
        write(task, self.shuffle, &self.partitioner, self.varies, self.rdd.iterator(split, task))
    }
}

/// Combines the values of each key of one partition, then writes them.
struct CombiningMap<K, V, C, A> {
    rdd: Arc<Lineage<(K, V)>>,
    shuffle: ShuffleId,
    partitioner: AnyPartitioner<K>,
    varies: bool,
    aggregator: A,
    combined: PhantomData<fn() -> C>,
}

fn decode_combining<K, V, C, A>(state: &[u8], references: &[Erased]) -> Result<Erased, WireError>
where
    K: Data + Hash + Eq,
    V: Data,
    C: Data,
    A: Aggregator<V, C>,
{
    let wire: MapWire<A> = wire::decode("shuffle map task", state)?;
    let task: Arc<dyn StageTask> = Arc::new(CombiningMap::<K, V, C, A> {
        rdd: References(references).get(0)?,
        shuffle: wire.shuffle,
        partitioner: AnyPartitioner::from_portable(&wire.partitioner)?,
        varies: wire.varies,
        aggregator: wire.aggregator,
        combined: PhantomData,
    });
    Ok(Arc::new(task))
}

impl<K, V, C, A> StageTask for CombiningMap<K, V, C, A>
where
    K: Data + Hash + Eq,
    V: Data,
    C: Data,
    A: Aggregator<V, C>,
{
    fn run(&self, split: u32, task: &TaskContext) -> TaskOutput {
        let records = combine_values(self.rdd.iterator(split, task), &self.aggregator, task);
        write(task, self.shuffle, &self.partitioner, self.varies, records)
    }
}

/// Writes records where their keys belong, and sums what another attempt must have in common with this one.
///
/// The keys are enough where records stay with theirs: a value that differs in the last bit of a sum, or a group in another
/// order, is as good as the former. Where the records vary, which value came to which key counts, too.
fn write<K: Data, C: Data>(
    task: &TaskContext,
    shuffle: ShuffleId,
    partitioner: &AnyPartitioner<K>,
    varies: bool,
    records: impl Iterator<Item = (K, C)>,
) -> TaskOutput {
    let mut writer = task.map_output_writer(shuffle, partitioner.partitions());
    if varies {
        records.for_each(|record| writer.write(partitioner.partition(&record.0), &record).or_throw());
    } else {
        records.for_each(|record| writer.write_keyed(partitioner.partition(&record.0), &record).or_throw());
    }
    task.finish_map_output(writer)
}

/// One combined value per key, from values.
pub(crate) fn combine_values<K, V, C, A>(
    records: impl Iterator<Item = (K, V)>,
    aggregator: &A,
    task: &TaskContext,
) -> Records<(K, C)>
where
    K: Data + Hash + Eq,
    C: Data,
    A: Aggregator<V, C>,
{
    let mut map = task.aggregator::<K, C>();
    let create = |value| aggregator.create(value);
    let merge = |combined, value| aggregator.merge_value(combined, value);
    insert_all(&mut map, records, create, merge);
    let aggregator = aggregator.clone();
    task.drain(map, move |left, right| aggregator.merge_combiners(left, right))
}

/// One combined value per key, from combined values.
pub(crate) fn combine_combiners<K, V, C, A>(
    records: impl Iterator<Item = (K, C)>,
    aggregator: &A,
    task: &TaskContext,
) -> Records<(K, C)>
where
    K: Data + Hash + Eq,
    C: Data,
    A: Aggregator<V, C>,
{
    let mut map = task.aggregator::<K, C>();
    insert_all(&mut map, records, |value| value, |left, right| aggregator.merge_combiners(left, right));
    let aggregator = aggregator.clone();
    task.drain(map, move |left, right| aggregator.merge_combiners(left, right))
}

/// How many records go into an aggregator together.
const TOGETHER: usize = 32;

/// Combines records into an aggregator, several at a time.
pub(crate) fn insert_all<K, V, C>(
    map: &mut ExternalAggregator<K, C>,
    records: impl Iterator<Item = (K, V)>,
    create: impl Fn(V) -> C,
    merge: impl Fn(C, V) -> C,
) where
    K: Data + Hash + Eq,
    C: Serialize + DeserializeOwned + 'static,
{
    let mut pairs = Vec::with_capacity(TOGETHER);
    records.for_each(|pair| {
        pairs.push(pair);
        if pairs.len() == TOGETHER {
            map.insert_all(&mut pairs, &create, &merge).or_throw();
        }
    });
    map.insert_all(&mut pairs, &create, &merge).or_throw();
}
