//! Aliases of models, and every move of one: under a lock of the model, in one transaction with its record.

use crate::audit::{AuditOutcome, Touched};
use crate::{Store, StoreError, findings, stored};
use chrono::{DateTime, Utc};
use mltraining_domain::alias::MAX_ALIASES;
use mltraining_domain::gate::BesideHolder;
use mltraining_domain::name::{AliasName, ModelName};
use mltraining_domain::{AliasId, Condition, Evaluation, JobId, ModelId, ProjectId};
use sqlx::{Connection, PgConnection};
use std::collections::BTreeMap;

/// A move of an alias that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct AliasMove {
    /// Which alias.
    pub alias: AliasId,
    /// To which version; `None` takes the alias away.
    pub to: Option<i32>,
    /// What the version must reach, not yet judged; empty: nothing.
    pub gate: Vec<Condition>,
    /// Only if this is still the model's revision.
    pub expected_revision: Option<i64>,
    /// Who asks.
    pub created_by: String,
    /// Whether it is done.
    pub effect: Effect,
}

/// Whether a move is done or only judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Done and recorded, if the gate holds.
    Move,
    /// Judged; nothing is changed.
    Judge,
}

/// A move of an alias as it was recorded, or as it would be.
#[derive(Debug, Clone, PartialEq)]
pub struct Promotion {
    /// From 1 within the model; `None` while it is only judged.
    pub number: Option<i32>,
    /// The alias.
    pub alias: AliasId,
    /// The version that held it before; `None` for none.
    pub from: Option<i32>,
    /// The version that holds it since; `None` when the alias was taken away.
    pub to: Option<i32>,
    /// The conditions of the gate with what was found; empty without a gate.
    pub conditions: Vec<Condition>,
    /// Who asked.
    pub created_by: String,
    /// When; `None` while it is only judged.
    pub created_at: Option<DateTime<Utc>>,
}

impl Promotion {
    /// Whether every condition holds.
    pub fn passes(&self) -> bool {
        self.conditions.iter().all(Condition::holds)
    }
}

/// What became of a wanted move.
#[derive(Debug, Clone, PartialEq)]
pub enum MoveOutcome {
    /// Done, or judged: then nothing was changed.
    Done(Promotion),
    /// A condition does not hold; nothing was changed.
    Refused(Promotion),
    /// The model has this many aliases already, and no more are taken.
    TooMany(i64),
    /// There is no such alias to take away.
    NoAlias,
    /// There is no such version.
    NoVersion,
    /// The model changed since the client read it; its revision now.
    RevisionMismatch(i64),
    /// The model is deleted.
    Deleted,
}

impl MoveOutcome {
    /// The alias, if it was moved.
    fn touched(&self, project: &ProjectId, model: &ModelId) -> Option<Touched> {
        let Self::Done(promotion) = self else { return None };
        promotion.number?;
        let name = AliasName {
            model: ModelName {
                project: project.clone(),
                model: model.clone(),
            },
            alias: promotion.alias.clone(),
        };
        let outcome = match (promotion.from, promotion.to) {
            (_, None) => AuditOutcome::Removed,
            (None, Some(_)) => AuditOutcome::Created,
            (Some(_), Some(_)) => AuditOutcome::Changed,
        };
        Some(Touched::of(project, name, outcome))
    }
}

async fn held(
    connection: &mut PgConnection,
    project: &ProjectId,
    model: &ModelId,
) -> Result<BTreeMap<String, i32>, StoreError> {
    let rows = sqlx::query_file!("sql/aliases/of_model.sql", project.as_str(), model.as_str())
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.version)).collect())
}

/// What the comparison says of the version beside the one that holds the alias.
async fn beside_holder(
    connection: &mut PgConnection,
    project: &ProjectId,
    model: &ModelId,
    version: i32,
    holder: Option<i32>,
    comparison: JobId,
) -> Result<BesideHolder, StoreError> {
    let holder = match holder {
        None => return Ok(BesideHolder::Nobody),
        Some(holder) if holder == version => return Ok(BesideHolder::Itself),
        Some(holder) => holder,
    };
    let comparison = findings::comparison(connection, project, comparison).await?;
    let rivalry = comparison.found.rivalry(model, version, holder);
    Ok(rivalry.map_or(BesideHolder::NotCompared { holder }, |rivalry| {
        BesideHolder::Compared { holder, rivalry }
    }))
}

/// The gate with what the version's evaluation says, and comparisons with the alias's holder; `None` without such a version.
async fn judge(
    connection: &mut PgConnection,
    project: &ProjectId,
    model: &ModelId,
    version: i32,
    holder: Option<i32>,
    gate: &[Condition],
) -> Result<Option<Vec<Condition>>, StoreError> {
    let names = (project.as_str(), model.as_str());
    let body = sqlx::query_file_scalar!("sql/aliases/evaluation.sql", names.0, names.1, version)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(body) = body else { return Ok(None) };
    if gate.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let evaluation: Evaluation = stored::json("evaluation.body", body)?;
    let mut judged: Vec<Condition> = gate.iter().map(|c| c.judged(&evaluation)).collect();
    for condition in &mut judged {
        if let Condition::Better {
            comparison, found, ..
        } = condition
        {
            *found = Some(beside_holder(connection, project, model, version, holder, *comparison).await?);
        }
    }
    Ok(Some(judged))
}

