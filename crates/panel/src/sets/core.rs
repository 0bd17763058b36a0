//! The default set: enough to say something about any panel, and small enough to be read by a person.

use crate::catalogue::{FeatureSet, family};
use mltraining_domain::{ColumnRole, FeatureExpr, SourceSpec, Window};

pub(super) static SET: FeatureSet = FeatureSet {
    name: "core",
    description: "every column as it is; the CLOSE column's returns, moments and extremes over each window; the VOLUME \
                  column's sums and spikes; distance to and time since the highest HIGH (or CLOSE); hour of the day; phase",
    families: &[
        "hour_of_day",
        "log_return",
        "pct_change",
        "phase",
        "ratio_to_mean",
        "raw",
        "rolling_max",
        "rolling_mean",
        "rolling_min",
        "rolling_std",
        "rolling_sum",
        "running_max_distance",
        "time_since_running_max",
        "z_score",
    ],
    expand,
    left_out: |_| Vec::new(),
};

const OF_CLOSE: &[&str] = &[
    "log_return",
    "pct_change",
    "ratio_to_mean",
    "z_score",
    "rolling_std",
    "rolling_min",
    "rolling_max",
    "rolling_mean",
];
const OF_VOLUME: &[&str] = &["rolling_sum", "ratio_to_mean", "z_score"];
const OF_HIGHEST: &[&str] = &["running_max_distance", "time_since_running_max"];

/// Columns whose names cannot be written as a feature (with parentheses or commas) are left out, and so are windows that
/// are too short for a family.
fn expand(source: &SourceSpec, windows: &[Window]) -> Vec<FeatureExpr> {
    let columns = source.columns.iter().map(|column| column.name.as_str());
    let mut features: Vec<FeatureExpr> = columns.filter_map(bare).collect();
    let role = |role| source.column_by_role(role).map(|column| column.name.as_str());
    if let Some(close) = role(ColumnRole::Close).filter(|name| bare(name).is_some()) {
        features.extend(of("log_return", close, Some(Window::Bars(1))));
        features.extend(windowed(OF_CLOSE, close, windows));
    }
    if let Some(volume) = role(ColumnRole::Volume).filter(|name| bare(name).is_some()) {
        features.extend(windowed(OF_VOLUME, volume, windows));
    }
    let highest = role(ColumnRole::High).or_else(|| role(ColumnRole::Close));
    if let Some(highest) = highest.filter(|name| bare(name).is_some()) {
        features.extend(OF_HIGHEST.iter().filter_map(|head| of(head, highest, None)));
    }
    features.extend(bare("hour_of_day"));
    features.extend(source.phase_column.as_ref().and_then(|_| bare("phase")));
    let mut seen = std::collections::HashSet::new();
    features.retain(|feature| seen.insert(feature.clone()));
    features
}

/// Each family over each window.
fn windowed(heads: &[&str], column: &str, windows: &[Window]) -> Vec<FeatureExpr> {
    let over = |head: &&str| {
        let head = *head;
        windows
            .iter()
            .filter_map(move |window| of(head, column, Some(*window)))
            .collect::<Vec<_>>()
    };
    heads.iter().flat_map(over).collect()
}

fn of(head: &str, column: &str, window: Option<Window>) -> Option<FeatureExpr> {
    let family = family(head)?;
    let fits = window.is_none_or(|window| family.allows(window));
    let column = std::iter::once(column.to_owned());
    fits.then(|| FeatureExpr {
        head: head.to_owned(),
        arguments: column.chain(window.map(|window| window.to_string())).collect(),
    })
}

/// A bare name, if it reads back as itself.
fn bare(name: &str) -> Option<FeatureExpr> {
    let feature = FeatureExpr::bare(name);
    (name.parse().as_ref() == Ok(&feature)).then_some(feature)
}
