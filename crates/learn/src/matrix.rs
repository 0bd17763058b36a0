//! The table that learners see: named columns of f32.

use std::borrow::Cow;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

/// Column-major f32 values, one column per feature, `rows()` values each.
///
/// NaN means missing. An infinite value (a ratio over zero, an overflow) says nothing that a split or a weight could
/// use, so it is kept as missing too. Clones share the values.
#[derive(Debug, Clone)]
pub struct Matrix {
    names: Vec<String>,
    columns: Arc<dyn Columns>,
    rows: usize,
}

/// Where a matrix has its values: in memory, or elsewhere when they are too many to be held.
pub trait Columns: Debug + Send + Sync {
    /// The values of a feature for a range of rows, each finite or NaN. A place that cannot be read any more panics: who computes
    /// can do nothing else about it.
    fn span(&self, feature: usize, rows: Range<usize>) -> Cow<'_, [f32]>;
}

/// Values in memory, column by column.
#[derive(Debug)]
struct Held(Vec<Vec<f32>>);

impl Columns for Held {
    fn span(&self, feature: usize, rows: Range<usize>) -> Cow<'_, [f32]> {
        Cow::Borrowed(&self.0[feature][rows])
    }
}

/// Why columns do not make a matrix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatrixError {
    /// No column at all.
    #[error("a matrix needs at least one column")]
    NoColumns,
    /// As many names as columns are needed.
    #[error("{names} names for {columns} columns")]
    NameCount {
        /// Names given.
        names: usize,
        /// Columns given.
        columns: usize,
    },
    /// Two columns of one name.
    #[error("the column `{0}` appears twice")]
    DuplicateName(String),
    /// A column whose length differs from the first one's.
    #[error("column `{name}` has {found} rows, the first one has {expected}")]
    RowCount {
        /// The column.
        name: String,
        /// Its rows.
        found: usize,
        /// Rows of the first column.
        expected: usize,
    },
    /// Rows are numbered by u32.
    #[error("{0} rows; at most 4,294,967,295 can be numbered")]
    TooManyRows(usize),
}

impl Matrix {
    /// Checks the shape and turns infinities into missing values.
    ///
    /// # Errors
    /// When there is no column, names and columns differ in number, a name repeats, or lengths differ.
    pub fn new(names: Vec<String>, mut columns: Vec<Vec<f32>>) -> Result<Self, MatrixError> {
        let rows = columns.first().ok_or(MatrixError::NoColumns)?.len();
        check_names(&names, columns.len())?;
        if u32::try_from(rows).is_err() {
            return Err(MatrixError::TooManyRows(rows));
        }
        for (name, column) in names.iter().zip(&mut columns) {
            if column.len() != rows {
                let (name, found) = (name.clone(), column.len());
                return Err(MatrixError::RowCount {
                    name,
                    found,
                    expected: rows,
                });
            }
            for value in column.iter_mut().filter(|v| v.is_infinite()) {
                *value = f32::NAN;
            }
        }
        Ok(Self {
            names,
            columns: Arc::new(Held(columns)),
            rows,
        })
    }

    /// A matrix over `rows` rows whose values lie elsewhere: a column for each name.
    ///
    /// # Errors
    /// When there is no name, or one repeats, or there are more rows than can be numbered.
    pub fn over(names: Vec<String>, rows: usize, columns: Arc<dyn Columns>) -> Result<Self, MatrixError> {
        if names.is_empty() {
            return Err(MatrixError::NoColumns);
        }
        check_names(&names, names.len())?;
        if u32::try_from(rows).is_err() {
            return Err(MatrixError::TooManyRows(rows));
        }
        Ok(Self { names, columns, rows })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns, at least 1.
    pub fn features(&self) -> usize {
        self.names.len()
    }

    /// Names of the columns, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The values of column `j`, one per row, finite or NaN. Where they are not held they are read anew by each call.
    ///
    /// # Panics
    /// When `j >= features()`, or the values cannot be read.
    pub fn column(&self, j: usize) -> Cow<'_, [f32]> {
        self.span(j, 0..self.rows)
    }

    /// The values of column `j` for a range of rows.
    ///
    /// # Panics
    /// When there is no such column or row, or the values cannot be read.
    pub fn span(&self, j: usize, rows: Range<usize>) -> Cow<'_, [f32]> {
        self.columns.span(j, rows)
    }
}

/// The rows from the first to the last of some, which need not be in order.
pub(crate) fn span_of(rows: &[u32]) -> Range<usize> {
    let (first, last) = (rows.iter().min(), rows.iter().max());
    match (first, last) {
        (Some(first), Some(last)) => *first as usize..*last as usize + 1,
        _ => 0..0,
    }
}

fn check_names(names: &[String], columns: usize) -> Result<(), MatrixError> {
    if names.len() != columns {
        return Err(MatrixError::NameCount {
            names: names.len(),
            columns,
        });
    }
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(MatrixError::DuplicateName(pair[0].clone())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|&n| n.to_owned()).collect()
    }

    #[test]
    fn infinities_become_missing_and_other_values_stay() {
        let column = vec![1.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MAX];
        let x = Matrix::new(names(&["a"]), vec![column]).unwrap();
        let missing: Vec<bool> = x.column(0).iter().map(|v| v.is_nan()).collect();
        assert_eq!(missing, [false, true, true, true, false]);
        assert_eq!((x.rows(), x.features(), x.column(0)[4]), (5, 1, f32::MAX));
    }

    #[test]
    fn a_span_reaches_from_the_first_row_to_the_last_of_some() {
        assert_eq!(span_of(&[7, 3, 5]), 3..8);
        assert_eq!(span_of(&[4]), 4..5);
        assert_eq!(span_of(&[]), 0..0);
        let x = Matrix::new(names(&["a"]), vec![vec![0.0, 1.0, 2.0, 3.0]]).unwrap();
        assert_eq!(*x.span(0, 1..3), [1.0, 2.0]);
        assert_eq!(*x.column(0), [0.0, 1.0, 2.0, 3.0]);
    }

    #[test]
    fn values_that_lie_elsewhere_are_checked_like_held_ones() {
        let over = |n: &[&str]| Matrix::over(names(n), 1, Arc::new(Held(vec![vec![1.0]; 2])));
        assert_eq!(over(&[]).unwrap_err(), MatrixError::NoColumns);
        assert!(matches!(
            over(&["a", "a"]).unwrap_err(),
            MatrixError::DuplicateName(_)
        ));
        let x = over(&["a", "b"]).unwrap();
        assert_eq!((x.rows(), x.features(), x.column(1)[0]), (1, 2, 1.0));
    }

    #[test]
    fn columns_that_do_not_fit_together_are_refused_by_name() {
        let columns = || vec![vec![1.0], vec![2.0]];
        let error = |n: &[&str], c: Vec<Vec<f32>>| Matrix::new(names(n), c).unwrap_err();
        assert_eq!(error(&[], vec![]), MatrixError::NoColumns);
        assert_eq!(
            error(&["a"], columns()),
            MatrixError::NameCount { names: 1, columns: 2 }
        );
        assert_eq!(
            error(&["a", "a"], columns()),
            MatrixError::DuplicateName("a".to_owned())
        );
        let uneven = MatrixError::RowCount {
            name: "b".to_owned(),
            found: 2,
            expected: 1,
        };
        assert_eq!(error(&["a", "b"], vec![vec![1.0], vec![2.0, 3.0]]), uneven);
    }
}
