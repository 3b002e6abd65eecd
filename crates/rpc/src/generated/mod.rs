//! Code made from `proto/` by `cargo xtask protos`. Not to be edited.
#![expect(
    missing_docs,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "generated code"
)]

/// `hearth.block.v1`: how executors read each other's blocks.
pub mod block {
    include!("hearth.block.v1.rs");
}

/// `hearth.control.v1`: the driver's service.
pub mod control {
    include!("hearth.control.v1.rs");
}
