//! What became of the rows of a system, seen by triggers of the test's own.

use crate::database::Database;
use std::collections::HashSet;

/// Begins to note changes. What the system did before is not known.
pub fn install(database: &Database) {
    database.sql(include_str!("witness.sql"));
}

/// What was noted of the calls of one method.
#[derive(Debug, Default)]
pub struct Noted {
    /// Changes, as `table WHAT`, whose transaction left no audit row.
    pub unaudited: Vec<String>,
    /// Request ids and methods of all audit rows.
    pub audited: HashSet<(String, String)>,
    /// How many rows were changed.
    pub changes: i64,
}

/// Takes what was noted since the last time, in one statement: what is noted meanwhile is whole in the next one.
pub fn take(database: &Database) -> Noted {
    let told = database.sql(include_str!("take.sql"));
    let mut noted = Noted::default();
    for line in told.lines() {
        match line.split_once(' ') {
            Some(("changes", count)) => noted.changes = count.parse().unwrap(),
            Some(("unaudited", change)) => noted.unaudited.push(change.to_owned()),
            Some(("audited", event)) => {
                let (id, method) = event.split_once(' ').unwrap();
                noted.audited.insert((id.to_owned(), method.to_owned()));
            }
            _ => panic!("the witness says {line:?}"),
        }
    }
    noted
}
