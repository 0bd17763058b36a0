//! A source: a Postgres table or view that holds a panel, entities over time.

use crate::context::{self, SourceContext};
use crate::{Reason, Span, Violations};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a column is for. Sets of features name roles, so that they work on every source that has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ColumnRole {
    /// A plain numeric column.
    #[default]
    Value,
    /// First price of the bar.
    Open,
    /// Highest price of the bar.
    High,
    /// Lowest price of the bar.
    Low,
    /// Last price of the bar.
    Close,
    /// Traded volume of the bar.
    Volume,
}

/// The SQL type of a column, as far as the reader cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DataType {
    /// float4, float8
    Float,
    /// int2, int4, int8
    Integer,
    /// numeric
    Numeric,
    /// bool, read as 0 and 1
    Boolean,
}

/// What to do with two rows of one (entity, time).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DuplicateRule {
    /// The job fails with DUPLICATE_KEYS and the count.
    #[default]
    Refuse,
    /// The row that sorts first by all its values is kept.
    KeepFirst,
    /// The row that sorts last by all its values is kept.
    KeepLast,
}

/// One numeric column of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceColumn {
    /// The column's name in the table.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// What it is for.
    #[serde(default)]
    pub role: ColumnRole,
    /// Unit for people, e.g. `SOL`; may be empty.
    #[serde(default)]
    pub unit: String,
}

/// A lifecycle phase of a source's entities, with its own distance between bars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcePhase {
    /// The value of the phase column.
    pub id: i32,
    /// Name for people.
    pub display_name: String,
    /// Usual distance of two bars; zero for a final state.
    pub bar_interval: Span,
}

/// How a table is read as a panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSpec {
    /// SQL schema, `public` by default.
    pub schema: String,
    /// Table or view.
    pub table: String,
    /// Column that names the entity (text); `None` when the whole table is one series.
    pub entity_column: Option<String>,
    /// Column of the bar's time (timestamptz).
    pub time_column: String,
    /// Column of the lifecycle phase (integer), if there is one.
    pub phase_column: Option<String>,
    /// Column of the time at which a row was recorded (timestamptz), if there is one.
    #[serde(default)]
    pub recorded_time_column: Option<String>,
    /// The numeric columns that features and labels may use.
    pub columns: Vec<SourceColumn>,
    /// Usual distance of two bars, for rows without a phase.
    pub bar_interval: Span,
    /// What to do with two rows of one key.
    #[serde(default)]
    pub duplicate_rule: DuplicateRule,
    /// The phases, empty when the source has none.
    #[serde(default)]
    pub phases: Vec<SourcePhase>,
    /// Other sources that are seen as of each row's time, ordered by name; empty when there are none.
    #[serde(default)]
    pub contexts: Vec<SourceContext>,
}

/// Postgres cuts identifiers after 63 bytes.
const MAX_IDENTIFIER: usize = 63;

impl SourceSpec {
    /// The first column with this role.
    pub fn column_by_role(&self, role: ColumnRole) -> Option<&SourceColumn> {
        self.columns.iter().find(|column| column.role == role)
    }

    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&SourceColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column of this name; without a name, the one with the role CLOSE.
    pub fn column_or_close(&self, name: Option<&str>) -> Option<&SourceColumn> {
        match name {
            Some(name) => self.column(name),
            None => self.column_by_role(ColumnRole::Close),
        }
    }

    /// The context of this name.
    pub fn context(&self, name: &str) -> Option<&SourceContext> {
        self.contexts.iter().find(|context| context.name == name)
    }

    /// The columns that are no values: entity, time, phase and time of recording, those that there are.
    pub fn key_columns(&self) -> impl Iterator<Item = &String> {
        let keys = [
            self.entity_column.as_ref(),
            Some(&self.time_column),
            self.phase_column.as_ref(),
            self.recorded_time_column.as_ref(),
        ];
        keys.into_iter().flatten()
    }

