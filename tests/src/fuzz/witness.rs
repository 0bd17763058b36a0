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

/// Takes what was noted since the last time.
pub fn take(database: &Database) -> Noted {
    let changes = database.count("select count(*) from witness.change");
    let audited = lines(
        database,
        "select coalesce(request_id, '') || ' ' || method from witness.audit",
    );
    if changes == 0 && audited.is_empty() {
        return Noted::default();
    }
    let noted = Noted {
        unaudited: lines(
            database,
            "select distinct relation || ' ' || what from witness.change where tx not in (select tx from witness.audit)",
        ),
        audited: audited
            .iter()
            .filter_map(|line| line.split_once(' '))
            .map(|(id, method)| (id.to_owned(), method.to_owned()))
            .collect(),
        changes,
    };
    database.sql("truncate witness.change, witness.audit");
    noted
}

fn lines(database: &Database, sql: &str) -> Vec<String> {
    database.sql(sql).lines().map(str::to_owned).collect()
}
