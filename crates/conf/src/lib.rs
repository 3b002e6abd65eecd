//! hearth-conf.
