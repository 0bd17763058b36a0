//! An evaluation by parts of its rows.

use super::evaluation::show_metrics;
use super::field::{choice, wire_count};
use mltraining_domain::{Slice, SliceKind, Slices, Violations};
use mltraining_proto::v1;

/// All parts in one way.
pub(crate) fn show(slices: &Slices) -> v1::Slices {
    v1::Slices {
        slices: slices.slices.iter().map(show_slice).collect(),
        ..show_without(slices)
    }
}

/// What is said of the whole kind, without its parts.
pub(crate) fn show_without(slices: &Slices) -> v1::Slices {
    v1::Slices {
        kind: show_kind(slices.kind).into(),
        slices: Vec::new(),
        other_values: wire_count(slices.other_values),
        other_rows: wire_count(slices.other_rows),
    }
}

/// One part.
pub(crate) fn show_slice(slice: &Slice) -> v1::Slice {
    v1::Slice {
        value: slice.value.clone(),
        metrics: Some(show_metrics(&slice.metrics)),
    }
}

fn show_kind(kind: SliceKind) -> v1::SliceKind {
    match kind {
        SliceKind::Entity => v1::SliceKind::Entity,
        SliceKind::Phase => v1::SliceKind::Phase,
        SliceKind::Day => v1::SliceKind::Day,
        SliceKind::HourOfDay => v1::SliceKind::HourOfDay,
    }
}

/// The kind that a request asks for; `None` for all.
pub(crate) fn read_kind(value: i32, found: &mut Violations) -> Option<SliceKind> {
    let known = "SLICE_KIND_ENTITY, SLICE_KIND_PHASE, SLICE_KIND_DAY or SLICE_KIND_HOUR_OF_DAY";
    match choice(value, known, "kind", found) {
        v1::SliceKind::Unspecified => None,
        v1::SliceKind::Entity => Some(SliceKind::Entity),
        v1::SliceKind::Phase => Some(SliceKind::Phase),
        v1::SliceKind::Day => Some(SliceKind::Day),
        v1::SliceKind::HourOfDay => Some(SliceKind::HourOfDay),
    }
}
