//! Variables that tasks add to and the driver reads. Spark: `AccumulatorV2`.
//!
//! Updates of a task count once, when the scheduler accepts the task; in a transformation that runs again after a loss
//! they may count again, as in Spark.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use hearth_storage::Data;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use super::SparkContext;
use crate::task::TaskContext;
use crate::wire;

/// How an accumulator adds and merges. `Default` is its zero. Spark: `AccumulatorV2`.
///
/// ```
/// # use hearth::prelude::*;
/// # use serde::{Deserialize, Serialize};
/// /// The longest word seen.
/// #[derive(Clone, Default, Serialize, Deserialize)]
/// struct Longest(String);
///
/// impl AccumulatorV2 for Longest {
///     type In = String;
///     type Out = String;
///     fn add(&mut self, word: String) {
///         if word.len() > self.0.len() {
///             self.0 = word;
///         }
///     }
///     fn merge(&mut self, other: Self) {
///         self.add(other.0);
///     }
///     fn value(&self) -> String {
///         self.0.clone()
///     }
/// }
///
/// # fn main() -> Result<(), hearth::Error> {
/// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
/// let longest = sc.accumulator::<Longest>("longest");
/// let words = sc.parallelize(["a".to_owned(), "word".to_owned()], 2);
/// words.foreach_with(longest.clone(), |longest, word| longest.add(word))?;
/// assert_eq!(longest.value(), "word");
/// # Ok(())
/// # }
/// ```
pub trait AccumulatorV2: Data + Default {
    /// What tasks add.
    type In;
    /// What the driver reads.
    type Out;

    /// Takes one value in.
    fn add(&mut self, value: Self::In);

    /// Takes in what another task added.
    fn merge(&mut self, other: Self);

    /// What it amounts to.
    fn value(&self) -> Self::Out;
}

/// A variable that tasks add to and only the driver reads. Pass it to tasks as the state of a `_with` method.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Accumulator<A> {
    id: u64,
    #[serde(skip)]
    at_driver: Option<Arc<AtDriver<A>>>,
    kind: PhantomData<fn() -> A>,
}

struct AtDriver<A> {
    id: u64,
    name: String,
    value: Mutex<A>,
    context: SparkContext,
}

/// Nobody can read it any more, so nothing needs to be merged.
impl<A> Drop for AtDriver<A> {
    fn drop(&mut self) {
        self.context.driver().release_accumulator(self.id);
    }
}

impl<A: AccumulatorV2> Accumulator<A> {
    /// Adds a value: on an executor to what its task will report, on the driver at once.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let sum = sc.long_accumulator("sum");
    /// sum.add(1);
    /// sc.range(0, 4, 1, 2).foreach_with(sum.clone(), |sum, n| sum.add(n))?;
    /// assert_eq!(sum.value(), 7);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `AccumulatorV2.add`
    pub fn add(&self, value: A::In) {
        match &self.at_driver {
            Some(at_driver) => at_driver.value.lock().add(value),
            None => TaskContext::current("add to an accumulator").accumulate::<A>(self.id, value),
        }
    }

    /// What all accepted tasks have added.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let largest = sc.collection_accumulator::<i64>("large numbers");
    /// sc.range(0, 10, 1, 2).filter(|n| *n > 8).foreach_with(largest.clone(), |largest, n| largest.add(n))?;
    /// assert_eq!(largest.value(), [9]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    /// In a task: as in Spark, only the driver can read it.
    ///
    /// Spark: `AccumulatorV2.value`
    #[expect(clippy::panic, reason = "a mistake of the program, reported as Spark reports it")]
    pub fn value(&self) -> A::Out {
        match &self.at_driver {
            Some(at_driver) => at_driver.value.lock().value(),
            None => panic!("Accumulator.value cannot be accessed inside tasks"),
        }
    }

    /// The name it was given.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// assert_eq!(sc.long_accumulator("bad lines").name(), Some("bad lines"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `AccumulatorV2.name`
    pub fn name(&self) -> Option<&str> {
        self.at_driver.as_ref().map(|at_driver| at_driver.name.as_str())
    }

    /// Sets it to zero.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let sum = sc.long_accumulator("sum");
    /// sum.add(5);
    /// sum.reset();
    /// assert_eq!(sum.value(), 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `AccumulatorV2.reset`
    pub fn reset(&self) {
        if let Some(at_driver) = &self.at_driver {
            *at_driver.value.lock() = A::default();
        }
    }
}

impl<A> fmt::Debug for Accumulator<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Accumulator({})", self.id)
    }
}

/// A sum of whole numbers. Spark: `LongAccumulator`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LongAccumulator(i64);

impl AccumulatorV2 for LongAccumulator {
    type In = i64;
    type Out = i64;

