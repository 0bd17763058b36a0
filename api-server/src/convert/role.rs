//! Roles of keys.

use mltraining_domain::Role;
use mltraining_proto::v1;

/// The word of a role; unspecified for none.
pub(crate) fn show(role: Option<Role>) -> v1::Role {
    match role {
        None => v1::Role::Unspecified,
        Some(Role::Viewer) => v1::Role::Viewer,
        Some(Role::Trainer) => v1::Role::Trainer,
        Some(Role::Admin) => v1::Role::Admin,
    }
}
