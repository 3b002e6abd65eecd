//! How code travels: as the distance of its entry function from a fixed function of the same binary.
//!
//! Driver and executors run the same program, which registration checks by its build id, so a distance that the driver
//! measured leads to the same function on an executor, wherever either was loaded.
//! A closure that captures nothing has no bytes at all: its type is its code, and a value of it can be made anywhere.
//! All `unsafe` of the RDD front door is in this file, but for what a new process does before it becomes a program (`pipe`)
//! and what ours does before it ends (`start/exit`).

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::wire::WireError;

/// A closure that captures nothing, in a form that travels.
#[derive(Clone, Copy)]
pub(crate) struct Closure<F>(F);

impl<F: Copy + 'static> Closure<F> {
    /// Takes the closure. Refused at compile time if it captures anything.
    pub(crate) fn new(closure: F) -> Self {
        Self::check();
        Self(closure)
    }

    fn check() {
        const {
            assert!(
                size_of::<F>() == 0,
                "this closure captures a variable, which does not travel to the executors by itself: \
                 pass the value through the `_with` form of the method, as in `rdd.map_with(value, |value, x| …)`, \
                 or through a broadcast variable"
            );
        }
    }

    fn conjure() -> Self {
        Self::check();
        // SAFETY: `F` has size zero (checked at compile time, one line above), so there are no bytes to initialise.
        // `F` is `Copy`, so duplicating a value is always allowed, and a value existed: the driver made one to get here,
        // since the only way to this function is the decoding of something encoded from a `Closure<F>`.
        #[expect(
            unsafe_code,
            reason = "a value of a zero-sized Copy closure type, made where the code was sent"
        )]
        #[expect(clippy::uninit_assumed_init, reason = "the type has size zero")]
        Self(unsafe { std::mem::MaybeUninit::<F>::uninit().assume_init() })
    }
}

impl<F> Deref for Closure<F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.0
    }
}

impl<F> fmt::Debug for Closure<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::any::type_name::<F>())
    }
}

impl<F> Serialize for Closure<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

impl<'de, F: Copy + 'static> Deserialize<'de> for Closure<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <()>::deserialize(deserializer)?;
        Ok(Self::conjure())
    }
}

/// Something decoded whose type only its user knows.
pub(crate) type Erased = Arc<dyn Any + Send + Sync>;

/// Makes one thing from its bytes and the things it refers to.
pub(crate) type DecodeFn = fn(&[u8], &[Erased]) -> Result<Erased, WireError>;

/// A `DecodeFn` of this program, as its distance from `anchor`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Entry(i64);

impl Entry {
    pub(crate) fn of(function: DecodeFn) -> Self {
        Self((function as usize).wrapping_sub(base()) as i64)
    }

    /// The function. The caller vouches that the entry was made by a process of the same build.
    pub(crate) fn resolve(self) -> DecodeFn {
        let address = base().wrapping_add(self.0 as usize);
        // SAFETY: entries are made by `Entry::of` alone, in a process of the same build (an executor registers with its
        // build id, and is refused when it differs), so at this distance from `anchor` stands a `DecodeFn`.
        // The bytes come over a mutually authenticated stream from the driver that started this process.
        #[expect(unsafe_code, reason = "the one place where a number becomes a function")]
        unsafe {
            std::mem::transmute::<usize, DecodeFn>(address)
        }
    }
}

/// The fixed function that distances are measured from.
#[inline(never)]
fn anchor(_: &[u8], _: &[Erased]) -> Result<Erased, WireError> {
    Err(WireError::NotAnEntry)
}

fn base() -> usize {
    anchor as DecodeFn as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<F: Fn(i32) -> i32 + Copy + 'static>(closure: F) -> Closure<F> {
        let bytes = postcard::to_stdvec(&Closure::new(closure)).unwrap();
        assert!(bytes.is_empty(), "a closure without captures has no bytes");
        postcard::from_bytes(&bytes).unwrap()
    }

    #[test]
    fn a_closure_without_captures_runs_after_a_round_trip() {
        assert_eq!(round_trip(|x| x * 3 + 1)(5), 16);
    }

    #[test]
    fn a_closure_made_of_such_closures_travels_too() {
        let inner = |x: i32| x + 1;
        assert_eq!(round_trip(move |x| inner(inner(x)) * 2)(1), 6);
    }

    #[test]
    fn an_entry_leads_back_to_its_function() {
        fn decode(bytes: &[u8], _: &[Erased]) -> Result<Erased, WireError> {
            Ok(Arc::new(bytes.len()))
        }
        let entry: Entry = postcard::from_bytes(&postcard::to_stdvec(&Entry::of(decode)).unwrap()).unwrap();
        let made = entry.resolve()(&[1, 2, 3], &[]).unwrap();
        assert_eq!(made.downcast_ref::<usize>(), Some(&3));
    }
}