/// Writes the move: alias, record, revision.
async fn write(
    connection: &mut PgConnection,
    project: &ProjectId,
    model: &ModelId,
    mut promotion: Promotion,
) -> Result<Promotion, StoreError> {
    let (project, model, alias) = (project.as_str(), model.as_str(), promotion.alias.as_str());
    match promotion.to {
        Some(version) => {
            sqlx::query_file!("sql/aliases/put.sql", project, model, alias, version)
                .execute(&mut *connection)
                .await?
        }
        None => {
            sqlx::query_file!("sql/aliases/remove.sql", project, model, alias)
                .execute(&mut *connection)
                .await?
        }
    };
    let recorded = sqlx::query_file!(
        "sql/aliases/record.sql",
        project,
        model,
        alias,
        promotion.from,
        promotion.to,
        stored::to_json(&promotion.conditions),
        promotion.created_by
    )
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query_file!("sql/aliases/touch.sql", project, model)
        .execute(connection)
        .await?;
    promotion.number = Some(recorded.number);
    promotion.created_at = Some(recorded.created_at);
    Ok(promotion)
}

/// What becomes of the move, within a transaction that is only committed when it is done.
async fn moved(
    connection: &mut PgConnection,
    project: &ProjectId,
    model: &ModelId,
    wanted: AliasMove,
) -> Result<MoveOutcome, StoreError> {
    let locked = sqlx::query_file!("sql/aliases/lock.sql", project.as_str(), model.as_str())
        .fetch_optional(&mut *connection)
        .await?;
    let locked = locked.ok_or_else(|| super::read::unknown(model))?;
    if locked.is_deleted {
        return Ok(MoveOutcome::Deleted);
    }
    if wanted.expected_revision.is_some_and(|r| r != locked.revision) {
        return Ok(MoveOutcome::RevisionMismatch(locked.revision));
    }
    let aliases = held(connection, project, model).await?;
    let from = aliases.get(wanted.alias.as_str()).copied();
    let conditions = match wanted.to {
        None if from.is_none() => return Ok(MoveOutcome::NoAlias),
        None => Vec::new(),
        Some(version) => match judge(connection, project, model, version, from, &wanted.gate).await? {
            None => return Ok(MoveOutcome::NoVersion),
            Some(conditions) => conditions,
        },
    };
    let count = i64::try_from(aliases.len()).unwrap_or(i64::MAX);
    if from.is_none() && count >= MAX_ALIASES {
        return Ok(MoveOutcome::TooMany(count));
    }
    let promotion = Promotion {
        number: None,
        alias: wanted.alias,
        from,
        to: wanted.to,
        conditions,
        created_by: wanted.created_by,
        created_at: None,
    };
    Ok(match (wanted.effect, promotion.passes()) {
        (Effect::Judge, _) => MoveOutcome::Done(promotion),
        (Effect::Move, false) => MoveOutcome::Refused(promotion),
        (Effect::Move, true) => MoveOutcome::Done(write(connection, project, model, promotion).await?),
    })
}

impl Store {
    /// Moves an alias of a model that is not deleted, if the gate holds. Moves of one model's aliases happen one after the other.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown model, or a comparison of the gate.
    pub async fn move_alias(
        &self,
        project: &ProjectId,
        model: &ModelId,
        wanted: AliasMove,
    ) -> Result<MoveOutcome, StoreError> {
        self.within("aliases.move", async {
            let mut session = self.session().await?;
            let mut transaction = session.begin().await?;
            let outcome = moved(&mut transaction, project, model, wanted).await?;
            // Without a write there is nothing in it but the lock.
            self.commit(transaction, outcome.touched(project, model)).await?;
            session.release();
            Ok(outcome)
        })
        .await
    }

    /// The version that an alias holds now, also of a deleted model; `None` without such an alias.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn alias_version(
        &self,
        project: &ProjectId,
        model: &ModelId,
        alias: &AliasId,
    ) -> Result<Option<i32>, StoreError> {
        let (project, model, alias) = (project.as_str(), model.as_str(), alias.as_str());
        self.within("aliases.version", async {
            let mut session = self.session().await?;
            let version = sqlx::query_file_scalar!("sql/aliases/version.sql", project, model, alias)
                .fetch_optional(&mut *session)
                .await?;
            session.release();
            Ok(version)
        })
        .await
    }

    /// The moves of a model's aliases below the number `before` (all without it), newest first, at most `limit`. Empty for an
    /// unknown model.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Timeout`].
    pub async fn list_promotions(
        &self,
        project: &ProjectId,
        model: &ModelId,
        before: Option<i32>,
        limit: i64,
    ) -> Result<Vec<Promotion>, StoreError> {
        let (project, model) = (project.as_str(), model.as_str());
        self.within("aliases.promotions", async {
            let mut session = self.session().await?;
            let rows = sqlx::query_file!("sql/aliases/promotions.sql", project, model, before, limit)
                .fetch_all(&mut *session)
                .await?;
            session.release();
            let promotions = rows.into_iter().map(|row| {
                Ok(Promotion {
                    number: Some(row.number),
                    alias: stored::parse("promotion.alias", &row.alias)?,
                    from: row.from_version,
                    to: row.to_version,
                    conditions: stored::json("promotion.conditions", row.conditions)?,
                    created_by: row.created_by,
                    created_at: Some(row.created_at),
                })
            });
            promotions.collect()
        })
        .await
    }
}
