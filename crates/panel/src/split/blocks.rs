//! Blocks of rows in order of time, cut only where the decision time changes.

use super::SplitError;

/// Rows in order of (decision time, position), and where each distinct decision time starts.
pub(super) struct Timeline {
    rows: Vec<u32>,
    /// Position in `rows` of the first row of each distinct time, and the number of rows at the end.
    starts: Vec<usize>,
}

impl Timeline {
    pub(super) fn of(decision: &[i64]) -> Self {
        let count = u32::try_from(decision.len()).expect("rows of a panel are numbered in 32 bits");
        let mut rows: Vec<u32> = (0..count).collect();
        rows.sort_unstable_by_key(|row| (decision[*row as usize], *row));
        let is_first = |i: &usize| *i == 0 || decision[rows[*i] as usize] != decision[rows[*i - 1] as usize];
        let mut starts: Vec<usize> = (0..rows.len()).filter(is_first).collect();
        starts.push(rows.len());
        Self { rows, starts }
    }

    /// Borders of blocks: 0, the border nearest to each share of the rows, the end. Each block has at least one distinct
    /// time; what comes out is positions for [`rows`](Self::rows).
    pub(super) fn borders(&self, shares: &[f64]) -> Result<Vec<usize>, SplitError> {
        let times = self.starts.len() - 1;
        let blocks = shares.len() + 1;
        if times < blocks {
            return Err(SplitError::TooFewTimes {
                rows: self.rows.len() as u64,
                times: times as u64,
                blocks: blocks as u64,
            });
        }
        let mut borders = vec![0];
        let mut earliest = 1;
        for (i, share) in shares.iter().enumerate() {
            // Every block still to come needs a time of its own.
            let latest = times - (shares.len() - i);
            let border = self
                .nearest(share * self.rows.len() as f64)
                .clamp(earliest, latest);
            borders.push(self.starts[border]);
            earliest = border + 1;
        }
        borders.push(self.rows.len());
        Ok(borders)
    }

    /// How many rows lie before a time: a border for [`rows`](Self::rows).
    pub(super) fn place_of(&self, time: i64, decision: &[i64]) -> usize {
        self.rows.partition_point(|row| decision[*row as usize] < time)
    }

    /// The rows between two borders, in order of time.
    pub(super) fn rows(&self, from: usize, to: usize) -> &[u32] {
        &self.rows[from..to]
    }

    /// The distinct time whose first row lies nearest to a position; of two equally near ones the earlier.
    fn nearest(&self, position: f64) -> usize {
        let after = self.starts.partition_point(|start| (*start as f64) < position);
        let after = after.min(self.starts.len() - 1);
        let far = |i: usize| (self.starts[i] as f64 - position).abs();
        if after > 0 && far(after - 1) <= far(after) {
            after - 1
        } else {
            after
        }
    }
}
