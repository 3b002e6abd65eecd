//! JSON as the cache keeps it: compressed, with what nearly every object says known beforehand.
//!
//! An application that rests with three pods takes a third of the memory that its text would, and one with a long manifest
//! less than that. Reading it back takes a few microseconds, which is nothing beside the requests that follow.

use lz4_flex::block::{compress_prepend_size_with_dict, decompress_size_prepended_with_dict};
use serde::de::{DeserializeOwned, Error as _};

/// An application, a pool and two pods as the cache has them. What an object shares with it takes no memory.
/// It may be changed freely: nothing that is compressed outlives the process.
const COMMON: &[u8] = include_bytes!("common.json");

/// The JSON of one object.
#[derive(Debug)]
pub(super) struct Text(Box<[u8]>);

impl Text {
    pub(super) fn of(json: &str) -> Self {
        Self(compress_prepend_size_with_dict(json.as_bytes(), COMMON).into())
    }

    pub(super) fn parse<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        let json = decompress_size_prepended_with_dict(&self.0, COMMON).map_err(serde_json::Error::custom)?;
        serde_json::from_slice(&json)
    }

    /// How many bytes it takes.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_was_kept_is_read_again() {
        for value in [json!(null), json!({ "spec": {} }), json!({ "text": "ö".repeat(100_000) })] {
            let text = Text::of(&value.to_string());
            assert_eq!(text.parse::<Value>().unwrap(), value);
        }
    }

    #[test]
    fn what_all_objects_say_takes_no_memory() {
        let example = String::from_utf8(COMMON.to_vec()).unwrap();
        let size = Text::of(&example).size();
        assert!(size * 20 < example.len(), "{size} of {} bytes", example.len());
    }
}
