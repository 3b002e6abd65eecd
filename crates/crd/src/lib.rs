//! hearth-crd.
