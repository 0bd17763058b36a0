//! The header lines of the files: which field is what.

use crate::errors::CliError;
use csv::{Reader, ReaderBuilder, StringRecord, Trim};
use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Names of the entity and the time column in every imported table.
pub(super) const ENTITY: &str = "entity";
pub(super) const TIME: &str = "timestamp";
/// Postgres cuts longer names.
const LONGEST_NAME: usize = 63;

/// What the user says of the columns.
pub(super) struct Wishes<'a> {
    /// The entity column; `None` when the file's name is the entity.
    pub(super) entity: Option<&'a str>,
    /// The time column.
    pub(super) time: &'a str,
    /// Columns to leave out.
    pub(super) skip: &'a [String],
}

/// What each field of each file is.
pub(super) struct Layout {
    files: Vec<Fields>,
    /// Name in the files and in the table, in the order of the first file.
    values: Vec<(String, String)>,
}

/// Places of the fields of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fields {
    /// Fields of a line.
    pub(super) count: usize,
    /// Place of the entity; `None` when the file's name is the entity.
    pub(super) entity: Option<usize>,
    /// Place of the time.
    pub(super) time: usize,
    /// Places of the values, in the order of the table.
    pub(super) values: Vec<usize>,
}

impl Layout {
    /// Reads the header of every file.
    ///
    /// # Errors
    /// [`CliError::Invalid`] when a column is missing, named twice, or not the same in all files.
    pub(super) fn of(files: &[PathBuf], wishes: &Wishes<'_>) -> Result<Self, CliError> {
        let mut layout = Self {
            files: Vec::new(),
            values: Vec::new(),
        };
        for file in files {
            let header = open(file)?
                .headers()
                .map_err(|error| unreadable(file, &error))?
                .clone();
            layout.add(file, &header, wishes)?;
        }
        Ok(layout)
    }

    fn add(&mut self, file: &Path, header: &StringRecord, wishes: &Wishes<'_>) -> Result<(), CliError> {
        if self.files.is_empty() {
            self.values = values(file, header, wishes)?;
        }
        let all: Vec<&str> = header.iter().collect();
        let known: BTreeSet<&str> = self.values.iter().map(|(name, _)| name.as_str()).collect();
        let other = all
            .iter()
            .find(|name| !known.contains(*name) && !is_key(name, wishes) && !skipped(name, wishes));
        if let Some(other) = other {
            return Err(invalid(
                file,
                &format!("column `{other}` is not in the first file; --skip leaves it out"),
            ));
        }
        let fields = Fields {
            count: all.len(),
            entity: wishes
                .entity
                .map(|name| place(file, &all, name, NO_ENTITY))
                .transpose()?,
            time: place(file, &all, wishes.time, NO_TIME)?,
            values: self
                .values
                .iter()
                .map(|(name, _)| place(file, &all, name, ""))
                .collect::<Result<_, _>>()?,
        };
        self.files.push(fields);
        Ok(())
    }

    /// Places of the fields of the file of this number.
    pub(super) fn fields(&self, file: usize) -> &Fields {
        &self.files[file]
    }

    /// The value columns, as the table calls them.
    pub(super) fn values(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|(_, name)| name.as_str())
    }

    /// Value columns that the table calls otherwise.
    pub(super) fn renamed(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.values.iter().map(|(from, to)| (from.as_str(), to.as_str()));
        pairs.filter(|(from, to)| from != to)
    }
}

const NO_ENTITY: &str = "; --entity-column names it, --entity-from-file takes the file's name";
const NO_TIME: &str = "; --time-column names it";

/// The place of a column that must be there once.
fn place(file: &Path, all: &[&str], name: &str, way_out: &str) -> Result<usize, CliError> {
    let mut found = (0..all.len()).filter(|place| all[*place] == name);
    match (found.next(), found.next()) {
        (Some(place), None) => Ok(place),
        (Some(_), Some(_)) => Err(invalid(file, &format!("the column `{name}` is there twice"))),
        (None, _) => {
            let text = format!(
                "there is no column `{name}`; there are: {}{way_out}",
                all.join(", ")
            );
            Err(invalid(file, &text))
        }
    }
}

