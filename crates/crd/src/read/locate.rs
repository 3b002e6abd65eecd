//! Where a field stands in the text.
//!
//! The tree does not know.
//! So, after something went wrong, the text is read once more down to the field, with a reader that refuses it
//! there: the parser then says where it was.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::field_path::{FieldPath, Segment};

/// Line and column, from 1, of the field at `path` in one document of a YAML text.
///
/// For a field that is missing, those of what should contain it.
pub(super) fn position(text: &str, document: usize, path: &FieldPath) -> Option<(usize, usize)> {
    let deserializer = serde_norway::Deserializer::from_str(text).nth(document)?;
    let location = Find(path.segments()).deserialize(deserializer).err()?.location()?;
    Some((location.line(), location.column()))
}

/// Reads down the path; never succeeds.
struct Find<'a>(&'a [Segment]);

impl<'de> DeserializeSeed<'de> for Find<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

// What is not a mapping or a list ends the way, by the default of the trait: it is refused.
impl<'de> Visitor<'de> for Find<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if let Some((Segment::Key(wanted), rest)) = self.0.split_first() {
            while let Some(key) = map.next_key::<serde_norway::Value>()? {
                if key.as_str() == Some(wanted) {
                    return map.next_value_seed(Find(rest));
                }
                map.next_value::<IgnoredAny>()?;
            }
        }
        Err(A::Error::custom("here"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if let Some((Segment::Index(wanted), rest)) = self.0.split_first() {
            for _ in 0..*wanted {
                if list.next_element::<IgnoredAny>()?.is_none() {
                    break;
                }
            }
            list.next_element_seed(Find(rest))?;
        }
        Err(A::Error::custom("here"))
    }
}
