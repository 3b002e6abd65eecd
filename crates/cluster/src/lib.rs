//! hearth-cluster.
