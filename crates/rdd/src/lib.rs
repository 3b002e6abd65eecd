//! hearth-rdd.
