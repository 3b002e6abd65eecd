//! Tests of whole applications.
