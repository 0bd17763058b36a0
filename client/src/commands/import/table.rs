//! The table that is made of the files, and its rows.

use super::header::{ENTITY, TIME};
use super::row::Row;
use crate::load::quoted;
use crate::when;
use chrono::{DateTime, Utc};
use mltraining_domain::Span;
use mltraining_proto::v1;
use mltraining_store::load::{ColumnDefinition, ColumnType, Nullable, TableDefinition};
use std::fmt::Write;

/// What the table is like.
pub(super) struct Shape {
    pub(super) schema: String,
    pub(super) table: String,
    /// The value columns.
    pub(super) values: Vec<String>,
    /// Usual distance of two bars.
    pub(super) bar: Span,
    /// What is added to the times of the files.
    pub(super) shift: Span,
}

impl Shape {
    /// The table: entity, time, and a double for each value.
    pub(super) fn definition(&self) -> TableDefinition {
        let column = |name: &str, column_type, nullable| ColumnDefinition {
            name: name.to_owned(),
            column_type,
            nullable,
        };
        let mut columns = vec![
            column(ENTITY, ColumnType::Text, Nullable::No),
            column(TIME, ColumnType::TimestampTz, Nullable::No),
        ];
        columns.extend(
            self.values
                .iter()
                .map(|name| column(name, ColumnType::Float8, Nullable::Yes)),
        );
        TableDefinition {
            schema: self.schema.clone(),
            table: self.table.clone(),
            columns,
            index: vec![ENTITY.to_owned(), TIME.to_owned()],
        }
    }

    /// The source that reads it.
    pub(super) fn source(&self) -> v1::Source {
        let column = |name: &String| v1::SourceColumn {
            name: name.clone(),
            role: role(name).into(),
            ..v1::SourceColumn::default()
        };
        v1::Source {
            schema: self.schema.clone(),
            table: self.table.clone(),
            entity_column: ENTITY.to_owned(),
            time_column: TIME.to_owned(),
            columns: self.values.iter().map(column).collect(),
            bar_interval: Some(when::duration(self.bar)),
            ..v1::Source::default()
        }
    }

    /// A row as a line of CSV.
    pub(super) fn line(&self, row: &Row<'_>) -> String {
        let at = row.time.saturating_add(self.shift.micros());
        let at = DateTime::<Utc>::from_timestamp_micros(at).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let mut line = format!("{},{}", quoted(row.entity), at.format("%Y-%m-%dT%H:%M:%S%.6fZ"));
        for value in &row.values {
            line.push(',');
            if let Some(value) = value {
                write!(line, "{value:e}").expect("a String takes all");
            }
        }
        line
    }
}

/// The role that a name tells.
fn role(name: &str) -> v1::ColumnRole {
    match name {
        "open" => v1::ColumnRole::Open,
        "high" => v1::ColumnRole::High,
        "low" => v1::ColumnRole::Low,
        "close" => v1::ColumnRole::Close,
        "volume" => v1::ColumnRole::Volume,
        _ => v1::ColumnRole::Unspecified,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(shift: Span) -> Shape {
        Shape {
            schema: "public".to_owned(),
            table: "candles".to_owned(),
            values: vec!["close".to_owned(), "x".to_owned()],
            bar: Span::from_mins(5),
            shift,
        }
    }

    #[test]
    fn a_row_keeps_its_values_to_the_last_bit() {
        let values = vec![Some(5.330000000000001e-05), None];
        let row = Row {
            entity: "A\"B,C",
            time: 1_515_560_100_000_000,
            values,
        };
        assert_eq!(
            shape(Span::ZERO).line(&row),
            "\"A\"\"B,C\",2018-01-10T04:55:00.000000Z,5.330000000000001e-5,"
        );
        let moved = shape(Span::from_mins(5)).line(&row);
        assert!(moved.contains("2018-01-10T05:00:00"), "{moved}");
    }

    #[test]
    fn the_source_reads_the_table_with_roles_by_name() {
        let source = shape(Span::ZERO).source();
        let roles: Vec<v1::ColumnRole> = source.columns.iter().map(v1::SourceColumn::role).collect();
        assert_eq!(roles, [v1::ColumnRole::Close, v1::ColumnRole::Unspecified]);
        assert_eq!(source.bar_interval.unwrap().seconds, 300);
        assert_eq!(shape(Span::ZERO).definition().columns.len(), 4);
    }
}
