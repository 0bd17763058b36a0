//! What operators take and give.

/// Values row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table<T> {
    pub rows: usize,
    pub columns: usize,
    pub cells: Vec<T>,
}

/// Numbers or truth values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Numbers(Table<f64>),
    Flags(Table<bool>),
}

impl<T: Copy> Table<T> {
    /// As many cells as `rows * columns`.
    pub(super) fn new(rows: usize, columns: usize, cells: Vec<T>) -> Self {
        debug_assert_eq!(rows * columns, cells.len());
        Self { rows, columns, cells }
    }

    /// Of each cell what `of` makes of it.
    pub(super) fn map<U: Copy>(&self, of: impl Fn(T) -> U) -> Table<U> {
        Table::new(
            self.rows,
            self.columns,
            self.cells.iter().map(|cell| of(*cell)).collect(),
        )
    }

    /// Of two cells in the same place what `of` makes of them; a single row or column stands in every place. `None` when they do
    /// not fit.
    pub(super) fn with<U: Copy, V: Copy>(
        &self,
        other: &Table<U>,
        of: impl Fn(T, U) -> V,
    ) -> Option<Table<V>> {
        let fits = |a: usize, b: usize| a == b || a == 1 || b == 1;
        if !(fits(self.rows, other.rows) && fits(self.columns, other.columns)) {
            return None;
        }
        let (rows, columns) = (self.rows.max(other.rows), self.columns.max(other.columns));
        let mut cells = Vec::with_capacity(rows * columns);
        for row in 0..rows {
            for column in 0..columns {
                cells.push(of(self.at(row, column), other.at(row, column)));
            }
        }
        Some(Table::new(rows, columns, cells))
    }

    /// The cell in a place; a single row or column stands in every one.
    pub(super) fn at(&self, row: usize, column: usize) -> T {
        let row = if self.rows == 1 { 0 } else { row };
        let column = if self.columns == 1 { 0 } else { column };
        self.cells[row * self.columns + column]
    }
}
