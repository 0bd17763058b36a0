//! The gRPC server of the service: layers that every call passes, and one file per gRPC service.

pub mod caller;
pub mod context;
pub mod deadline;
pub mod error;
pub mod services;
