//! The gRPC services: one file each.

use crate::context::Context;
use std::sync::Arc;
use tonic::service::RoutesBuilder;

/// Adds every service of `mltraining.v1`, one line each. Each line sets `max_decoding_message_size` and
/// `max_encoding_message_size` from `context.config.server`: tonic's own are 4 MiB and none.
pub fn add_services(_routes: &mut RoutesBuilder, _context: &Arc<Context>) {}
