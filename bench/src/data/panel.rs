//! What is read and computed: `coin_metrics`, four columns in five ways over three windows, and whether the price rises by a
//! tenth within ten minutes.

use chrono::{DateTime, TimeZone, Utc};
use mltraining_domain::{
    ChangeAtHorizon, ColumnRole, DataType, Direction, DuplicateRule, FeatureExpr, FeatureSpec, LabelSpec,
    SourceColumn, SourcePhase, SourceSpec, Span, TimeRange,
};
use mltraining_panel::catalogue::{self, FeaturePlan};
use mltraining_store::reader::PanelQuery;
use std::time::Duration;

/// The columns that features are made of; the peers' script has the same.
const COLUMNS: [&str; 4] = ["price_close", "volume_sol", "buy_volume_sol", "net_volume_sol"];
/// The families; the peers' script has the same.
const FAMILIES: [&str; 5] = [
    "rolling_mean",
    "rolling_std",
    "rolling_max",
    "z_score",
    "pct_change",
];
/// The windows, in bars; the peers' script has the same.
const WINDOWS: [u32; 3] = [5, 10, 15];

/// The table as a source.
pub(super) fn source() -> SourceSpec {
    let column = |name: &&str| SourceColumn {
        name: (*name).to_owned(),
        data_type: DataType::Numeric,
        role: if *name == "price_close" {
            ColumnRole::Close
        } else {
            ColumnRole::Value
        },
        unit: String::new(),
    };
    let phase = |(id, seconds): (i32, u32)| SourcePhase {
        id,
        display_name: id.to_string(),
        bar_interval: Span::from_secs(seconds),
    };
    SourceSpec {
        schema: "public".to_owned(),
        table: "coin_metrics".to_owned(),
        entity_column: Some("mint".to_owned()),
        recorded_time_column: None,
        contexts: Vec::new(),
        time_column: "timestamp".to_owned(),
        phase_column: Some("phase_id_at_time".to_owned()),
        columns: COLUMNS.iter().map(column).collect(),
        bar_interval: Span::from_secs(60),
        duplicate_rule: DuplicateRule::KeepFirst,
        phases: [(1, 5), (2, 30), (3, 60), (99, 0), (100, 0)].map(phase).to_vec(),
    }
}

/// All of its rows.
fn range() -> TimeRange {
    let day = |year| -> DateTime<Utc> {
        Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0)
            .single()
            .unwrap_or_default()
    };
    TimeRange {
        start: day(2025),
        end: day(2027),
    }
}

/// Sixty features.
pub(crate) fn features() -> FeatureSpec {
    let mut features = Vec::new();
    for column in COLUMNS {
        for family in FAMILIES {
            for window in WINDOWS {
                features.push(FeatureExpr {
                    head: family.to_owned(),
                    arguments: vec![column.to_owned(), window.to_string()],
                });
            }
        }
    }
    FeatureSpec {
        sets: Vec::new(),
        features,
        windows: Vec::new(),
        exclude: Vec::new(),
    }
}

/// The features on the source.
///
/// # Errors
/// When one does not fit, which a change of the catalogue may cause.
pub(super) fn plan() -> anyhow::Result<FeaturePlan> {
    catalogue::resolve(&features(), &source(), &label(), "spec.features")
        .map_err(|found| anyhow::anyhow!("{found}"))
}

/// All rows with the columns of the plan.
pub(super) fn query<'a>(source: &'a SourceSpec, plan: &'a FeaturePlan) -> PanelQuery<'a> {
    PanelQuery {
        source,
        columns: plan.columns(),
        range: range(),
        look_back: plan.look_back(),
        entities: &[],
        known_before: None,
        contexts: &[],
        max_rows: u64::from(u32::MAX),
        timeout: Duration::from_secs(600),
    }
}

/// The label.
pub(super) fn label() -> LabelSpec {
    LabelSpec::ChangeAtHorizon(ChangeAtHorizon {
        column: None,
        change: 0.1,
        direction: Direction::Up,
        horizon: Span::from_mins(10),
        tolerance: Some(Span::from_secs(90)),
    })
}
