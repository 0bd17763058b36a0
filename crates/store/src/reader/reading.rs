//! The connections of one read. They see the same snapshot, and are closed unless the read came to its end.

use super::{ReadError, SNAPSHOT};
use crate::store::Session;
use crate::{Store, StoreError, source_sql};
use sqlx::{Executor, PgConnection};
use std::time::Duration;

/// So long a read waits for a second connection. It can do without.
const WAIT: Duration = Duration::from_millis(250);

/// A read that has begun.
pub(super) struct Reading {
    first: Session,
    second: Option<Session>,
}

impl Reading {
    /// Begins with one connection.
    pub(super) async fn begin(store: &Store) -> Result<Self, ReadError> {
        let mut first = store.session().await?;
        begin(&mut first).await?;
        store.read_as_source_role(&mut first).await?;
        Ok(Self { first, second: None })
    }

    /// Takes a second connection when there is one at once that sees the same, and none is there yet.
    pub(super) async fn widen(&mut self, store: &Store) -> Result<(), ReadError> {
        if self.second.is_some() {
            return Ok(());
        }
        let Ok(Ok(second)) = tokio::time::timeout(WAIT, store.session()).await else {
            return Ok(());
        };
        let id = sqlx::query_file_scalar!("sql/reader/export_snapshot.sql")
            .fetch_one(&mut *self.first)
            .await
            .map_err(StoreError::from)?;
        match joined(store, second, &id).await {
            Ok(second) => self.second = Some(second),
            Err(error) => tracing::debug!(%error, "a read goes on with one connection"),
        }
        Ok(())
    }

    /// The first connection.
    pub(super) fn first(&mut self) -> &mut PgConnection {
        &mut self.first
    }

    /// Both, if there are two.
    pub(super) fn both(&mut self) -> Option<[&mut PgConnection; 2]> {
        Some([&mut self.first, self.second.as_mut()?])
    }

    /// Gives the connections back.
    pub(super) async fn end(self) -> Result<(), ReadError> {
        for mut session in [Some(self.first), self.second].into_iter().flatten() {
            session.execute("rollback").await.map_err(StoreError::from)?;
            session.release();
        }
        Ok(())
    }
}

/// The connection, once it sees the snapshot.
async fn joined(store: &Store, mut second: Session, id: &str) -> Result<Session, ReadError> {
    let see = source_sql::see_snapshot(id).ok_or(ReadError::Stopped)?;
    begin(&mut second).await?;
    second.execute(see).await.map_err(StoreError::from)?;
    store.read_as_source_role(&mut second).await?;
    Ok(second)
}

async fn begin(connection: &mut PgConnection) -> Result<(), ReadError> {
    connection.execute(SNAPSHOT).await.map_err(StoreError::from)?;
    Ok(())
}
