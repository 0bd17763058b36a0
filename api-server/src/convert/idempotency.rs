//! What makes a request safe to repeat (AIP-155).

use crate::error::ApiError;
use mltraining_domain::{IdempotencyKey, Reason, Violations};
use mltraining_store::sources::Idempotency;
use prost::Message;
use sha2::{Digest, Sha256};

/// The key of the field `request_id` with the hash of what is asked for; `None` when the field is empty. `request` is the
/// message without its `request_id`: the same question has the same hash.
pub(crate) fn read(request_id: &str, request: &impl Message, found: &mut Violations) -> Option<Idempotency> {
    if request_id.is_empty() {
        return None;
    }
    match request_id.parse::<IdempotencyKey>() {
        Ok(key) => Some(Idempotency {
            key,
            // Maps are ordered in our messages, so equal requests are equal bytes.
            request_hash: Sha256::digest(request.encode_to_vec()).into(),
        }),
        Err(error) => {
            found.invalid("request_id", error.to_string());
            None
        }
    }
}

/// The refusal of a key that was used for another request.
pub(crate) fn reused(request_id: &str) -> ApiError {
    let text = format!("request_id {request_id} was used before for another request; use a new UUID");
    ApiError::new(Reason::RequestIdReused, text).with("request_id", request_id)
}