/// The value columns of the first file: all but the keys and those to be left out.
fn values(
    file: &Path,
    header: &StringRecord,
    wishes: &Wishes<'_>,
) -> Result<Vec<(String, String)>, CliError> {
    let wanted = header
        .iter()
        .filter(|name| !is_key(name, wishes) && !skipped(name, wishes));
    let values: Vec<(String, String)> = wanted.map(|name| (name.to_owned(), sql_name(name))).collect();
    let mut seen = BTreeSet::from([ENTITY, TIME]);
    for (name, short) in &values {
        if short.is_empty() || short.len() > LONGEST_NAME {
            return Err(invalid(
                file,
                &format!("`{}` can be no column of a table", name.escape_default()),
            ));
        }
        if !seen.insert(short) {
            return Err(invalid(
                file,
                &format!("two columns would be called {short}; --skip leaves one out"),
            ));
        }
    }
    match values.is_empty() {
        true => Err(invalid(file, "there is no value column beside entity and time")),
        false => Ok(values),
    }
}

fn is_key(name: &str, wishes: &Wishes<'_>) -> bool {
    name == wishes.time || Some(name) == wishes.entity
}

fn skipped(name: &str, wishes: &Wishes<'_>) -> bool {
    wishes.skip.iter().any(|skip| skip == name)
}

/// The name as features can write it: small letters, digits and `_`.
fn sql_name(name: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    let name: String = name.trim().chars().map(plain).collect();
    match name.starts_with(|letter: char| letter.is_ascii_digit()) {
        true => format!("_{name}"),
        false => name,
    }
}

/// Opens a file behind its header.
pub(super) fn open(file: &Path) -> Result<Reader<File>, CliError> {
    let reader = File::open(file).map_err(|error| invalid(file, &error.to_string()))?;
    Ok(ReaderBuilder::new()
        .flexible(true)
        .trim(Trim::All)
        .from_reader(reader))
}

/// The name of a file without its ending: the entity of files without an entity column.
pub(super) fn stem(file: &Path) -> String {
    file.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// An error of a whole file.
pub(super) fn invalid(file: &Path, text: &str) -> CliError {
    CliError::Invalid(format!("{}: {text}", file.display()))
}

/// An error of the CSV reader, with its line.
pub(super) fn unreadable(file: &Path, error: &csv::Error) -> CliError {
    match error.position() {
        Some(position) => CliError::Invalid(format!("{}:{}: {error}", file.display(), position.line())),
        None => invalid(file, &error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(headers: &[&str], skip: &[String]) -> Result<Layout, CliError> {
        let wishes = Wishes {
            entity: Some("entity"),
            time: "timestamp",
            skip,
        };
        let mut layout = Layout {
            files: Vec::new(),
            values: Vec::new(),
        };
        for header in headers {
            let record: StringRecord = header.split(',').collect();
            layout.add(Path::new("a.csv"), &record, &wishes)?;
        }
        Ok(layout)
    }

    #[test]
    fn files_may_have_their_columns_in_another_order() {
        let layout = layout(
            &[
                "entity,timestamp,Close,Adj Volume",
                "timestamp,Adj Volume,Close,entity",
            ],
            &[],
        )
        .unwrap();
        assert_eq!(layout.values().collect::<Vec<_>>(), ["close", "adj_volume"]);
        assert_eq!(layout.renamed().count(), 2);
        assert_eq!(
            layout.fields(1),
            &Fields {
                count: 4,
                entity: Some(3),
                time: 0,
                values: vec![2, 1]
            }
        );
    }

    #[test]
    fn a_header_that_does_not_fit_is_refused_with_its_file() {
        for (headers, word) in [
            (&["entity,close"][..], "no column `timestamp`"),
            (&["entity,timestamp"], "no value column"),
            (
                &["entity,timestamp,close,close"],
                "two columns would be called close",
            ),
            (&["entity,entity,timestamp,close"], "twice"),
            (
                &["entity,timestamp,close", "entity,timestamp,close,x"],
                "not in the first file",
            ),
            (
                &["entity,timestamp,close,x", "entity,timestamp,close"],
                "no column `x`",
            ),
            (&["entity,timestamp,"], "can be no column"),
        ] {
            let error = layout(headers, &[]).err().unwrap().to_string();
            assert!(
                error.starts_with("a.csv: ") && error.contains(word),
                "{headers:?}: {error}"
            );
        }
    }

    #[test]
    fn a_column_can_be_left_out() {
        let layout = layout(&["entity,timestamp,close,note"], &["note".to_owned()]).unwrap();
        assert_eq!(layout.values().collect::<Vec<_>>(), ["close"]);
    }

    #[test]
    fn a_column_gets_a_name_that_features_can_write() {
        assert_eq!(
            [sql_name("Adj. Close"), sql_name("24h"), sql_name("größe")],
            ["adj__close", "_24h", "gr__e"]
        );
    }
}
