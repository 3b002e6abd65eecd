//! Shuffle: how map outputs are written, kept and fetched.

use std::time::Duration;

use super::rules::{any, from, mib, seconds};
use crate::entry::spark_conf;
use crate::size::ByteSize;
use crate::value::Codec;

spark_conf! {
    /// Whether map outputs are compressed.
    pub SHUFFLE_COMPRESS: bool = "spark.shuffle.compress", any(), default "true", since "0.1";

    /// Whether map outputs carry checksums that readers verify.
    pub SHUFFLE_CHECKSUM_ENABLED: bool = "spark.shuffle.checksum.enabled", any(), default "true", since "0.1";

    /// How shuffle data, broadcast values and serialised cached blocks are compressed, where they are.
    pub IO_COMPRESSION_CODEC: Codec = "spark.io.compression.codec", any(), default "lz4", since "0.1";

    /// Most bytes that one reduce task has asked for and not yet received.
    pub REDUCER_MAX_SIZE_IN_FLIGHT: ByteSize = "spark.reducer.maxSizeInFlight",
        mib().at_least(ByteSize::kib(1)), default "48m", since "0.1";

    /// How often a fetch of shuffle blocks is tried again before it counts as a fetch failure.
    pub SHUFFLE_IO_MAX_RETRIES: u32 = "spark.shuffle.io.maxRetries", from(0), default "3", since "0.1";

    /// How long to wait between two tries of a fetch.
    pub SHUFFLE_IO_RETRY_WAIT: Duration = "spark.shuffle.io.retryWait", seconds(), default "5s", since "0.1";
}
