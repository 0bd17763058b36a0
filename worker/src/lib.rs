//! The worker: claims jobs, does them, and writes what they leave behind, behind the fence of their leases.
//!
//! [`run`] is the whole process but for its configuration and its signals. Data flows one way: [`claims`](self) ->
//! `attempt` -> `process` (the child that does the attempt: `train_job` -> `train`) -> `settle`; the lease keeper and a drain
//! stop an attempt, nothing else does.

mod attempt;
mod backtest;
mod batch_predict;
mod claims;
pub mod cli;
mod compare;
mod context;
mod evaluate;
mod lease_keeper;
mod made;
mod memory;
mod parquet_columns;
pub mod probe;
mod probe_job;
mod process;
pub mod progress;
mod reaper;
mod removal;
mod repeat;
mod reporter;
mod reproduce;
mod retention;
mod run;
mod settle;
pub mod stop;
mod studies;
mod sweep;
mod tally;
pub mod train;
mod train_job;
mod tune;
mod unheard;
pub mod work;

pub use process::program::Program;
pub use run::run;
