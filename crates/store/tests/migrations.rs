//! The schema: the same after up, down and up; and refused while it is old.
#![allow(clippy::unwrap_used)]

use mltraining_store::Store;
use mltraining_store::testing::TestDatabase;

/// Everything that the migrations make, as text in a fixed order.
const SCHEMA: &str = "
    select format('column %s.%s %s %s null=%s default=%s', c.relname, a.attname,
                  row_number() over (partition by c.oid order by a.attnum), format_type(a.atttypid, a.atttypmod),
                  not a.attnotnull, pg_get_expr(d.adbin, d.adrelid)) || ' collation ' || a.attcollation
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'm') and a.attnum > 0 and not a.attisdropped
    union all select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
      from pg_constraint where connamespace = 'public'::regnamespace
    union all select indexdef from pg_indexes where schemaname = 'public'
    union all select pg_get_functiondef(oid) from pg_proc where pronamespace = 'public'::regnamespace
    union all select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal
    union all select format('options %s %s', relname, reloptions) from pg_class where relnamespace = 'public'::regnamespace
    union all select format('type %s', typname) from pg_type where typnamespace = 'public'::regnamespace and typtype <> 'b'
    order by 1";

async fn schema(database: &TestDatabase) -> Vec<String> {
    let pool = sqlx::PgPool::connect(database.url()).await.unwrap();
    let mut lines: Vec<String> = sqlx::query_scalar(SCHEMA).fetch_all(&pool).await.unwrap();
    if let Ok(rows) = sqlx::query_scalar::<_, String>(
        "select 'row ' || id from project union all select 'row ' || id from queue",
    )
    .fetch_all(&pool)
    .await
    {
        lines.extend(rows);
    }
    pool.close().await;
    // The table that keeps account of the migrations stays.
    lines.retain(|line| !line.contains("_sqlx_migrations"));
    lines
}

/// The versions of the files, rising.
fn versions() -> Vec<i64> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let names = std::fs::read_dir(folder).unwrap();
    let names = names.map(|file| file.unwrap().file_name().into_string().unwrap());
    let up = names.filter(|name| name.ends_with(".up.sql"));
    let mut versions: Vec<i64> = up.map(|name| name[..4].parse().unwrap()).collect();
    versions.sort_unstable();
    versions
}

#[tokio::test]
async fn up_down_and_up_again_leaves_the_same_schema() {
    let database = TestDatabase::empty().await;
    let store = database.store().await;
    let versions = versions();
    assert_eq!(versions.last(), Some(&Store::expected_schema_version()));
    assert_eq!(store.schema_version().await.unwrap(), 0);
    assert_eq!(store.migrate_up().await.unwrap(), versions);
    let first = schema(&database).await;
    assert!(first.len() > 200, "{} lines", first.len());
    let down: Vec<i64> = versions.iter().rev().copied().collect();
    assert_eq!(store.migrate_down(0).await.unwrap(), down);
    assert_eq!(
        schema(&database).await,
        Vec::<String>::new(),
        "down leaves nothing behind"
    );
    assert_eq!(store.migrate_up().await.unwrap(), versions);
    assert_eq!(schema(&database).await, first);
    assert_eq!(
        store.migrate_up().await.unwrap(),
        Vec::<i64>::new(),
        "up twice is up once"
    );
}

#[tokio::test]
async fn each_migration_can_be_taken_back_and_made_again() {
    let database = TestDatabase::migrated().await;
    let store = database.store().await;
    let whole = schema(&database).await;
    for target in (0..Store::expected_schema_version()).rev() {
        store.migrate_down(target).await.unwrap();
        assert_eq!(store.schema_version().await.unwrap(), target);
        assert!(!store.schema_is_current().await.unwrap());
        store.migrate_up().await.unwrap();
        assert!(store.schema_is_current().await.unwrap());
        assert_eq!(schema(&database).await, whole, "down to {target} and up");
    }
}

#[tokio::test]
async fn ten_deploys_at_once_migrate_once() {
    let database = TestDatabase::empty().await;
    let store = database.store().await;
    let answers = futures::future::join_all((0..10).map(|_| store.migrate_up())).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert!(store.schema_is_current().await.unwrap());
}
