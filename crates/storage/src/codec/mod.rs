//! Records as bytes. Spark: `Serializer`, `SerializationStream`, `CompressionCodec`.
//!
//! A record is postcard; records travel in frames, and a segment is any number of frames one after another.
//! So segments join by concatenation, which is what merging spills and coalescing reduce partitions need.

mod frame;
mod framed;
mod records;
mod segment;

pub use frame::{Compression, Framing};
pub use framed::FramedFile;
pub use records::Records;
pub use segment::{Segment, SegmentWriter};

pub(crate) use frame::{Checksums, FRAME_TARGET, FrameEncoder, MAX_HEADER, whole_frames};

use postcard::ser_flavors::Flavor;
use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, Result};

/// Appends the bytes of a record. On an error `out` is as before.
#[inline]
pub fn encode<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<()> {
    let start = out.len();
    postcard::serialize_with_flavor(value, Appender(out)).map_err(|source| {
        out.truncate(start);
        Error::Encode { source }
    })
}

/// Reads one record from the front of `input` and moves `input` behind it. On an error `input` stays.
#[inline]
pub fn decode<T: DeserializeOwned>(input: &mut &[u8]) -> Result<T> {
    let (value, rest) = postcard::take_from_bytes(input).map_err(|source| Error::Decode { source })?;
    *input = rest;
    Ok(value)
}

/// Writes straight into a vector: postcard's own flavor for this goes byte by byte.
struct Appender<'a>(&'a mut Vec<u8>);

impl Flavor for Appender<'_> {
    type Output = ();

    #[inline]
    fn try_extend(&mut self, data: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
