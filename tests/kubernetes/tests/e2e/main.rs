//! Applications in pods, from `kubectl apply` to the end. One file per thing that can happen.

mod bad_input;
mod certificates;
mod clients;
mod data;
mod deleted;
mod deleted_unseen;
mod failing;
mod faults;
mod foreign_status;
mod install;
mod lifetime;
mod operator_restarts;
mod pi;
mod resources;
mod rights;
mod submit;
mod suspended;
mod waiting;
