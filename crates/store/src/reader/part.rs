//! A part of a read: the rows of the source, or those of one of its contexts.

use super::PanelQuery;
use crate::source_sql::{self, Entities, Order, Rows};
use chrono::{DateTime, TimeDelta, Utc};
use mltraining_domain::{SourceSpec, TimeRange};
use mltraining_panel::catalogue::{LookBack, PlannedContext};

/// One table and which of its rows and columns are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    /// What is read; the entities stand in a setting.
    pub(super) rows: Rows<'a>,
    /// The value columns.
    pub(super) columns: &'a [String],
    /// Only these entities; empty means all.
    pub(super) entities: &'a [String],
    /// The context that it is; `None` for the source itself.
    pub(super) context: Option<&'a PlannedContext>,
}

impl<'a> Part<'a> {
    /// The rows of the source.
    pub(super) fn of(query: &PanelQuery<'a>) -> Self {
        Self {
            rows: Rows {
                source: query.source,
                range: query.range,
                look_back: query.look_back,
                until: None,
                known_before: query.known_before,
                entities: chosen(query.entities),
            },
            columns: query.columns,
            entities: query.entities,
            context: None,
        }
    }

    /// The rows of a context that can be seen from the rows of the source, of which `earliest` is the time of the first.
    pub(super) fn of_context(
        query: &PanelQuery<'a>,
        context: &'a PlannedContext,
        earliest: DateTime<Utc>,
    ) -> Self {
        let back = TimeDelta::microseconds(context.max_age.micros());
        let start = earliest
            .checked_sub_signed(back)
            .unwrap_or(DateTime::<Utc>::MIN_UTC);
        Self {
            rows: Rows {
                source: &context.source,
                range: TimeRange {
                    start,
                    end: query.range.end,
                },
                look_back: context.look_back,
                until: None,
                known_before: query.known_before,
                entities: chosen(&context.entities),
            },
            columns: &context.columns,
            entities: &context.entities,
            context: Some(context),
        }
    }

    /// The part before a time, history included, and from it on; `None` when one of them would be empty for certain.
    pub(super) fn halves(&self, middle: DateTime<Utc>) -> Option<[Self; 2]> {
        let range = self.rows.range;
        (range.start < middle && middle < range.end).then(|| {
            let (mut first, mut second) = (*self, *self);
            first.rows.until = Some(middle);
            second.rows.range.start = middle;
            second.rows.look_back = LookBack::NONE;
            [first, second]
        })
    }

    /// How the part is read.
    pub(super) fn source(&self) -> &'a SourceSpec {
        self.rows.source
    }

    /// The field of the source, or of its context, for errors.
    pub(super) fn field(&self) -> String {
        match self.context {
            None => "source".to_owned(),
            Some(context) => format!("source.contexts[{}]", context.name),
        }
    }

    /// The COPY.
    pub(super) fn statement(&self, order: Order) -> String {
        source_sql::copy(&self.rows, self.columns, order)
    }
}

fn chosen(entities: &[String]) -> Entities {
    if entities.is_empty() {
        Entities::All
    } else {
        Entities::Listed
    }
}
