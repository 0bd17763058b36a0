//! The second reading of the files: their rows go into the table.

use super::header::{self, Layout};
use super::row;
use super::table::Shape;
use crate::errors::CliError;
use crate::load::Loader;
use csv::{Reader, StringRecord};
use std::fs::File;
use std::path::PathBuf;

/// No table takes this line: it has an open quote. It ends the transaction when a file cannot be read any more.
const POISON: &str = "\"";

/// Fills the table with the rows of all files: all of them or none. Returns how many there were.
///
/// # Errors
/// [`CliError::Invalid`] when a file has changed since it was checked; what the database says.
pub(super) async fn fill(
    files: &[PathBuf],
    layout: &Layout,
    shape: &Shape,
    loader: &Loader,
) -> Result<u64, CliError> {
    let mut lines = Lines {
        files,
        layout,
        shape,
        number: 0,
        reader: None,
        record: StringRecord::new(),
        broken: None,
    };
    let filled = loader.fill(&shape.definition(), &mut lines).await;
    match lines.broken {
        Some(changed) => Err(changed),
        None => filled,
    }
}

/// The lines of all files, one after another.
struct Lines<'a> {
    files: &'a [PathBuf],
    layout: &'a Layout,
    shape: &'a Shape,
    number: usize,
    reader: Option<Reader<File>>,
    record: StringRecord,
    broken: Option<CliError>,
}

impl Iterator for Lines<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        if self.broken.is_some() {
            return None;
        }
        self.line().unwrap_or_else(|error| {
            self.broken = Some(error);
            Some(POISON.to_owned())
        })
    }
}

impl Lines<'_> {
    fn line(&mut self) -> Result<Option<String>, CliError> {
        while let Some(file) = self.files.get(self.number) {
            let reader = match &mut self.reader {
                Some(reader) => reader,
                None => self.reader.insert(header::open(file)?),
            };
            if reader
                .read_record(&mut self.record)
                .map_err(|error| header::unreadable(file, &error))?
            {
                let stem = header::stem(file);
                let row = row::parse(&self.record, self.layout.fields(self.number), &stem);
                let row =
                    row.map_err(|_| header::invalid(file, "the file has changed since it was checked"))?;
                return Ok(Some(self.shape.line(&row)));
            }
            self.number += 1;
            self.reader = None;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::super::header::Wishes;
    use super::*;
    use mltraining_domain::Span;
    use std::fs;

    #[test]
    fn a_file_that_changed_since_it_was_checked_poisons_the_load() {
        let folder = tempfile::tempdir().unwrap();
        let files = [folder.path().join("a.csv")];
        fs::write(
            &files[0],
            "entity,timestamp,close\nA,2026-01-01,1\nA,2026-01-02,x\n",
        )
        .unwrap();
        let wishes = Wishes {
            entity: Some("entity"),
            time: "timestamp",
            skip: &[],
        };
        let layout = Layout::of(&files, &wishes).unwrap();
        let shape = Shape {
            schema: "public".to_owned(),
            table: "t".to_owned(),
            values: vec!["close".to_owned()],
            bar: Span::from_mins(5),
            shift: Span::ZERO,
        };
        let mut lines = Lines {
            files: &files,
            layout: &layout,
            shape: &shape,
            number: 0,
            reader: None,
            record: StringRecord::new(),
            broken: None,
        };
        let sent: Vec<String> = lines.by_ref().collect();
        assert_eq!(sent, ["\"A\",2026-01-01T00:00:00.000000Z,1e0", POISON]);
        assert!(lines.broken.unwrap().to_string().contains("has changed"));
    }
}
