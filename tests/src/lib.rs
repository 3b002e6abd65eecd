//! hearth-tests.
