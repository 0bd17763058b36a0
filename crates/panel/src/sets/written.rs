//! Sets that are written down as features with blanks.

use crate::catalogue::{self, PlannedFeature};
use mltraining_domain::{ColumnRole, FeatureExpr, SourceSpec, Window};

/// Blanks that stand for the source's column of a role.
const ROLES: &[(&str, ColumnRole)] = &[
    ("{open}", ColumnRole::Open),
    ("{high}", ColumnRole::High),
    ("{low}", ColumnRole::Low),
    ("{close}", ColumnRole::Close),
    ("{volume}", ColumnRole::Volume),
];
/// The blank that stands for each window in turn.
const WINDOW: &str = "{w}";
/// One that fits every family.
const ANY_WINDOW: &str = "5";

/// Fills the blanks. What this source cannot give is left out: features of columns that it lacks, and windows that do not
/// fit a family.
pub(super) fn write_out(features: &[&str], source: &SourceSpec, windows: &[Window]) -> Vec<FeatureExpr> {
    let each = features.iter().flat_map(|feature| {
        let feature = with_columns(feature, source);
        if !feature.contains(WINDOW) {
            return vec![feature];
        }
        let over = windows.iter().map(ToString::to_string);
        over.map(|window| feature.replace(WINDOW, &window)).collect()
    });
    let planned = each.filter_map(|text| planned(&text, source));
    planned.map(|feature| feature.expr).collect()
}

/// Those that this source cannot give over any window, with the roles and windows in the place of blanks.
pub(super) fn left_out(features: &[&str], source: &SourceSpec) -> Vec<String> {
    let lacking = features.iter().filter(|feature| {
        let text = with_columns(feature, source).replace(WINDOW, ANY_WINDOW);
        planned(&text, source).is_none()
    });
    let shown = |feature: &&str| {
        let roles = ROLES.iter().fold((*feature).to_owned(), |text, (blank, _)| {
            text.replace(blank, &blank.trim_matches(['{', '}']).to_uppercase())
        });
        roles.replace(WINDOW, "w")
    };
    lacking.map(shown).collect()
}

/// A column that is not there leaves its blank, which is the name of nothing.
fn with_columns(feature: &str, source: &SourceSpec) -> String {
    let fill = |text: String, (blank, role): &(&str, ColumnRole)| match source.column_by_role(*role) {
        Some(column) => text.replace(blank, &column.name),
        None => text,
    };
    ROLES.iter().fold(feature.to_owned(), fill)
}

fn planned(text: &str, source: &SourceSpec) -> Option<PlannedFeature> {
    catalogue::plan_one(&text.parse().ok()?, source).ok()
}
