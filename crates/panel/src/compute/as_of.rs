//! A feature of a context joined to the rows of a panel: at each row the newest value that is known and not too old.

use super::bound;
use crate::Panel;
use crate::catalogue::AsOf;
use std::ops::Range;

/// A context's feature, computed on the context's own rows, with what joins it to the panel's.
pub(super) struct Joined<'a> {
    /// Times of the panel's rows.
    rows: &'a [i64],
    /// Times of the context's rows, rising.
    times: &'a [i64],
    /// The feature at each of them.
    values: Vec<f64>,
    delay: i64,
    max_age: i64,
}

impl<'a> Joined<'a> {
    /// # Panics
    /// When the panel lacks the context, or the context holds more than one series.
    pub(super) fn to(panel: &'a Panel, as_of: &AsOf) -> Self {
        let context = panel
            .context(&as_of.context)
            .expect("a panel is read with the contexts of its plan");
        assert!(context.entities().len() <= 1, "a context is one series");
        Self {
            rows: panel.times(),
            times: context.times(),
            values: bound::values(context, &as_of.feature),
            delay: as_of.availability_delay.micros(),
            max_age: as_of.max_age.micros(),
        }
    }

    /// Fills `out`, all NaN before, for the rows of one entity: pandas' `merge_asof(direction="backward")` on the time at which
    /// a context row is known, with the maximum age as tolerance.
    pub(super) fn fill(&self, rows: Range<usize>, out: &mut [f64]) {
        let Some(first) = self.rows[rows.clone()].first() else {
            return;
        };
        let mut next = self.known_at(*first);
        for (value, at) in out.iter_mut().zip(&self.rows[rows]) {
            while next < self.times.len() && self.times[next].saturating_add(self.delay) <= *at {
                next += 1;
            }
            let newest = next.checked_sub(1);
            let fresh = newest.filter(|row| at.saturating_sub(self.times[*row]) <= self.max_age);
            *value = fresh.map_or(f64::NAN, |row| self.values[row]);
        }
    }

    /// How many rows of the context are known at a time.
    fn known_at(&self, at: i64) -> usize {
        self.times
            .partition_point(|time| time.saturating_add(self.delay) <= at)
    }
}
