//! docs/DATABASE_SCHEMA.md names everything that the migrations make.
#![allow(clippy::unwrap_used)]

use mltraining_store::testing::TestDatabase;
use std::path::Path;

const MADE: &str = "
    select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v', 'm', 'i', 'S')
    union select conname::text from pg_constraint where connamespace = 'public'::regnamespace and contype <> 't' and contype <> 'n'
    union select proname::text from pg_proc where pronamespace = 'public'::regnamespace
    union select tgname::text from pg_trigger where not tgisinternal
    union select attname::text from pg_attribute a join pg_class c on c.oid = a.attrelid
           where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and attnum > 0 and not attisdropped
             and c.relname <> '_sqlx_migrations'";

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/DATABASE_SCHEMA.md");
    std::fs::read_to_string(path).unwrap()
}

/// The words of a text, identifiers being single words.
fn words(text: &str) -> std::collections::HashSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .collect()
}

#[tokio::test]
async fn the_page_names_every_table_column_index_constraint_function_and_trigger() {
    let database = TestDatabase::migrated().await;
    let pool = sqlx::PgPool::connect(database.url()).await.unwrap();
    let made: Vec<String> = sqlx::query_scalar(MADE).fetch_all(&pool).await.unwrap();
    pool.close().await;
    assert!(made.len() > 200, "{} names", made.len());
    let page = page();
    let named = words(&page);
    let missing: Vec<&String> = made
        .iter()
        .filter(|name| !named.contains(name.as_str()) && !name.starts_with("_sqlx_migrations_"))
        .collect();
    assert!(missing.is_empty(), "not in docs/DATABASE_SCHEMA.md: {missing:?}");
}

#[tokio::test]
async fn the_page_names_nothing_that_does_not_exist() {
    let database = TestDatabase::migrated().await;
    let pool = sqlx::PgPool::connect(database.url()).await.unwrap();
    let made: Vec<String> = sqlx::query_scalar(MADE).fetch_all(&pool).await.unwrap();
    pool.close().await;
    let page = page();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let gone: Vec<&str> = rows
        .filter_map(|row| row.split('`').next())
        .filter(|name| !made.iter().any(|known| known == name))
        .collect();
    assert!(
        gone.is_empty(),
        "in docs/DATABASE_SCHEMA.md, but not in the database: {gone:?}"
    );
}

#[test]
fn the_page_names_every_statement_only_by_its_right_name() {
    let sql = Path::new(env!("CARGO_MANIFEST_DIR")).join("sql");
    let page = page();
    let row = |line: &&str| {
        line.starts_with("| `") && line.contains("_pk`") | line.contains("_idx`") | line.contains("_uq`")
    };
    for cell in page.lines().filter(row).filter_map(|line| line.split('|').nth(3)) {
        for name in cell
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| name.contains('.') && !name.ends_with('*'))
        {
            if name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c == '.' || c == '_')
                && !name.starts_with("job.")
            {
                let file = sql.join(format!("{}.sql", name.replace('.', "/")));
                assert!(
                    file.exists(),
                    "docs/DATABASE_SCHEMA.md speaks of a statement `{name}`"
                );
            }
        }
    }
}
