//! Roles of keys.

use mltraining_domain::{Role, Violations};
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

/// A role that must be there.
pub(crate) fn read(role: v1::Role, field: &str, found: &mut Violations) -> Option<Role> {
    match role {
        v1::Role::Viewer => Some(Role::Viewer),
        v1::Role::Trainer => Some(Role::Trainer),
        v1::Role::Admin => Some(Role::Admin),
        v1::Role::Unspecified => {
            found.invalid(field, "required: give ROLE_VIEWER, ROLE_TRAINER or ROLE_ADMIN");
            None
        }
    }
}
