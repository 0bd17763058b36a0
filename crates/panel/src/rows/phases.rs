//! The phase of each row in a byte: a source has few phases, and a training holds those of all its rows.

/// So many are told apart by a byte.
const MOST: usize = 256;

/// The phase of each row, in the order of the rows; a row may have none.
#[derive(Debug, Clone, Default)]
pub struct RowPhases {
    /// Those that there are, in the order in which they came.
    known: Vec<Option<i32>>,
    /// Of each row the place among these; empty once there are too many.
    places: Vec<u8>,
    /// Of each row the phase itself, once there are too many.
    wide: Vec<Option<i32>>,
}

impl RowPhases {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.places.len() + self.wide.len() // one of the two is empty
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The phase of a row.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn get(&self, row: usize) -> Option<i32> {
        match self.places.get(row) {
            Some(place) => self.known[usize::from(*place)],
            None => self.wide[row],
        }
    }

    /// Adds a row.
    pub fn push(&mut self, phase: Option<i32>) {
        if !self.wide.is_empty() {
            self.wide.push(phase);
            return;
        }
        let found = self.known.iter().position(|known| *known == phase);
        let place = found.unwrap_or_else(|| {
            self.known.push(phase);
            self.known.len() - 1
        });
        if place < MOST {
            self.places.push(place as u8);
        } else {
            self.wide = self.iter().collect();
            self.wide.push(phase);
            self.places = Vec::new();
        }
    }

    /// The phases of all rows.
    pub fn iter(&self) -> impl Iterator<Item = Option<i32>> {
        (0..self.len()).map(|row| self.get(row))
    }

    /// Adds rows without a phase until there are so many.
    pub(super) fn fill(&mut self, rows: usize) {
        while self.len() < rows {
            self.push(None);
        }
    }

    /// Adds the rows of another.
    pub(super) fn append(&mut self, other: &Self) {
        other.iter().for_each(|phase| self.push(phase));
    }
}

/// What the rows have, however it is held.
impl PartialEq for RowPhases {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl FromIterator<Option<i32>> for RowPhases {
    fn from_iter<T: IntoIterator<Item = Option<i32>>>(rows: T) -> Self {
        let mut phases = Self::default();
        rows.into_iter().for_each(|phase| phases.push(phase));
        phases
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_phase_that_it_was_given_however_many_there_are() {
        for count in [1, 3, 255, 256, 257, 1000] {
            let of = |row: i32| (row % 5 != 0).then_some(row * 7 % count - 2);
            let given: Vec<Option<i32>> = (0..3000).map(of).collect();
            let held: RowPhases = given.iter().copied().collect();
            assert_eq!(held.iter().collect::<Vec<_>>(), given, "{count} phases");
            assert_eq!(held.len(), 3000);
            let is_narrow = held.wide.is_empty();
            assert_eq!(is_narrow, held.known.len() <= MOST, "{count} phases");
            let mut twice = held.clone();
            twice.append(&held);
            twice.fill(6001);
            assert_eq!((twice.get(3001), twice.get(6000)), (held.get(1), None));
            assert_ne!(twice, held);
        }
    }

    #[test]
    fn the_same_phases_are_equal_in_whatever_order_they_came() {
        let mut one: RowPhases = [Some(1), Some(2)].into_iter().collect();
        let other: RowPhases = [Some(2)].into_iter().collect();
        one = one.iter().skip(1).collect::<RowPhases>();
        assert_eq!(one, other);
        let mut behind: RowPhases = [Some(2), Some(1)].into_iter().collect();
        behind.append(&other);
        assert_eq!(behind.iter().collect::<Vec<_>>(), [Some(2), Some(1), Some(2)]);
    }
}
