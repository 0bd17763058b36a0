//! A row of `source` as a [`Source`].

use super::Source;
use crate::{StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{DuplicateRule, SourceSpec};
use serde_json::Value;
use uuid::Uuid;

/// What `sources/get.sql` and `sources/list.sql` return.
pub(super) struct SourceRow {
    pub(super) project: String,
    pub(super) id: String,
    pub(super) uid: Uuid,
    pub(super) display_name: String,
    pub(super) schema_name: String,
    pub(super) table_name: String,
    pub(super) entity_column: Option<String>,
    pub(super) time_column: String,
    pub(super) phase_column: Option<String>,
    pub(super) recorded_time_column: Option<String>,
    pub(super) bar_interval_micros: i64,
    pub(super) duplicate_rule: String,
    pub(super) columns: Value,
    pub(super) phases: Value,
    pub(super) contexts: Value,
    pub(super) created_at: DateTime<Utc>,
    pub(super) updated_at: DateTime<Utc>,
    pub(super) revision: i64,
}

/// The stored words of the rules, those of their JSON form.
const RULES: [(DuplicateRule, &str); 3] = [
    (DuplicateRule::Refuse, "REFUSE"),
    (DuplicateRule::KeepFirst, "KEEP_FIRST"),
    (DuplicateRule::KeepLast, "KEEP_LAST"),
];

pub(super) fn rule_word(rule: DuplicateRule) -> &'static str {
    let found = RULES.iter().find(|(known, _)| *known == rule);
    found.expect("every rule is in the table").1
}

impl SourceRow {
    pub(super) fn into_source(self) -> Result<Source, StoreError> {
        let rule = RULES.iter().find(|(_, word)| *word == self.duplicate_rule);
        let rule = stored::word("source.duplicate_rule", &self.duplicate_rule, rule)?.0;
        Ok(Source {
            project: stored::parse("source.project", &self.project)?,
            id: stored::parse("source.id", &self.id)?,
            uid: self.uid,
            display_name: self.display_name,
            spec: SourceSpec {
                schema: self.schema_name,
                table: self.table_name,
                entity_column: self.entity_column,
                time_column: self.time_column,
                phase_column: self.phase_column,
                recorded_time_column: self.recorded_time_column,
                columns: stored::json("source.columns", self.columns)?,
                bar_interval: stored::span("source.bar_interval", self.bar_interval_micros)?,
                duplicate_rule: rule,
                phases: stored::json("source_phase", self.phases)?,
                contexts: stored::json("source_context", self.contexts)?,
            },
            created_at: self.created_at,
            updated_at: self.updated_at,
            revision: self.revision,
        })
    }
}
