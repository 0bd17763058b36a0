//! BatchPredict: makes a job that says what a model version foresees of all rows of a range.

use super::call::Call;
use super::scored_version;
use super::training::{TrainingApi, Wish};
use crate::convert::{batch_predict, name};
use crate::error::ApiError;
use mltraining_domain::name::VersionRef;
use mltraining_domain::names::first_of;
use mltraining_domain::{BatchPredictSpec, PeriodPlace, ScoredVersion, TimeRange, Violations};
use mltraining_proto::v1;
use mltraining_store::jobs::NewSpec;
use tonic::Request;

impl TrainingApi {
    pub(super) async fn batch_predict(
        &self,
        request: Request<v1::BatchPredictRequest>,
    ) -> Result<v1::Job, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let asked = name::read("model_version", &request.model_version, VersionRef::parse)?;
        let call = Call::begin(self.context(), &extensions, asked.model().project)?;
        let mut found = Violations::new();
        let request = batch_predict::read(request, &mut found);
        found.into_result(())?;
        let alias = match &asked {
            VersionRef::Alias(named) => Some(named.alias.clone()),
            VersionRef::Number(_) => None,
        };
        let name = call.version(asked).await?;
        let version = scored_version::find(&call, &name).await?;
        let named = request.entities.clone();
        let spec = BatchPredictSpec {
            range: request.rows.range,
            known_before: request.rows.known_before,
            max_rows: request.rows.max_rows.unwrap_or(version.train.max_rows),
            read_entities: match named.is_empty() {
                true => version.train.entities.clone(),
                false => named,
            },
            entities: request.entities,
            alias,
            version,
        };
        let mut spec = spec.check()?.into_inner();
        let mut resolved = scored_version::resolve(&call, spec.reading()).await?;
        if resolved.plan.needs_whole_panel() {
            check_ranked(&spec)?;
            spec.read_entities = spec.version.train.entities.clone();
            resolved = scored_version::resolve(&call, spec.reading()).await?;
        }
        let spec = spec.check()?;
        let wish = Wish {
            spec: NewSpec::BatchPredict(&spec),
            options: &request.options,
            warnings: seen_in_training(&spec.version, &spec.range).into_iter().collect(),
        };
        self.submit(&call, &wish, &resolved).await
    }
}

/// Features that rank entities are those of the training's entities alone.
fn check_ranked(spec: &BatchPredictSpec) -> Result<(), ApiError> {
    let ranked = &spec.version.train.entities;
    let outside = |entity: &&String| !ranked.is_empty() && !ranked.contains(entity);
    let outside: Vec<String> = spec.entities.iter().filter(outside).cloned().collect();
    let mut found = Violations::new();
    found.require(outside.is_empty(), "entities", || {
        format!(
            "a feature of the model ranks the {} entities of its training, and {} is none of them; leave it out",
            ranked.len(),
            first_of(&outside, 10)
        )
    });
    Ok(found.into_result(())?)
}

/// What there is to say of rows that the version was trained on.
fn seen_in_training(version: &ScoredVersion, range: &TimeRange) -> Option<String> {
    (version.trained.place(range) == PeriodPlace::Overlaps).then(|| {
        format!(
            "{version} was trained on rows from {} to {}: what it says of them says nothing of what it is worth",
            version.trained.decisions.start.to_rfc3339(),
            version.trained.decisions.end.to_rfc3339()
        )
    })
}
