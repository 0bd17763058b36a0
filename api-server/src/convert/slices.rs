//! An evaluation by parts of its rows.

use super::evaluation::show_metrics;
use super::field::wire_count;
use mltraining_domain::{Slice, SliceKind, Slices};
use mltraining_proto::v1;

/// All parts in one way.
pub(crate) fn show(slices: &Slices) -> v1::Slices {
    let kind = match slices.kind {
        SliceKind::Entity => v1::SliceKind::Entity,
        SliceKind::Phase => v1::SliceKind::Phase,
        SliceKind::Day => v1::SliceKind::Day,
        SliceKind::HourOfDay => v1::SliceKind::HourOfDay,
    };
    let slice = |slice: &Slice| v1::Slice {
        value: slice.value.clone(),
        metrics: Some(show_metrics(&slice.metrics)),
    };
    v1::Slices {
        kind: kind.into(),
        slices: slices.slices.iter().map(slice).collect(),
        other_values: wire_count(slices.other_values),
        other_rows: wire_count(slices.other_rows),
    }
}
