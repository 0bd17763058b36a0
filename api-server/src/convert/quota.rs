//! Quotas of projects.

use crate::convert::etag;
use crate::error::ApiError;
use mltraining_domain::Violations;
use mltraining_domain::name::QuotaName;
use mltraining_proto::v1;
use mltraining_store::projects::{Limits, Quota, QuotaChange};

const PATHS: [&str; 2] = ["max_running", "max_queued"];
/// The largest limit: more would be a slip of the hand.
const MOST: i32 = 1_000_000;
const ETAG: &str = "quota-";

/// The message of a quota.
pub(crate) fn show(name: &QuotaName, quota: &Quota) -> v1::Quota {
    v1::Quota {
        name: name.to_string(),
        max_running: Some(quota.limits.max_running),
        max_queued: Some(quota.limits.max_queued),
        running: quota.running,
        queued: quota.queued,
        etag: show_etag(quota.limits),
    }
}

/// The limits themselves: whoever sees the same limits may change them.
fn show_etag(limits: Limits) -> String {
    format!("{ETAG}{}-{}", limits.max_running, limits.max_queued)
}

/// The limits that a request expects; `None` for a text that is no etag of a quota.
pub(crate) fn expected(text: &str) -> Option<Limits> {
    let (max_running, max_queued) = text.strip_prefix(ETAG)?.split_once('-')?;
    let limits = Limits {
        max_running: max_running.parse().ok()?,
        max_queued: max_queued.parse().ok()?,
    };
    (show_etag(limits) == text).then_some(limits)
}

/// The refusal of a request whose etag is not the present one.
pub(crate) fn mismatch(name: &QuotaName, present: &Quota) -> ApiError {
    etag::mismatch(name, &show_etag(present.limits))
}

/// The change that a request asks for; without a mask, the limits that are set in `quota`.
pub(crate) fn read(
    quota: &v1::Quota,
    mask: Option<&prost_types::FieldMask>,
    found: &mut Violations,
) -> QuotaChange {
    let paths = mask.map(|mask| mask.paths.as_slice()).unwrap_or_default();
    for path in paths {
        found.require(
            path == "*" || PATHS.contains(&path.as_str()),
            "update_mask",
            || format!("`{path}` cannot be changed; give {} or *", PATHS.join(", ")),
        );
    }
    let mut read = |path: &str, value: Option<i32>| {
        let named = paths.iter().any(|p| p == "*" || p == path);
        let field = format!("quota.{path}");
        if named && value.is_none() {
            found.invalid(field, "required: update_mask names it");
            return None;
        }
        let value = value.filter(|_| named || paths.is_empty())?;
        found.require((0..=MOST).contains(&value), &field, || {
            format!("{value} is not in 0 to {MOST}")
        });
        Some(value)
    };
    QuotaChange {
        max_running: read("max_running", quota.max_running),
        max_queued: read("max_queued", quota.max_queued),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn change(running: Option<i32>, queued: Option<i32>, paths: &[&str]) -> Result<QuotaChange, Vec<String>> {
        let quota = v1::Quota {
            max_running: running,
            max_queued: queued,
            ..v1::Quota::default()
        };
        let mask = prost_types::FieldMask {
            paths: paths.iter().map(ToString::to_string).collect(),
        };
        let mut found = Violations::new();
        let change = read(&quota, Some(&mask), &mut found);
        let wrong = found.iter().map(|violation| violation.field.clone()).collect();
        found.into_result(change).map_err(|_| wrong)
    }

    #[test]
    fn only_what_the_mask_names_is_changed_and_must_be_given() {
        let of = |max_running, max_queued| QuotaChange {
            max_running,
            max_queued,
        };
        assert_eq!(change(Some(0), None, &[]).unwrap(), of(Some(0), None));
        assert_eq!(
            change(Some(1), Some(2), &["max_queued"]).unwrap(),
            of(None, Some(2))
        );
        assert_eq!(change(Some(1), Some(2), &["*"]).unwrap(), of(Some(1), Some(2)));
        assert_eq!(change(Some(1), None, &["*"]).unwrap_err(), ["quota.max_queued"]);
        assert_eq!(change(Some(1), None, &["running"]).unwrap_err(), ["update_mask"]);
    }

    #[test]
    fn a_limit_out_of_range_is_named() {
        for value in [-1, MOST + 1, i32::MIN, i32::MAX] {
            assert_eq!(
                change(Some(value), Some(value), &[]).unwrap_err(),
                ["quota.max_running", "quota.max_queued"]
            );
        }
    }

    #[test]
    fn an_etag_reads_back_as_its_limits_and_nothing_else_does() {
        let limits = Limits {
            max_running: 4,
            max_queued: 1000,
        };
        assert_eq!(expected(&show_etag(limits)), Some(limits));
        for text in [
            "4-1000",
            "quota-4",
            "quota-04-1000",
            "quota-+4-1000",
            "quota-4-1000 ",
            "model-1",
            "\0",
        ] {
            assert_eq!(expected(text), None, "{text:?}");
        }
    }
}
