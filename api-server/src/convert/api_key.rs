//! API keys.

use super::role;
use super::time::{read_instant, read_span, show_instant};
use chrono::{DateTime, Utc};
use mltraining_domain::name::ApiKeyName;
use mltraining_domain::{Role, Span, Violations};
use mltraining_proto::v1;
use mltraining_store::api_keys::ApiKey;
use prost_types::Duration;
use v1::ApiKeyState;

/// How long the secret before stays good when the request does not say.
const DEFAULT_OVERLAP: Span = Span::from_mins(24 * 60);
/// The longest time that it may.
const MAX_OVERLAP: Span = Span::from_mins(30 * 24 * 60);
/// The longest name for people, in characters.
const MAX_NAME: usize = 100;

/// What a new key is to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Name for people.
    pub(crate) display_name: String,
    /// What its bearer may do.
    pub(crate) role: Role,
    /// When it ends.
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

/// The name of a key.
pub(crate) fn name(key: &ApiKey) -> ApiKeyName {
    ApiKeyName {
        project: key.project.clone(),
        key: key.short_id.clone(),
    }
}

/// The message of a key.
pub(crate) fn show(key: &ApiKey) -> v1::ApiKey {
    v1::ApiKey {
        name: name(key).to_string(),
        display_name: key.display_name.clone(),
        role: role::show(Some(key.role)).into(),
        expire_time: key.expires_at.map(show_instant),
        state: state(key).into(),
        created_by: key.created_by.clone(),
        create_time: Some(show_instant(key.created_at)),
        revoke_time: key.revoked_at.map(show_instant),
        rotate_time: key.rotated_at.map(show_instant),
        previous_expire_time: key
            .previous
            .as_ref()
            .map(|previous| show_instant(previous.expires_at)),
        last_use_time: key.last_used_at.map(show_instant),
    }
}

fn state(key: &ApiKey) -> ApiKeyState {
    match (key.is_live, key.revoked_at) {
        (true, _) => ApiKeyState::Active,
        (false, Some(_)) => ApiKeyState::Revoked,
        (false, None) => ApiKeyState::Expired,
    }
}

/// What a request wants of a new key; `None` when something is wrong.
pub(crate) fn read(key: &v1::ApiKey, found: &mut Violations) -> Option<Wanted> {
    let length = key.display_name.chars().count();
    found.require((1..=MAX_NAME).contains(&length), "api_key.display_name", || {
        format!("{length} characters; give 1 to {MAX_NAME}")
    });
    // It is shown on terminals, which take control characters for orders.
    found.require(
        !key.display_name.contains(char::is_control),
        "api_key.display_name",
        || "must not hold control characters".to_owned(),
    );
    let role = role::read(key.role(), "api_key.role", found);
    let expires_at = read_instant(key.expire_time, "api_key.expire_time", found);
    Some(Wanted {
        display_name: key.display_name.clone(),
        role: role?,
        expires_at,
    })
}

/// How long the secret up to now stays good.
pub(crate) fn read_overlap(overlap: Option<Duration>, found: &mut Violations) -> Span {
    let overlap = read_span(overlap, "overlap", found).unwrap_or(DEFAULT_OVERLAP);
    found.require(overlap <= MAX_OVERLAP, "overlap", || {
        format!("{overlap}; at most {MAX_OVERLAP} are taken")
    });
    overlap
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_wrong_key_is_refused_with_every_fault() {
        let key = v1::ApiKey {
            display_name: "\u{1b}[31m".to_owned(),
            expire_time: Some(prost_types::Timestamp {
                seconds: -1,
                nanos: 0,
            }),
            ..v1::ApiKey::default()
        };
        let mut found = Violations::new();
        assert_eq!(read(&key, &mut found), None);
        let text = format!("{:?}", found.into_result(()).unwrap_err());
        for field in ["api_key.display_name", "api_key.role", "api_key.expire_time"] {
            assert!(text.contains(field), "{text}");
        }
    }

    #[test]
    fn an_overlap_is_a_day_unless_it_is_said_and_at_most_a_month() {
        let read = |seconds| {
            let mut found = Violations::new();
            let overlap = read_overlap(seconds, &mut found);
            found.into_result(overlap).ok()
        };
        let of = |seconds| Some(Duration { seconds, nanos: 0 });
        assert_eq!(read(None), Some(DEFAULT_OVERLAP));
        assert_eq!(read(of(0)), Some(Span::from_secs(0)));
        assert_eq!(read(of(30 * 86_400)), Some(MAX_OVERLAP));
        assert_eq!(read(of(30 * 86_400 + 1)), None);
        assert_eq!(read(of(-1)), None);
    }
}
