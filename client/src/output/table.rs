//! Tables without lines: columns two spaces apart, numbers to the right.

use super::color::{Paint, Tone};
use super::plain::escaped;
use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement};

/// Columns of text where there is no terminal.
const WIDTH: u16 = 140;

/// A table that is filled row by row.
pub(crate) struct Table {
    table: comfy_table::Table,
    alignment: Vec<CellAlignment>,
    paint: Paint,
}

impl Table {
    /// A table with these headings; those that begin with `>` stand over columns of numbers.
    pub(crate) fn new(headings: &[&str], paint: Paint) -> Self {
        let mut table = comfy_table::Table::new();
        table
            .load_style(NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        match paint {
            Paint::Color => table.enforce_styling(),
            Paint::Plain => table.force_no_tty(),
        };
        let alignment: Vec<CellAlignment> = headings.iter().map(|heading| alignment(heading)).collect();
        let cells = headings.iter().zip(&alignment).map(|(heading, alignment)| {
            let cell = Cell::new(heading.trim_start_matches('>')).set_alignment(*alignment);
            cell.add_attribute(Attribute::Bold)
        });
        table.set_header(cells.collect::<Vec<_>>());
        Self {
            table,
            alignment,
            paint,
        }
    }

    /// A table whose long texts are wrapped to the terminal's width, or to [`WIDTH`] without one.
    pub(crate) fn wrapped(headings: &[&str], paint: Paint) -> Self {
        let mut table = Self::new(headings, paint);
        table.table.set_content_arrangement(ContentArrangement::Dynamic);
        if table.table.width().is_none() {
            table.table.set_width(WIDTH);
        }
        table
    }

    /// Adds a row.
    pub(crate) fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.toned(cells.into_iter().map(|text| (text.into(), None)));
    }

    /// Adds a row whose cells may have a tone.
    pub(crate) fn toned(&mut self, cells: impl IntoIterator<Item = (String, Option<Tone>)>) {
        let row = cells
            .into_iter()
            .zip(&self.alignment)
            .map(|((text, tone), alignment)| {
                let cell = Cell::new(escaped(&text)).set_alignment(*alignment);
                match tone {
                    Some(tone) => toned(cell, tone),
                    None => cell,
                }
            });
        self.table.add_row(row.collect::<Vec<_>>());
    }

    /// The lines of the table, without spaces at their ends.
    pub(crate) fn render(mut self) -> String {
        for column in self.table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let lines: Vec<String> = self.table.lines().map(|line| self.trimmed(&line)).collect();
        lines.join("\n")
    }

    fn trimmed(&self, line: &str) -> String {
        match self.paint {
            Paint::Plain => line.trim_end().to_owned(),
            Paint::Color => line.to_owned(),
        }
    }
}

fn alignment(heading: &str) -> CellAlignment {
    match heading.starts_with('>') {
        true => CellAlignment::Right,
        false => CellAlignment::Left,
    }
}

fn toned(cell: Cell, tone: Tone) -> Cell {
    match tone {
        Tone::Title => cell.add_attribute(Attribute::Bold),
        Tone::Faint => cell.add_attribute(Attribute::Dim),
        Tone::Good => cell.fg(Color::DarkGreen),
        Tone::Warn => cell.fg(Color::DarkYellow),
        Tone::Bad => cell.fg(Color::DarkRed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_without_spaces() {
        let mut table = Table::new(&["entity", ">rows", "note"], Paint::Plain);
        table.row(["ADA_BTC", "5,720", ""]);
        table.row(["X", "12", "ü–"]);
        assert_eq!(
            table.render(),
            "entity    rows  note\n\
             ADA_BTC  5,720\n\
             X           12  ü–"
        );
    }

    #[test]
    fn a_cell_cannot_steer_the_terminal() {
        let mut table = Table::new(&["entity"], Paint::Color);
        table.row(["a\u{1b}[2Jb"]);
        assert!(table.render().contains("a\\u{1b}[2Jb"));
    }

    #[test]
    fn only_a_colored_table_has_escapes() {
        for (paint, escapes) in [(Paint::Plain, false), (Paint::Color, true)] {
            let mut table = Table::new(&["state"], paint);
            table.toned([("FAILED".to_owned(), Some(Tone::Bad))]);
            assert_eq!(table.render().contains('\u{1b}'), escapes);
        }
    }
}
