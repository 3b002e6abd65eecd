//! hearth-executor.
