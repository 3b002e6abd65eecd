//! What is built for a manifest, one case per field.
//!
//! A case is a folder of `tests/build` with `app.yaml`, a patch of `tests/build/base/app.yaml`, and `expected.yaml`.
//! The latter of `base` has all objects whole; that of any other case has what differs from `base`, as a merge patch in which
//! `null` stands for what is not there.
//! `UPDATE_EXPECT=1 cargo test -p hearth-operator --test build` writes the expected files again.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says so")]

#[path = "build/support/mod.rs"]
mod support;

#[path = "build/support/coverage.rs"]
mod coverage;
#[path = "build/support/golden.rs"]
mod golden;
#[path = "build/support/properties.rs"]
mod properties;
