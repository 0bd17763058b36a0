//! The first reading of the files: everything that is wrong, before anything is written.

use super::header::{self, Layout};
use super::row::{self, Row};
use crate::errors::CliError;
use csv::StringRecord;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Wrong rows that are told at once.
const TOLD: usize = 10;

/// What the files hold.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Times and places of the rows of each entity, in order of time.
    rows: BTreeMap<String, Vec<Seen>>,
}

/// A row: its time, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    time: i64,
    file: u32,
    line: u32,
}

impl Scan {
    /// Reads all files.
    ///
    /// # Errors
    /// [`CliError::Invalid`] with file, line and column of the wrong rows, at most [`TOLD`] of them.
    pub(super) fn read(files: &[PathBuf], layout: &Layout) -> Result<Self, CliError> {
        let mut scan = Self::default();
        let mut problems = Problems::default();
        for (number, file) in files.iter().enumerate() {
            each(file, number, layout, |line, row| {
                match row {
                    Ok(row) => scan.add(row, number, line),
                    Err(text) => problems.add(text),
                }
                Ok(())
            })?;
        }
        scan.sort(files, &mut problems);
        problems.none()?;
        match scan.rows.is_empty() {
            true => Err(CliError::Invalid("the files have no rows".to_owned())),
            false => Ok(scan),
        }
    }

    fn add(&mut self, row: &Row<'_>, file: usize, line: u64) {
        let seen = Seen {
            time: row.time,
            file: file as u32,
            line: line as u32,
        };
        match self.rows.get_mut(row.entity) {
            Some(rows) => rows.push(seen),
            None => {
                self.rows.insert(row.entity.to_owned(), vec![seen]);
            }
        }
    }

    fn sort(&mut self, files: &[PathBuf], problems: &mut Problems) {
        for (entity, rows) in &mut self.rows {
            rows.sort_unstable();
            for two in rows.windows(2).filter(|two| two[0].time == two[1].time) {
                let place = |seen: Seen| format!("{}:{}", files[seen.file as usize].display(), seen.line);
                problems.add(format!(
                    "{}: a row of {entity} for this time stands in {} already",
                    place(two[1]),
                    place(two[0])
                ));
            }
        }
    }

    /// How many entities there are.
    pub(super) fn entities(&self) -> usize {
        self.rows.len()
    }

    /// First and last time, in microseconds since 1970.
    pub(super) fn span(&self) -> (i64, i64) {
        let times = || self.rows.values().flatten().map(|seen| seen.time);
        (times().min().unwrap_or(0), times().max().unwrap_or(0))
    }

    /// Distances of neighbouring rows of one entity, in microseconds.
    pub(super) fn distances(&self) -> impl Iterator<Item = i64> {
        self.rows
            .values()
            .flat_map(|rows| rows.windows(2).map(|two| two[1].time - two[0].time))
    }
}

/// Calls `row` with the line number and the row, or what is wrong with it, for every line of a file.
///
/// # Errors
/// What `row` says; a file that is no CSV.
pub(super) fn each(
    file: &Path,
    number: usize,
    layout: &Layout,
    mut row: impl FnMut(u64, Result<&Row<'_>, String>) -> Result<(), CliError>,
) -> Result<(), CliError> {
    let name = header::stem(file);
    let mut reader = header::open(file)?;
    let mut record = StringRecord::new();
    while reader
        .read_record(&mut record)
        .map_err(|error| header::unreadable(file, &error))?
    {
        let line = record.position().map_or(0, csv::Position::line);
        match row::parse(&record, layout.fields(number), &name) {
            Ok(parsed) => row(line, Ok(&parsed))?,
            Err(wrong) => row(
                line,
                Err(format!(
                    "{}:{line}:{}: {}",
                    file.display(),
                    wrong.column,
                    wrong.text
                )),
            )?,
        }
    }
    Ok(())
}

/// Wrong rows.
#[derive(Debug, Default)]
struct Problems {
    told: Vec<String>,
    count: usize,
}

impl Problems {
    fn add(&mut self, text: String) {
        self.count += 1;
        if self.told.len() < TOLD {
            self.told.push(text);
        }
    }

    fn none(self) -> Result<(), CliError> {
        if self.count == 0 {
            return Ok(());
        }
        let rest = match self.count - self.told.len() {
            0 => String::new(),
            more => format!("\nand {more} more"),
        };
        Err(CliError::Invalid(format!(
            "nothing was imported\n{}{rest}",
            self.told.join("\n")
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::super::header::Wishes;
    use super::*;
    use std::fs;

    fn read(texts: &[&str]) -> Result<Scan, String> {
        let folder = tempfile::tempdir().unwrap();
        let files: Vec<PathBuf> = (0..texts.len())
            .map(|number| folder.path().join(format!("{number}.csv")))
            .collect();
        for (file, text) in files.iter().zip(texts) {
            fs::write(file, text).unwrap();
        }
        let wishes = Wishes {
            entity: Some("entity"),
            time: "timestamp",
            skip: &[],
        };
        let layout = Layout::of(&files, &wishes).map_err(|error| error.to_string())?;
        let path = format!("{}/", folder.path().display());
        Scan::read(&files, &layout).map_err(|error| error.to_string().replace(&path, ""))
    }

    const HEADER: &str = "entity,timestamp,close\n";

    #[test]
    fn several_files_are_several_entities() {
        let a = format!("{HEADER}A,2026-01-01 00:00,1\nA,2026-01-01 00:05,2\n");
        let b = format!("{HEADER}B,2026-01-01 00:10,1\n");
        let scan = read(&[&a, &b]).unwrap();
        assert_eq!(scan.entities(), 2);
        assert_eq!(scan.span().1 - scan.span().0, 600_000_000);
        assert_eq!(scan.distances().collect::<Vec<_>>(), [300_000_000]);
    }

    #[test]
    fn every_wrong_row_is_told_with_file_line_and_column() {
        let text = format!("{HEADER}A,2026-01-01 00:00,1\nA,later,2\nA,2026-01-01 00:10,x\nA,2026-01-01\n");
        assert_eq!(
            read(&[&text]).unwrap_err(),
            "nothing was imported\n\
             0.csv:3:2: `later` is no time: expected a time such as 2026-01-31, 2026-01-31T12:30:00Z or 2026-01-31 12:30 (UTC)\n\
             0.csv:4:3: `x` is no number; --skip leaves the column out\n\
             0.csv:5:3: the line has 2 fields, the header 3"
        );
    }

    #[test]
    fn a_repeated_row_is_told_with_both_places() {
        let text = format!("{HEADER}A,2026-01-01 00:00,1\n");
        assert_eq!(
            read(&[&text, &text]).unwrap_err(),
            "nothing was imported\n1.csv:2: a row of A for this time stands in 0.csv:2 already"
        );
    }

    #[test]
    fn of_many_wrong_rows_ten_are_told_and_the_rest_counted() {
        let text = format!("{HEADER}{}", "A,x,1\n".repeat(25));
        let error = read(&[&text]).unwrap_err();
        assert_eq!(error.lines().count(), 12);
        assert!(error.ends_with("and 15 more"), "{error}");
    }

    #[test]
    fn files_without_rows_are_an_error() {
        assert_eq!(read(&[HEADER]).unwrap_err(), "the files have no rows");
        assert!(
            read(&[""]).unwrap_err().contains("no column `timestamp`")
                || read(&[""]).unwrap_err().contains("no value column")
        );
    }
}
