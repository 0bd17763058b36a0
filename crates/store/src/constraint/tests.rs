//! The table of rules against the tables of the database.

use super::{RULES, rule};
use crate::StoreError;
use crate::testing::TestDatabase;
use sqlx::{Connection, PgConnection, raw_sql};
use std::collections::BTreeSet;

const GOOD_ROWS: &str = include_str!("good_rows.sql");
const BAD_ROWS: &str = include_str!("bad_rows.txt");

/// Named rules that the database enforces: constraints, unique indexes, and what the triggers raise.
const ENFORCED: &str = "
    select conname::text from pg_constraint where connamespace = 'public'::regnamespace and contype in ('c', 'f', 'u', 'p', 'x')
       and conrelid <> coalesce(to_regclass('_sqlx_migrations'), 0)
    union
    select c.relname::text from pg_index i join pg_class c on c.oid = i.indexrelid
     where i.indisunique and c.relnamespace = 'public'::regnamespace
       and i.indrelid <> coalesce(to_regclass('_sqlx_migrations'), 0)
    union
    select (regexp_matches(prosrc, 'constraint = ''(\\w+)''', 'g'))[1] from pg_proc where pronamespace = 'public'::regnamespace";

fn names_of(table: &'static str) -> BTreeSet<String> {
    let lines = table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .filter_map(|line| line.split('|').next())
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_line_of_the_table_is_a_rule() {
    for name in names_of(RULES) {
        let rule = rule(&name).unwrap_or_else(|| panic!("the line of {name} is no rule"));
        assert!(!rule.sentence.is_empty(), "{name} says nothing");
    }
    assert_eq!(
        names_of(RULES).len(),
        RULES.lines().filter(|l| l.contains('|')).count(),
        "a name stands twice"
    );
}

#[tokio::test]
async fn every_rule_of_the_database_is_in_the_table_and_has_a_bad_row() {
    let database = TestDatabase::migrated().await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let enforced: Vec<String> = sqlx::query_scalar(ENFORCED)
        .fetch_all(&mut connection)
        .await
        .unwrap();
    let enforced: BTreeSet<String> = enforced.into_iter().collect();
    assert!(enforced.len() > 100, "{} rules", enforced.len());
    assert_eq!(
        enforced,
        names_of(RULES),
        "constraint.txt and the migrations differ"
    );
    assert_eq!(
        enforced,
        names_of(BAD_ROWS),
        "bad_rows.txt and the migrations differ"
    );
}

#[tokio::test]
async fn a_bad_row_for_each_rule_is_refused_and_mapped_to_its_error() {
    let database = TestDatabase::migrated().await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    raw_sql(GOOD_ROWS).execute(&mut connection).await.unwrap();
    let mut wrong = Vec::new();
    for line in BAD_ROWS.lines().filter(|line| line.contains('|')) {
        let (name, statement) = line.split_once('|').unwrap();
        let error = refused(&mut connection, statement).await;
        let Some(error) = error else {
            wrong.push(format!("{name}: the bad row was taken"));
            continue;
        };
        let broken = error
            .as_database_error()
            .and_then(|e| e.constraint())
            .map(str::to_owned);
        if broken.as_deref() != Some(name) {
            wrong.push(format!("{name}: {error}"));
            continue;
        }
        let wanted = rule(name).unwrap();
        match StoreError::from_sqlx(error) {
            StoreError::Conflict {
                reason,
                field,
                message,
            } => {
                assert_eq!(
                    (reason, field, message.as_str()),
                    (wanted.reason, wanted.field, wanted.sentence)
                );
            }
            other => wrong.push(format!("{name}: mapped to {other:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the statement is refused with; nothing of it stays.
async fn refused(connection: &mut PgConnection, statement: &str) -> Option<sqlx::Error> {
    let mut text = statement.to_owned();
    for job in 1..=3 {
        text = text.replace(
            &format!("${job}"),
            &format!("'00000000-0000-7000-8000-00000000000{job}'"),
        );
    }
    let mut transaction = connection.begin().await.unwrap();
    #[allow(
        clippy::disallowed_types,
        reason = "the text comes from a file beside this one"
    )]
    let sql = sqlx::AssertSqlSafe(format!("{text}; set constraints all immediate"));
    let error = raw_sql(sql).execute(&mut *transaction).await.err();
    transaction.rollback().await.unwrap();
    error
}
