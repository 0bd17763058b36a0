//! Rows that could be traded, gathered beside the labelled ones: a model would have scored a row whether or not its label came to be
//! known, and leaving those out would trade by what came later.

use super::over;
use crate::train::scratch::Scratch;
use crate::work::WorkError;
use mltraining_domain::RoundTrip;
use mltraining_learn::matrix::Matrix;
use mltraining_panel::Panel;
use mltraining_panel::catalogue::FeaturePlan;
use mltraining_panel::rows::{self, LabelledRows};
use mltraining_panel::trips;
use std::io;

/// Every row that could be traded, in the order of entity and time, and the features of those that have no known label.
#[derive(Debug)]
pub struct Tradable {
    /// The rows.
    pub rows: Vec<TradableRow>,
    /// Features of the rows without a known label, in their order.
    pub unlabelled: Matrix,
}

/// A row that could be traded.
#[derive(Debug, Clone, Copy)]
pub struct TradableRow {
    /// Number of its entity among those read.
    pub entity: u32,
    /// Decision time, microseconds since 1970-01-01 UTC.
    pub decision: i64,
    /// Where its features are.
    pub known: Known,
    /// What a position would have brought.
    pub trip: RoundTrip,
}

/// Where the features of a row are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// In the matrix of labelled rows, at this place.
    Labelled(u32),
    /// In that of the others.
    Unlabelled(u32),
}

/// Rows of a batch whose features are wanted.
pub(super) struct Wanted {
    /// Their places in the panel, rising.
    pub rows: Vec<u32>,
    /// Whether each has a known label.
    is_labelled: Vec<bool>,
}

/// What is gathered so far.
pub(super) struct Gathering {
    from: i64,
    rows: Vec<TradableRow>,
    unlabelled: Scratch,
    entities: u32,
    labelled: u32,
    others: u32,
}

impl Gathering {
    /// Nothing yet; `None` when no row is to be traded.
    pub(super) fn begin(of: &super::Gathering<'_>) -> io::Result<Option<Self>> {
        let begin = |from| {
            Ok(Self {
                from,
                rows: Vec::new(),
                unlabelled: Scratch::create(of.scratch, of.plan.features.len())?,
                entities: 0,
                labelled: 0,
                others: 0,
            })
        };
        of.tradable_from.map(begin).transpose()
    }

    /// Takes what a batch holds, and says which features are wanted of it.
    pub(super) fn take(
        &mut self,
        of: &super::Gathering<'_>,
        panel: &Panel,
        labelled: &LabelledRows,
    ) -> Wanted {
        let end = of.spec.range.known_end_micros(of.spec.known_before);
        let trips = trips::round_trips(panel, &of.spec.label, of.source, end);
        let mut wanted = Wanted {
            rows: Vec::with_capacity(labelled.panel_rows.len()),
            is_labelled: Vec::with_capacity(labelled.panel_rows.len()),
        };
        let mut known = labelled.panel_rows.iter().copied().peekable();
        for entity in 0..panel.entities().len() {
            for row in panel.range_of(entity) {
                let place = row as u32; // rows of a panel are numbered in 32 bits
                let is_labelled = known.next_if_eq(&place).is_some();
                let decision = panel.times()[row];
                let is_tradable =
                    decision >= self.from && (is_labelled || rows::is_wanted(panel, row, of.spec));
                if is_tradable {
                    self.rows.push(TradableRow {
                        entity: self.entities,
                        decision,
                        known: match is_labelled {
                            true => Known::Labelled(self.labelled),
                            false => Known::Unlabelled(self.others),
                        },
                        trip: trips[row],
                    });
                }
                if is_labelled || is_tradable {
                    wanted.rows.push(place);
                    wanted.is_labelled.push(is_labelled);
                }
                self.labelled += u32::from(is_labelled);
                self.others += u32::from(is_tradable && !is_labelled);
            }
            self.entities += 1;
        }
        wanted
    }

    /// Keeps the features of rows without a label, and gives those of the others.
    pub(super) fn part(&mut self, wanted: &Wanted, columns: Vec<Vec<f32>>) -> io::Result<Vec<Vec<f32>>> {
        let parted = columns.into_iter().map(|column| {
            let (mut labelled, mut others) = (Vec::with_capacity(column.len()), Vec::new());
            for (value, is_labelled) in column.into_iter().zip(&wanted.is_labelled) {
                match is_labelled {
                    true => labelled.push(value),
                    false => others.push(value),
                }
            }
            (labelled, others)
        });
        let (labelled, others): (Vec<_>, Vec<_>) = parted.unzip();
        self.unlabelled.append(&others)?;
        Ok(labelled)
    }

    /// All of it.
    pub(super) fn end(self, plan: &FeaturePlan) -> Result<Tradable, WorkError> {
        Ok(Tradable {
            rows: self.rows,
            unlabelled: over(plan, self.unlabelled)?,
        })
    }
}
