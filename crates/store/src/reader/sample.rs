//! Reading some of the entities: whole ones, chosen once the keys of all are there.

use super::reading::Reading;
use super::{PanelQuery, PanelRead, PanelRows, ReadError, ReadProgress, read};
use crate::Store;
use mltraining_domain::{DuplicateRule, SourceSpec};
use mltraining_panel::{Duplicates, Panel, sampled};
use std::ops::ControlFlow;

/// What was read of some of the entities, and what was found of all.
#[derive(Debug)]
pub struct PanelSample {
    /// The rows of the chosen entities.
    pub read: PanelRead,
    /// Rows that the query finds, those that repeat a key left out, and those of the contexts that were read.
    pub rows: PanelRows,
    /// Entities that it finds.
    pub entities: u64,
    /// Rows that repeat the key of another; `None` without one.
    pub duplicates: Option<Duplicates>,
}

/// What is being read of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleStep {
    /// Entity, time and phase of all rows.
    Keys,
    /// The rows of the chosen entities.
    Rows,
}

/// Hears of the progress of each step, as [`Store::read_panel`] tells of one.
pub type OnSample<'a> = &'a mut (dyn FnMut(SampleStep, ReadProgress) -> ControlFlow<()> + Send);

impl Store {
    /// Reads the keys of all rows that a query finds, then whole entities, chosen by a hash of their names, until there are `most` rows
    /// or more ([`sampled`]); all of them when there are no more. Both in one snapshot. `max_rows` of the query is held against all rows, as
    /// if they were read. Repeated keys are counted and never refused. Otherwise as [`read_panel`](Self::read_panel).
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn read_sample(
        &self,
        query: &PanelQuery<'_>,
        most: u64,
        on_rows: OnSample<'_>,
    ) -> Result<PanelSample, ReadError> {
        let source = counting(query.source);
        let work = async {
            let mut reading = Reading::begin(self).await?;
            let of_keys = PanelQuery {
                source: &source,
                columns: &[],
                contexts: &[],
                ..*query
            };
            let keys = self
                .part_of_sample(&mut reading, &of_keys, &mut |at| on_rows(SampleStep::Keys, at))
                .await?;
            let (chosen, entities) = (choose(&keys.panel, most), keys.panel.entities().len() as u64);
            drop(keys.panel);
            let some = PanelQuery {
                source: &source,
                entities: chosen.as_deref().unwrap_or(query.entities),
                ..*query
            };
            let read = self
                .part_of_sample(&mut reading, &some, &mut |at| on_rows(SampleStep::Rows, at))
                .await?;
            reading.end().await?;
            let rows = PanelRows {
                context: read.rows.context,
                ..keys.rows
            };
            rows.within(query.max_rows)?;
            Ok(PanelSample {
                rows,
                entities,
                duplicates: keys.duplicates,
                read,
            })
        };
        self.patiently("reader.sample", query, 2 + query.contexts.len(), work)
            .await
    }

    async fn part_of_sample(
        &self,
        reading: &mut Reading,
        query: &PanelQuery<'_>,
        on_rows: &mut (dyn FnMut(ReadProgress) -> ControlFlow<()> + Send),
    ) -> Result<PanelRead, ReadError> {
        let (parts, expected) = read::foresee(reading.first(), query).await?;
        expected.within(query.max_rows)?;
        read::whole(self, reading, query, parts, expected, on_rows).await
    }
}

/// The source with a rule for rows that share a key, so that they are counted and others are read as well.
fn counting(source: &SourceSpec) -> SourceSpec {
    let mut source = source.clone();
    if source.duplicate_rule == DuplicateRule::Refuse {
        source.duplicate_rule = DuplicateRule::KeepFirst;
    }
    source
}

/// The entities to read; `None` for all.
fn choose(keys: &Panel, most: u64) -> Option<Vec<String>> {
    if keys.rows() as u64 <= most {
        return None;
    }
    let named = keys.entities().iter().enumerate();
    let named: Vec<(&str, u64)> = named
        .map(|(entity, name)| (name.as_str(), keys.range_of(entity).len() as u64))
        .collect();
    let chosen = sampled(&named, most).into_iter();
    Some(chosen.map(|entity| named[entity].0.to_owned()).collect())
}
