//! hearth-status.
