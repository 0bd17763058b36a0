//! Who changed what: a row for each resource that a call has changed, in the transaction of the change.
//!
//! A [`Store`] that acts for somebody ([`Store::acting_for`]) writes the rows by itself: every statement that a caller can bring about ends
//! with `Store::commit`, which takes what was changed. Postgres refuses to change a row, or to remove a young one.

use crate::{Store, StoreError, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::{ProjectId, Role};
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, Transaction};
use std::fmt::Display;
use std::net::IpAddr;

/// For whom a store acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The short part of the caller's key, or a word for one without: `local`, `cli`.
    pub caller_key: String,
    /// His role; `None` on the command line.
    pub caller_role: Option<Role>,
    /// The project of the key; `None` for a caller who has none.
    pub caller_project: Option<ProjectId>,
    /// `/package.Service/Method`, or the command.
    pub method: &'static str,
    /// Ties together what the request has caused.
    pub request_id: Option<String>,
    /// The other end of the connection.
    pub peer: Option<IpAddr>,
}

impl Actor {
    /// Somebody at the command line of the server, for example of `api-server keys create`.
    pub fn cli(command: &'static str) -> Self {
        Self {
            caller_key: "cli".to_owned(),
            caller_role: None,
            caller_project: None,
            method: command,
            request_id: None,
            peer: None,
        }
    }
}

/// What became of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditOutcome {
    /// It was made.
    Created,
    /// It was changed.
    Changed,
    /// It is no longer there.
    Removed,
}

impl AuditOutcome {
    const ALL: [Self; 3] = [Self::Created, Self::Changed, Self::Removed];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Changed => "CHANGED",
            Self::Removed => "REMOVED",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

/// A resource that a transaction has changed.
#[derive(Debug, Clone)]
pub(crate) struct Touched {
    resource: String,
    project: Option<String>,
    outcome: AuditOutcome,
}

impl Touched {
    /// A resource of a project, by its whole name.
    pub(crate) fn of(project: &ProjectId, name: impl Display, outcome: AuditOutcome) -> Self {
        Self {
            resource: name.to_string(),
            project: Some(project.to_string()),
            outcome,
        }
    }

    /// A resource of the service as a whole, which is changed, never made or removed, by calls.
    pub(crate) fn of_service(name: impl Display) -> Self {
        Self {
            resource: name.to_string(),
            project: None,
            outcome: AuditOutcome::Changed,
        }
    }
}

/// A row as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Rises from row to row.
    pub id: i64,
    /// When the change began.
    pub created_at: DateTime<Utc>,
    /// The short part of the caller's key, `local` or `cli`.
    pub caller_key: String,
    /// His role then.
    pub caller_role: Option<Role>,
    /// The project of his key.
    pub caller_project: Option<ProjectId>,
    /// `/package.Service/Method`, or the command.
    pub method: String,
    /// The whole name of what was changed.
    pub resource: String,
    /// Its project; `None` for what belongs to the service.
    pub project: Option<ProjectId>,
    /// What became of it.
    pub outcome: AuditOutcome,
    /// Of the request.
    pub request_id: Option<String>,
    /// The other end of the connection, an IP address.
    pub peer: Option<String>,
}

/// The last row of a page; the next page starts after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditCursor {
    /// When the change began.
    pub created_at: DateTime<Utc>,
    /// Its id.
    pub id: i64,
}

/// Which rows a list shows; `None` for any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this project.
    pub project: Option<String>,
    /// Of this resource.
    pub resource: Option<String>,
    /// By this method.
    pub method: Option<String>,
    /// By this caller.
    pub caller_key: Option<String>,
    /// Not before.
    pub created_from: Option<DateTime<Utc>>,
    /// Before.
    pub created_before: Option<DateTime<Utc>>,
}

impl AuditEvent {
    /// The cursor of a page that ends with this row.
    pub fn cursor(&self) -> AuditCursor {
        AuditCursor {
            created_at: self.created_at,
            id: self.id,
        }
    }
}

struct EventRow {
    id: i64,
    created_at: DateTime<Utc>,
    caller_key: String,
    caller_role: Option<String>,
    caller_project: Option<String>,
    method: String,
    resource: String,
    project: Option<String>,
    outcome: String,
    request_id: Option<String>,
    peer: Option<String>,
}

impl EventRow {
    fn into_event(self) -> Result<AuditEvent, StoreError> {
        let role = self.caller_role.as_deref();
        let caller_project = self.caller_project.as_deref();
        let project = self.project.as_deref();
        let outcome = AuditOutcome::from_word(&self.outcome);
        Ok(AuditEvent {
            id: self.id,
            created_at: self.created_at,
            caller_key: self.caller_key,
            caller_role: role
                .map(|role| stored::parse("audit_event.caller_role", role))
                .transpose()?,
            caller_project: caller_project
                .map(|project| stored::parse("audit_event.caller_project", project))
                .transpose()?,
            method: self.method,
            resource: self.resource,
            project: project
                .map(|project| stored::parse("audit_event.project", project))
                .transpose()?,
            outcome: stored::word("audit_event.outcome", &self.outcome, outcome)?,
            request_id: self.request_id,
            peer: self.peer,
        })
    }
}

async fn record(
    transaction: &mut Transaction<'_, Postgres>,
    actor: &Actor,
    touched: Vec<Touched>,
) -> Result<(), StoreError> {
    let mut resources = Vec::with_capacity(touched.len());
    let mut projects = Vec::with_capacity(touched.len());
    let mut outcomes = Vec::with_capacity(touched.len());
    for one in touched {
        resources.push(one.resource);
        projects.push(one.project);
        outcomes.push(one.outcome.as_str().to_owned());
    }
    sqlx::query_file!(
        "sql/audit/record.sql",
        actor.caller_key,
        actor.caller_role.map(Role::as_str),
        actor.caller_project.as_ref().map(ProjectId::as_str),
        actor.method,
        actor.request_id,
        actor.peer.map(|peer| peer.to_string()),
        &resources,
        &projects as &[Option<String>],
        &outcomes
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

impl Store {
    /// Ends a transaction that a caller has brought about, together with the rows that say what it changed; with none if it changed
    /// nothing. A store that acts for nobody, such as a worker's, writes none.
    pub(crate) async fn commit(
        &self,
        mut transaction: Transaction<'_, Postgres>,
        touched: impl IntoIterator<Item = Touched>,
    ) -> Result<(), StoreError> {
        if let Some(actor) = self.actor() {
            let touched: Vec<Touched> = touched.into_iter().collect();
            if !touched.is_empty() {
                record(&mut transaction, actor, touched).await?;
            }
        }
        Ok(transaction.commit().await?)
    }

    /// What was changed, newest first, after the cursor, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn list_audit_events(
        &self,
        filter: &AuditFilter,
        after: Option<&AuditCursor>,
        limit: i64,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        self.within("audit.list", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file_as!(
                EventRow,
                "sql/audit/list.sql",
                filter.project,
                filter.resource,
                filter.method,
                filter.caller_key,
                filter.created_from,
                filter.created_before,
                after.map(|cursor| cursor.created_at),
                after.map(|cursor| cursor.id),
                limit
            )
            .fetch_all(&mut *session)
            .await?;
            session.release();
            rows.into_iter().map(EventRow::into_event).collect()
        })
        .await
    }
}
