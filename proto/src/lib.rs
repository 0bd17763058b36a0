//! The wire contract of the service: the gRPC package `mltraining.v1` as Rust types, clients and servers, and beside it the
//! package `inference`, the Open Inference Protocol.
//!
//! The comments of the `.proto` files are the manual of the API. They are kept in [`FILE_DESCRIPTOR_SET`], so that
//! server reflection (`grpcurl describe`) shows them.

/// Messages, clients (`*_service_client`) and servers (`*_service_server`) of `mltraining.v1`.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, rustdoc::all)]
pub mod v1 {
    tonic::include_proto!("mltraining.v1");
}

/// Messages, client and server of the Open Inference Protocol.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic, rustdoc::all)]
pub mod inference {
    tonic::include_proto!("inference");
}

/// Encoded `google.protobuf.FileDescriptorSet` of the packages and their imports, with comments: for server reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("mltraining.v1");
