//! Rows of a part as they arrive.

use crate::source_sql::Order;
use mltraining_domain::DuplicateRule;
use mltraining_panel::{Gathered, LooseRows, Panel, PanelBuilder, PanelError};

/// What becomes a panel.
#[derive(Debug)]
pub(super) enum Arriving {
    /// In the panel's order: whole entities can go on before the others are there.
    InOrder(Box<PanelBuilder>),
    /// In any order: nothing is known before all of them are there.
    Loose(LooseRows),
}

impl Arriving {
    pub(super) fn new(columns: Vec<String>, rule: DuplicateRule, order: Order) -> Self {
        match order {
            Order::OfThePanel => Self::InOrder(Box::new(PanelBuilder::new(columns, rule))),
            Order::AsTheyCome => Self::Loose(LooseRows::new(columns)),
        }
    }

    pub(super) fn push(
        &mut self,
        entity: &str,
        time_micros: i64,
        phase: Option<i32>,
        values: &[f64],
    ) -> Result<(), PanelError> {
        match self {
            Self::InOrder(builder) => builder.push(entity, time_micros, phase, values),
            Self::Loose(rows) => rows.push(entity, time_micros, phase, values),
        }
    }

    /// Rows so far.
    pub(super) fn arrived(&self) -> u64 {
        match self {
            Self::InOrder(builder) => builder.arrived(),
            Self::Loose(rows) => rows.rows() as u64,
        }
    }

    /// Of them those that were not handed over.
    pub(super) fn held(&self) -> u64 {
        match self {
            Self::InOrder(builder) => builder.held_rows() as u64,
            Self::Loose(rows) => rows.rows() as u64,
        }
    }

    /// The whole entities that are held, once they have so many rows; never of loose rows.
    pub(super) fn take_whole(&mut self, rows: usize) -> Option<Panel> {
        match self {
            Self::InOrder(builder) => (builder.whole_rows() >= rows).then(|| builder.take_whole()),
            Self::Loose(_) => None,
        }
    }

    /// The rows that are held, as a panel, and the fingerprint of all.
    pub(super) fn finish(self, rule: DuplicateRule) -> Result<Gathered, PanelError> {
        match self {
            Self::Loose(rows) => rows.finish(rule),
            Self::InOrder(builder) => {
                let duplicates = builder.duplicates();
                let (panel, fingerprint) = builder.finish()?;
                Ok(Gathered {
                    panel,
                    fingerprint,
                    duplicates,
                })
            }
        }
    }
}