    fn add(&mut self, value: i64) {
        self.0 = self.0.wrapping_add(value);
    }

    fn merge(&mut self, other: Self) {
        self.add(other.0);
    }

    fn value(&self) -> i64 {
        self.0
    }
}

/// A sum of real numbers. Spark: `DoubleAccumulator`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DoubleAccumulator(f64);

impl AccumulatorV2 for DoubleAccumulator {
    type In = f64;
    type Out = f64;

    fn add(&mut self, value: f64) {
        self.0 += value;
    }

    fn merge(&mut self, other: Self) {
        self.0 += other.0;
    }

    fn value(&self) -> f64 {
        self.0
    }
}

/// A list of values, in no particular order. Spark: `CollectionAccumulator`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CollectionAccumulator<T>(Vec<T>);

impl<T> Default for CollectionAccumulator<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Data> AccumulatorV2 for CollectionAccumulator<T> {
    type In = T;
    type Out = Vec<T>;

    fn add(&mut self, value: T) {
        self.0.push(value);
    }

    fn merge(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    fn value(&self) -> Vec<T> {
        self.0.clone()
    }
}

impl SparkContext {
    /// A sum of whole numbers over all tasks.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let sum = sc.long_accumulator("sum");
    /// sc.range(0, 10, 1, 3).foreach_with(sum.clone(), |sum, n| sum.add(n))?;
    /// assert_eq!(sum.value(), 45);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.longAccumulator`
    pub fn long_accumulator(&self, name: &str) -> Accumulator<LongAccumulator> {
        self.accumulator(name)
    }

    /// A sum of real numbers over all tasks.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let total = sc.double_accumulator("total");
    /// sc.parallelize([0.5, 0.25], 2).foreach_with(total.clone(), |total, n| total.add(n))?;
    /// assert_eq!(total.value(), 0.75);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.doubleAccumulator`
    pub fn double_accumulator(&self, name: &str) -> Accumulator<DoubleAccumulator> {
        self.accumulator(name)
    }

    /// A list of values from all tasks.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// let bad = sc.collection_accumulator::<String>("lines that are no numbers");
    /// let lines = sc.parallelize(["1", "two", "3"].map(str::to_owned), 2);
    /// let numbers = lines.flat_map_with(bad.clone(), |bad, line| match line.parse::<i64>() {
    ///     Ok(number) => Some(number),
    ///     Err(_) => {
    ///         bad.add(line);
    ///         None
    ///     }
    /// });
    /// assert_eq!(numbers.sum()?, 4.0);
    /// assert_eq!(bad.value(), ["two"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.collectionAccumulator`
    pub fn collection_accumulator<T: Data>(&self, name: &str) -> Accumulator<CollectionAccumulator<T>> {
        self.accumulator(name)
    }

    /// An accumulator of your own kind, from its zero.
    ///
    /// ```
    /// # use hearth::prelude::*;
    /// # fn main() -> Result<(), hearth::Error> {
    /// # let sc = SparkContext::new(SparkConf::new().with("spark.master", "local[2]"))?;
    /// # use serde::{Deserialize, Serialize};
    /// #[derive(Clone, Default, Serialize, Deserialize)]
    /// struct Largest(i64);
    ///
    /// impl AccumulatorV2 for Largest {
    ///     type In = i64;
    ///     type Out = i64;
    ///     fn add(&mut self, value: i64) {
    ///         self.0 = self.0.max(value);
    ///     }
    ///     fn merge(&mut self, other: Self) {
    ///         self.add(other.0);
    ///     }
    ///     fn value(&self) -> i64 {
    ///         self.0
    ///     }
    /// }
    ///
    /// let largest = sc.accumulator::<Largest>("largest");
    /// sc.range(0, 100, 1, 4).foreach_with(largest.clone(), |largest, n| largest.add(n))?;
    /// assert_eq!(largest.value(), 99);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Spark: `SparkContext.register`
    pub fn accumulator<A: AccumulatorV2>(&self, name: &str) -> Accumulator<A> {
        let id = self.next_accumulator();
        let at_driver = Arc::new(AtDriver {
            id,
            name: name.to_owned(),
            value: Mutex::new(A::default()),
            context: self.clone(),
        });
        let merged = Arc::downgrade(&at_driver);
        self.driver().register_accumulator(
            id,
            Box::new(move |update| {
                let Some(at_driver) = merged.upgrade() else { return };
                match wire::decode::<A>("accumulator update", &update) {
                    Ok(update) => at_driver.value.lock().merge(update),
                    Err(error) => {
                        tracing::warn!(accumulator = id, %error, "an accumulator update does not decode")
                    }
                }
            }),
        );
        Accumulator { id, at_driver: Some(at_driver), kind: PhantomData }
    }
}
