//! The values of features on a disk while a job runs: every fold reads them anew, and memory holds only what it makes of them.

use mltraining_learn::matrix::Columns;
use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes that are read and decoded at a time.
const BLOCK: usize = 256 * 1024;
/// Bytes of a value.
const VALUE: usize = size_of::<f32>();

/// A file without a name, which vanishes with its process however that ends. Values are little-endian f32, batch after batch,
/// within a batch column by column.
#[derive(Debug)]
pub(super) struct Scratch {
    file: File,
    features: usize,
    /// First row of each batch, and the number of rows at the end.
    starts: Vec<usize>,
}

impl Scratch {
    /// An empty one, for so many columns.
    ///
    /// # Errors
    /// When the folder takes no file.
    pub(super) fn create(folder: &Path, features: usize) -> io::Result<Self> {
        Ok(Self {
            file: tempfile::tempfile_in(folder)?,
            features,
            starts: vec![0],
        })
    }

    /// Rows so far.
    pub(super) fn rows(&self) -> usize {
        self.starts.last().copied().unwrap_or_default()
    }

    /// Adds a batch: as many columns as there are, all of one length, of finite values or NaN.
    ///
    /// # Errors
    /// When the disk is full, or the file cannot be written for another reason.
    pub(super) fn append(&mut self, columns: &[Vec<f32>]) -> io::Result<()> {
        debug_assert_eq!(columns.len(), self.features);
        let (before, rows) = (self.rows(), columns.first().map_or(0, Vec::len));
        if rows == 0 {
            return Ok(());
        }
        let mut bytes = Vec::with_capacity(rows * VALUE);
        for (feature, column) in columns.iter().enumerate() {
            bytes.clear();
            bytes.extend(column.iter().flat_map(|value| value.to_le_bytes()));
            self.file
                .write_all_at(&bytes, self.place(before, rows, feature))?;
        }
        self.starts.push(before + rows);
        Ok(())
    }

    /// Where the values of a feature begin in the batch of so many rows from `first` on.
    fn place(&self, first: usize, rows: usize, feature: usize) -> u64 {
        ((first * self.features + feature * rows) * VALUE) as u64
    }

    fn read(&self, feature: usize, rows: Range<usize>) -> io::Result<Vec<f32>> {
        let mut values = Vec::with_capacity(rows.len());
        let mut block = vec![0; BLOCK.min(rows.len() * VALUE)];
        let mut batch = self
            .starts
            .partition_point(|start| *start <= rows.start)
            .saturating_sub(1);
        let mut next = rows.start;
        while next < rows.end {
            let (first, end) = (self.starts[batch], self.starts[batch + 1]);
            let stop = end.min(rows.end).min(next + BLOCK / VALUE);
            let bytes = &mut block[..(stop - next) * VALUE];
            let place = self.place(first, end - first, feature) + ((next - first) * VALUE) as u64;
            self.file.read_exact_at(bytes, place)?;
            let (cells, _) = bytes.as_chunks::<VALUE>();
            values.extend(cells.iter().map(|cell| f32::from_le_bytes(*cell)));
            next = stop;
            batch += usize::from(next == end);
        }
        Ok(values)
    }
}

impl Columns for Scratch {
    fn span(&self, feature: usize, rows: Range<usize>) -> Cow<'_, [f32]> {
        let read = self.read(feature, rows);
        // The attempt fails as by any other fault of its machine, and is tried again.
        Cow::Owned(read.expect("the values that this process wrote to its scratch file can be read back"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn every_span_reads_back_what_was_appended_whatever_the_batches() {
        let value = |feature: usize, row: usize| (feature * 1_000_000 + row) as f32;
        let batches = [3, 0, 1, 100_000, 7];
        let mut scratch = Scratch::create(&std::env::temp_dir(), 2).unwrap();
        let mut first = 0;
        for rows in batches {
            let column = |feature| (first..first + rows).map(|row| value(feature, row)).collect();
            scratch.append(&[column(0), column(1)]).unwrap();
            first += rows;
        }
        assert_eq!(scratch.rows(), 100_011);
        for rows in [
            0..0,
            0..1,
            2..5,
            3..4,
            0..100_011,
            70_000..100_010,
            100_010..100_011,
            100_011..100_011,
        ] {
            for feature in [0, 1] {
                let expected: Vec<f32> = rows.clone().map(|row| value(feature, row)).collect();
                assert_eq!(
                    *scratch.span(feature, rows.clone()),
                    *expected,
                    "{feature} {rows:?}"
                );
            }
        }
    }

    #[test]
    fn missing_values_stay_missing() {
        let mut scratch = Scratch::create(&std::env::temp_dir(), 1).unwrap();
        scratch.append(&[vec![f32::NAN, f32::MIN, -0.0]]).unwrap();
        let back = scratch
            .span(0, 0..3)
            .iter()
            .map(|value| value.to_bits())
            .collect::<Vec<_>>();
        assert_eq!(back, [f32::NAN, f32::MIN, -0.0].map(f32::to_bits));
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Scratch::create(&folder.path().join("absent"), 1).is_err());
    }
}
