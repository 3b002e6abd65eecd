//! Blocks on the wire. Spark: `NettyBlockTransferService`, `OneForOneStreamManager`, `OneForOneBlockFetcher`.
//!
//! The service answers with chunks straight from memory or file; the client puts pieces together again without copying
//! those that arrive in one chunk.

mod client;
mod service;
mod stream;

pub use client::BlockClient;
pub use service::BlockService;

pub(crate) use stream::StreamPlan;

/// The most data in one message.
pub(crate) const CHUNK_SIZE: usize = 1 << 20;

#[cfg(test)]
mod tests;
