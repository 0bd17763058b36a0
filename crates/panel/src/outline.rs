//! What a panel is about, without its rows: kept when these are no longer needed.

use crate::Panel;

/// The names of a panel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outline {
    /// The entities, ordered by their bytes.
    pub entities: Vec<String>,
    /// The columns in the order in which they were read.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: u64,
    /// Those of the contexts, by their names.
    pub contexts: Vec<(String, Self)>,
}

impl Outline {
    /// That of a panel.
    pub fn of(panel: &Panel) -> Self {
        let contexts = panel.contexts().iter();
        Self {
            entities: panel.entities().to_vec(),
            columns: panel.column_names().to_vec(),
            rows: panel.rows() as u64,
            contexts: contexts
                .map(|(name, panel)| (name.clone(), Self::of(panel)))
                .collect(),
        }
    }

    /// Adds the entities of a panel that follows, with the same columns and contexts.
    pub fn append(&mut self, later: &Panel) {
        if self.columns.is_empty() && self.entities.is_empty() {
            *self = Self::of(later);
            return;
        }
        self.entities.extend_from_slice(later.entities());
        self.rows += later.rows() as u64;
    }
}
