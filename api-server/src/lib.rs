//! The gRPC server of the service: layers that every call passes, and one file per gRPC service.

pub mod access;
pub mod cache;
pub mod caller;
pub mod cli;
pub mod commands;
pub mod context;
mod convert;
pub mod deadline;
pub mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod keys;
pub mod layers;
pub mod reflection;
pub mod serve;
pub mod services;
pub mod tokens;

mod address;
mod connections;
mod details;
mod free_space;
mod hearing;
mod numbers;
mod rate;
mod reload;
mod tls;
