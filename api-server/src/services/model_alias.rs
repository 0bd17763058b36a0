//! Aliases of models: set, taken away, promoted behind a gate, and the record of it all.

use super::call::{Call, missing};
use super::model::{ModelApi, find};
use crate::convert::page::Page;
use crate::convert::{etag, model as wire, name, promotion};
use crate::error::ApiError;
use mltraining_domain::alias::MAX_ALIASES;
use mltraining_domain::name::{AliasName, ModelName, VersionName, VersionRef};
use mltraining_domain::{AliasId, Reason, Violations};
use mltraining_proto::v1;
use mltraining_store::models::{AliasMove, Effect, MoveOutcome, Promotion};
use tonic::Request;
use tracing::Instrument;

impl ModelApi {
    pub(super) async fn set_alias(
        &self,
        request: Request<v1::SetModelAliasRequest>,
    ) -> Result<v1::Model, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, AliasName::parse)?;
        let version = name::read("version", &request.version, VersionRef::parse)?;
        if version.model() != name.model {
            let text = format!("must be a version of {}, like the alias", name.model);
            return Err(ApiError::invalid("version", text));
        }
        let call = Call::begin(self.context(), &extensions, name.model.project.clone())?;
        let version = call.version(version).await?;
        ungated(&call, name, Some(version.version), &request.etag).await
    }

    pub(super) async fn delete_alias(
        &self,
        request: Request<v1::DeleteModelAliasRequest>,
    ) -> Result<v1::Model, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, AliasName::parse)?;
        let call = Call::begin(self.context(), &extensions, name.model.project.clone())?;
        ungated(&call, name, None, &request.etag).await
    }

    pub(super) async fn promote(
        &self,
        request: Request<v1::PromoteModelVersionRequest>,
    ) -> Result<v1::PromoteModelVersionResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, VersionRef::parse)?;
        let call = Call::begin(self.context(), &extensions, name.model().project)?;
        let mut found = Violations::new();
        let alias = read_alias(&request.alias, &mut found);
        let gate = promotion::read(request.gate.as_ref(), &call.project, &mut found);
        found.into_result(())?;
        for comparison in promotion::comparisons(&gate, &call.project) {
            let read = call.store.comparison(&comparison.project, comparison.job).await;
            read.map_err(missing(&comparison))?;
        }
        let version = call.version(name).await?;
        let model = ModelName {
            project: version.project,
            model: version.model,
        };
        let wanted = AliasMove {
            alias,
            to: Some(version.version),
            gate,
            expected_revision: etag::read(wire::ETAG, &request.etag),
            created_by: call.caller.key.clone(),
            effect: match request.validate_only {
                true => Effect::Judge,
                false => Effect::Move,
            },
        };
        let done = moved(&call, &model, wanted).await?;
        Ok(v1::PromoteModelVersionResponse {
            promotion: Some(promotion::show(&done, &model)),
        })
    }

    pub(super) async fn promotions(
        &self,
        request: Request<v1::ListPromotionsRequest>,
    ) -> Result<v1::ListPromotionsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("parent", &request.parent, ModelName::parse)?;
        let call = Call::begin(self.context(), &extensions, name.project.clone())?;
        let scope = ["ListPromotions", &name.to_string()];
        let page = Page::<i32>::read(request.page_size, &request.page_token, &scope)?;
        let (store, after) = (&call.store, page.after);
        let listed = store.list_promotions(&name.project, &name.model, after, page.limit());
        let mut promotions = listed.await?;
        if promotions.is_empty() {
            find(&call, &name).await?;
        }
        let next_page_token = page.cut(&mut promotions, |p| p.number.unwrap_or_default());
        Ok(v1::ListPromotionsResponse {
            promotions: promotions.iter().map(|p| promotion::show(p, &name)).collect(),
            next_page_token,
        })
    }
}

/// The alias to move; a stand-in when a violation was noted.
fn read_alias(text: &str, found: &mut Violations) -> AliasId {
    if text.is_empty() {
        return AliasId::champion();
    }
    text.parse().unwrap_or_else(|error: mltraining_domain::IdError| {
        found.invalid("alias", error.to_string());
        AliasId::champion()
    })
}

/// Moves an alias without a gate, or takes it away; the model afterwards.
async fn ungated(call: &Call, name: AliasName, to: Option<i32>, etag: &str) -> Result<v1::Model, ApiError> {
    let wanted = AliasMove {
        alias: name.alias,
        to,
        gate: Vec::new(),
        expected_revision: etag::read(wire::ETAG, etag),
        created_by: call.caller.key.clone(),
        effect: Effect::Move,
    };
    moved(call, &name.model, wanted).await?;
    Ok(wire::show(&find(call, &name.model).await?))
}

/// Moves an alias and tells it. Both go on when the caller goes meanwhile: what is committed is told.
async fn moved(call: &Call, model: &ModelName, wanted: AliasMove) -> Result<Promotion, ApiError> {
    let (store, cache, of, asked) = (
        call.store.clone(),
        call.cache.clone(),
        model.clone(),
        wanted.clone(),
    );
    let task = async move {
        let effect = asked.effect;
        let outcome = store.move_alias(&of.project, &of.model, asked).await;
        if effect == Effect::Move {
            cache.model_changed(&of).await;
        }
        outcome
    };
    let outcome = tokio::spawn(task.in_current_span()).await;
    let outcome = outcome.map_err(ApiError::internal)?.map_err(missing(model))?;
    let done = judged(outcome, model, &wanted)?;
    if done.number.is_some() {
        let (alias, to) = (done.alias.as_str(), done.to);
        tracing::info!(model.name = %model, alias, to, caller.key = call.caller.key, "an alias was moved");
    }
    Ok(done)
}

fn judged(outcome: MoveOutcome, model: &ModelName, wanted: &AliasMove) -> Result<Promotion, ApiError> {
    let version = || VersionName {
        project: model.project.clone(),
        model: model.model.clone(),
        version: wanted.to.unwrap_or_default(),
    };
    Err(match outcome {
        MoveOutcome::Done(promotion) => return Ok(promotion),
        MoveOutcome::Refused(promotion) => promotion::refusal(&promotion, &version()),
        MoveOutcome::TooMany(count) => ApiError::invalid(
            "name",
            format!("{model} has {count} aliases, and at most {MAX_ALIASES} are taken: delete one first"),
        ),
        MoveOutcome::NoAlias => ApiError::not_found(AliasName {
            model: model.clone(),
            alias: wanted.alias.clone(),
        }),
        MoveOutcome::NoVersion => ApiError::not_found(version()),
        MoveOutcome::RevisionMismatch(revision) => etag::mismatch(model, &etag::show(wire::ETAG, revision)),
        MoveOutcome::Deleted => {
            let text = format!("{model} is deleted; undelete it first");
            ApiError::new(Reason::FailedPrecondition, text)
                .with("name", model)
                .with("state", "DELETED")
        }
    })
}
