//! The contract as the server itself tells it, so that grpcurl needs no .proto files.

use crate::access::{METHODS, Method, Port};
use std::collections::BTreeSet;
use tonic::service::RoutesBuilder;
use tonic_reflection::server::{Builder, Error};

/// Every descriptor set that clients may ask for. Those of google.rpc are there for the details of errors, which grpcurl
/// can only show when it finds their types.
pub const DESCRIPTOR_SETS: [&[u8]; 5] = [
    mltraining_proto::FILE_DESCRIPTOR_SET,
    tonic_health::pb::FILE_DESCRIPTOR_SET,
    tonic_types::pb::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
];

fn builder(port: Port) -> Builder<'static> {
    let builder = DESCRIPTOR_SETS.into_iter().fold(
        Builder::configure(),
        Builder::register_encoded_file_descriptor_set,
    );
    let served: BTreeSet<&str> = METHODS
        .iter()
        .filter(|method| method.is_on(port))
        .map(Method::service)
        .collect();
    served.into_iter().fold(builder, Builder::with_service_name)
}

/// Adds reflection v1, and v1alpha for older clients. It lists what the port serves; the messages of everything can be
/// asked for.
///
/// # Errors
/// When a descriptor set cannot be read.
pub fn add_services(routes: &mut RoutesBuilder, port: Port) -> Result<(), Error> {
    routes.add_service(builder(port).build_v1()?);
    routes.add_service(builder(port).build_v1alpha()?);
    Ok(())
}
