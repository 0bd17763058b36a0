//! Half a million rows of `coin_metrics`, and its source.

use crate::data::rows;
use mltraining_proto::v1;
use mltraining_store::{Store, StoreConfig};
use mltraining_tests::caller::Caller;
use mltraining_tests::database::Database;
use prost_types::Duration;

/// The filled database, dropped with this value.
pub struct Filled {
    database: Database,
    /// Its URL.
    pub url: String,
    /// Rows of `coin_metrics`.
    pub rows: i64,
}

impl Filled {
    /// Makes `copies` times half a million rows in a database that is ready for a server.
    ///
    /// # Errors
    /// When the rows cannot be made.
    pub async fn make(copies: u32) -> anyhow::Result<Self> {
        let database = rows::make(copies)?;
        let url = database.url();
        let store = Store::connect(&StoreConfig::new(&url, "bench")).await?;
        store.migrate_up().await?;
        Ok(Self {
            rows: database.count("SELECT count(*) FROM coin_metrics"),
            database,
            url,
        })
    }

    /// Lets projects have as many jobs as a load makes.
    pub fn lift_limits(&self) {
        self.database.sql("UPDATE project SET max_queued = 1000000");
    }

    /// Registers the table with all of its numeric columns, so that the default features are those of a whole source.
    ///
    /// # Errors
    /// Those of the server.
    pub async fn register(&self, caller: &Caller) -> anyhow::Result<()> {
        let names = self.database.sql(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'coin_metrics'::regclass AND attnum > 3 AND NOT attisdropped
              ORDER BY attnum",
        );
        let column = |name: &str| v1::SourceColumn {
            name: name.to_owned(),
            role: role(name).into(),
            ..v1::SourceColumn::default()
        };
        let phase = |(id, seconds): (i32, i64)| v1::Phase {
            id,
            display_name: id.to_string(),
            bar_interval: Some(Duration { seconds, nanos: 0 }),
        };
        let source = v1::Source {
            table: "coin_metrics".to_owned(),
            entity_column: "mint".to_owned(),
            time_column: "timestamp".to_owned(),
            phase_column: "phase_id_at_time".to_owned(),
            columns: names.lines().map(column).collect(),
            bar_interval: Some(Duration {
                seconds: 60,
                nanos: 0,
            }),
            duplicate_rule: v1::DuplicateRule::KeepFirst.into(),
            phases: [(1, 5), (2, 30), (3, 60), (99, 0), (100, 0)].map(phase).to_vec(),
            ..v1::Source::default()
        };
        let request = v1::CreateSourceRequest {
            source_id: "coin_metrics".to_owned(),
            source: Some(source),
            ..v1::CreateSourceRequest::default()
        };
        caller.catalog.clone().create_source(request).await?;
        Ok(())
    }
}

fn role(column: &str) -> v1::ColumnRole {
    match column {
        "price_open" => v1::ColumnRole::Open,
        "price_high" => v1::ColumnRole::High,
        "price_low" => v1::ColumnRole::Low,
        "price_close" => v1::ColumnRole::Close,
        "volume_sol" => v1::ColumnRole::Volume,
        _ => v1::ColumnRole::Unspecified,
    }
}
