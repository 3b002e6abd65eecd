//! Situations of a pool, and what is decided.

mod clocks;
mod failing;
mod leaving;
mod losing;
mod making;
mod world;