    /// Whether rows can be read as they were known before an instant, if that is asked for.
    pub fn check_known_before(&self, known_before: Option<DateTime<Utc>>, field: &str) -> Violations {
        match (known_before, &self.recorded_time_column) {
            (Some(_), None) => Violations::one(
                field,
                Reason::InvalidField,
                format!(
                    "the source of the table {}.{} does not say when its rows were recorded; register one with a \
                     recorded_time_column, or leave this out",
                    self.schema, self.table
                ),
            ),
            _ => Violations::new(),
        }
    }

    /// The usual distance of two bars in this phase (the source's own when the phase is unknown or has none).
    pub fn bar_interval_of(&self, phase: Option<i32>) -> Span {
        let known = phase.and_then(|id| self.phases.iter().find(|p| p.id == id));
        known
            .map(|p| p.bar_interval)
            .filter(|s| !s.is_zero())
            .unwrap_or(self.bar_interval)
    }

    /// Checks what can be checked without the database; the table itself is checked by the store.
    pub fn check(&self, prefix: &str) -> Violations {
        let mut found = Violations::new();
        let named = [
            ("schema", &self.schema),
            ("table", &self.table),
            ("time_column", &self.time_column),
        ];
        for (field, value) in named {
            check_identifier(&mut found, &format!("{prefix}.{field}"), value);
        }
        let optional = [
            ("entity_column", &self.entity_column),
            ("phase_column", &self.phase_column),
            ("recorded_time_column", &self.recorded_time_column),
        ];
        for (field, value) in optional {
            if let Some(value) = value {
                check_identifier(&mut found, &format!("{prefix}.{field}"), value);
            }
        }
        if self.recorded_time_column.as_ref() == Some(&self.time_column) {
            found.invalid(
                format!("{prefix}.recorded_time_column"),
                "must be another column than the time of the bar; leave it out when only that is known",
            );
        }
        found.require(
            !self.bar_interval.is_zero(),
            &format!("{prefix}.bar_interval"),
            || "say the usual distance of two bars, e.g. 300s; it must be positive".to_owned(),
        );
        self.check_columns(prefix, &mut found);
        self.check_phases(prefix, &mut found);
        found.extend(context::check(&self.contexts, &format!("{prefix}.contexts")));
        found
    }

    fn check_columns(&self, prefix: &str, found: &mut Violations) {
        found.require(!self.columns.is_empty(), &format!("{prefix}.columns"), || {
            "the source has no numeric column; features and labels need at least one".to_owned()
        });
        found.require(self.columns.len() <= 1000, &format!("{prefix}.columns"), || {
            format!("{} columns; at most 1000 are taken", self.columns.len())
        });
        for (i, column) in self.columns.iter().enumerate() {
            let field = format!("{prefix}.columns[{i}].name");
            check_identifier(found, &field, &column.name);
            if self.key_columns().any(|name| *name == column.name) {
                found.invalid(
                    &field,
                    format!("`{}` is a key column and cannot be a value too", column.name),
                );
            }
            let twice = self.columns[..i]
                .iter()
                .any(|earlier| earlier.name == column.name);
            found.require(!twice, &field, || format!("`{}` is named twice", column.name));
            let shared =
                column.role != ColumnRole::Value && self.columns[..i].iter().any(|c| c.role == column.role);
            found.require(!shared, &format!("{prefix}.columns[{i}].role"), || {
                format!("only one column can have the role {:?}", column.role)
            });
        }
    }

    fn check_phases(&self, prefix: &str, found: &mut Violations) {
        if !self.phases.is_empty() && self.phase_column.is_none() {
            found.invalid(
                format!("{prefix}.phase_column"),
                "phases are given, but no column tells them apart",
            );
        }
        for (i, phase) in self.phases.iter().enumerate() {
            let twice = self.phases[..i].iter().any(|earlier| earlier.id == phase.id);
            found.require(!twice, &format!("{prefix}.phases[{i}].id"), || {
                format!("phase {} is named twice", phase.id)
            });
        }
    }
}

fn check_identifier(found: &mut Violations, field: &str, value: &str) {
    if value.is_empty() {
        found.add(field, Reason::InvalidField, "must not be empty");
    } else if value.len() > MAX_IDENTIFIER || value.chars().any(char::is_control) {
        found.invalid(
            field,
            format!("must be a SQL identifier of at most {MAX_IDENTIFIER} bytes without control characters"),
        );
    }
}
