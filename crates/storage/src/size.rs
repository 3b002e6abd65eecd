//! How much memory a value holds beside its own bytes. Spark: `SizeEstimator`.
//!
//! Rust has no reflection, but every record serialises: a serialiser that writes nothing and counts sees the strings,
//! sequences and maps that live on the heap. What is inline is counted by `size_of`, so scalars count only inside of
//! a sequence. Spare capacity cannot be seen.

use std::fmt;
use std::mem::{needs_drop, size_of};

use serde::Serialize;
use serde::ser::{self, Serializer};

/// Size of the header of a `String` or `Vec` that lies inside of another one.
const HEADER: u64 = size_of::<Vec<u8>>() as u64;

/// What an allocator adds to each allocation, about.
const ALLOCATION: u64 = 16;

/// About how many bytes of heap `value` holds, beside `size_of::<T>()`. Zero, at no cost, for types without a destructor.
pub fn heap_size<T: Serialize>(value: &T) -> u64 {
    if !needs_drop::<T>() {
        return 0;
    }
    let mut counter = Counter { bytes: 0, depth: 0 };
    // A record that refuses to be serialised is found out where it must be; until then it counts as it is so far.
    match value.serialize(&mut counter) {
        Ok(()) | Err(Refused) => counter.bytes,
    }
}

/// Records up to here are all measured.
const MEASURED: u64 = 1_000;

/// One of so many later records is measured, and stands for all of them.
const SAMPLE: u64 = 16;

/// Estimates what many records hold beside their own bytes.
#[derive(Debug, Default)]
pub(crate) struct HeapEstimate {
    seen: u64,
    bytes: u64,
}

impl HeapEstimate {
    /// Counts a record, which `measure` can measure. `true` when the estimate has changed.
    #[inline]
    pub(crate) fn observe(&mut self, measure: impl FnOnce() -> u64) -> bool {
        self.seen += 1;
        let stands_for = if self.seen <= MEASURED { 1 } else { SAMPLE };
        let is_sample = self.seen.is_multiple_of(stands_for);
        if is_sample {
            self.bytes += measure() * stands_for;
        }
        is_sample
    }

    /// Of all records since the last `restart`.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The records are gone.
    pub(crate) fn restart(&mut self) {
        *self = Self::default();
    }
}

struct Counter {
    bytes: u64,
    /// How many sequences and maps are around the current value.
    depth: u32,
}

impl Counter {
    #[inline]
    fn scalar(&mut self, bytes: usize) -> Result<(), Refused> {
        if self.depth > 0 {
            self.bytes += bytes as u64;
        }
        Ok(())
    }

    #[inline]
    fn allocation(&mut self, bytes: usize) -> Result<(), Refused> {
        if self.depth > 0 {
            self.bytes += HEADER;
        }
        if bytes > 0 {
            self.bytes += bytes as u64 + ALLOCATION;
        }
        Ok(())
    }

    fn enter(&mut self) -> Nested<'_> {
        if self.depth > 0 {
            self.bytes += HEADER;
        }
        self.bytes += ALLOCATION;
        self.depth += 1;
        Nested { counter: self, entered: true }
    }

    fn inline(&mut self) -> Nested<'_> {
        Nested { counter: self, entered: false }
    }
}

/// The value's own `Serialize` gave up.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Inside of a compound value.
struct Nested<'a> {
    counter: &'a mut Counter,
    entered: bool,
}

impl Nested<'_> {
    #[inline]
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        value.serialize(&mut *self.counter)
    }

    fn leave(self) -> Result<(), Refused> {
        if self.entered {
            self.counter.depth -= 1;
        }
        Ok(())
    }
}

macro_rules! scalars {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(#[inline] fn $method(self, _: $type) -> Result<(), Refused> { self.scalar(size_of::<$type>()) })*
    };
}

impl<'a> Serializer for &'a mut Counter {
    type Ok = ();
    type Error = Refused;
    type SerializeSeq = Nested<'a>;
    type SerializeTuple = Nested<'a>;
    type SerializeTupleStruct = Nested<'a>;
    type SerializeTupleVariant = Nested<'a>;
    type SerializeMap = Nested<'a>;
    type SerializeStruct = Nested<'a>;
    type SerializeStructVariant = Nested<'a>;

    scalars! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_u128: u128, serialize_f32: f32, serialize_f64: f64, serialize_char: char,
    }

    fn serialize_str(self, value: &str) -> Result<(), Refused> {
        self.allocation(value.len())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Refused> {
        self.allocation(value.len())
    }

    fn serialize_none(self) -> Result<(), Refused> {
        self.scalar(size_of::<u64>())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Refused> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Refused> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Refused> {
        self.scalar(1)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refused> {
        self.scalar(1)?;
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Nested<'a>, Refused> {
        Ok(self.enter())
    }

    fn serialize_tuple(self, _: usize) -> Result<Nested<'a>, Refused> {
        Ok(self.inline())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Nested<'a>, Refused> {
        Ok(self.inline())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Nested<'a>, Refused> {
        Ok(self.inline())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Nested<'a>, Refused> {
        Ok(self.enter())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Nested<'a>, Refused> {
        Ok(self.inline())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Nested<'a>, Refused> {
        Ok(self.inline())
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<(), Refused> {
        self.serialize_str(&value.to_string())
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

impl ser::SerializeSeq for Nested<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.value(value)
    }

    fn end(self) -> Result<(), Refused> {
        self.leave()
    }
}

impl ser::SerializeTuple for Nested<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.value(value)
    }

    fn end(self) -> Result<(), Refused> {
        self.leave()
    }
}

impl ser::SerializeTupleStruct for Nested<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.value(value)
    }

    fn end(self) -> Result<(), Refused> {
        self.leave()
    }
}

impl ser::SerializeTupleVariant for Nested<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.value(value)
    }

    fn end(self) -> Result<(), Refused> {
        self.leave()
    }
}

impl ser::SerializeMap for Nested<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refused> {
        self.value(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refused> {
        self.value(value)
    }

    fn end(self) -> Result<(), Refused> {
        self.leave()
    }
}

impl ser::SerializeStruct for Nested<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), Refused> {
        self.value(value)
    }

    fn end(self) -> Result<(), Refused> {
        self.leave()
    }
}

impl ser::SerializeStructVariant for Nested<'_> {
    type Ok = ();
    type Error = Refused;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), Refused> {
        self.value(value)
    }

    fn end(self) -> Result<(), Refused> {
        self.leave()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_follows_records_that_become_larger() {
        let mut estimate = HeapEstimate::default();
        for n in 0..50_000u64 {
            let size = if n < 2_000 { 10 } else { 10_000 };
            estimate.observe(|| size);
        }
        let exact = 2_000 * 10 + 48_000 * 10_000;
        assert!(estimate.bytes().abs_diff(exact) < exact / 100);
    }

    #[test]
    fn flat_values_hold_no_heap() {
        assert_eq!(heap_size(&(1u64, 2u8, [0u32; 8])), 0);
    }

    #[test]
    fn strings_and_vectors_count_what_they_point_to() {
        assert_eq!(heap_size(&String::from("0123456789")), 10 + ALLOCATION);
        assert_eq!(heap_size(&(1u64, vec![0u64; 100])), 800 + ALLOCATION);
        let nested = heap_size(&vec![String::from("ab"); 10]);
        assert_eq!(nested, ALLOCATION + 10 * (HEADER + 2 + ALLOCATION));
    }
}
