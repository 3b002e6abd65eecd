//! hearth-files.
