//! hearth-scheduler-sim.
