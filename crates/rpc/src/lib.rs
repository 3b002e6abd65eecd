//! The internal wire: messages, protobuf, TLS.
#![warn(missing_docs)]

pub mod message;
