//! End-to-end tests: the operator and applications in the pods of a real Kubernetes.
//!
//! The cluster is, in this order: the one of `KUBECONFIG` if `HEARTH_TEST_IMAGE` names an image that its nodes can get; the one
//! that `tests/cluster/cluster up` has started; or, as root on Linux, one that is started now and ends with the process, unless
//! `HEARTH_KEEP_CLUSTER` is set.
//! Where none can be had, tests say so and pass; with `HEARTH_REQUIRE_CLUSTER` they fail. `HEARTH_CLUSTER_TESTS=off` skips them.
//!
//! A test is [`in_namespace`] (or [`alone`], when it breaks what others need): it gets a [`Scene`], which is a namespace of its own,
//! and returns a `Result`. When it fails, what the cluster knows of its objects is printed.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod application;
mod cluster;
mod image;
mod install;
pub mod limits;
mod look;
mod manifest;
mod network;
mod report;
mod scene;
mod tools;
mod turns;
mod until;

pub use application::Application;
pub use cluster::{Cluster, workspace};
pub use install::{OPERATOR_NAMESPACE, RELEASE};
pub use manifest::Manifest;
pub use network::Network;
pub use scene::{Scene, alone, in_namespace};
pub use tools::{Output, hearth, helm, kubectl, run};
pub use until::{until_all, until_gone, until_one};
