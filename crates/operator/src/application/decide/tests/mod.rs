//! The table of the life cycle, row by row: a situation, and what is decided.

mod clocks;
mod deadlines;
mod ending;
mod exploration;

mod foreign;
mod invalid;
mod invalidate;
mod losses;
mod running;
mod scale;
mod submission;
mod suspend;
mod world;

use self::world::World;
