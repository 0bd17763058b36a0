//! Several evaluations at once, their curves and parts, and their end.

use super::call::{Call, missing, missing_of_batch};
use super::evaluation::EvaluationApi;
use crate::convert::page::Page;
use crate::convert::{curve, name, slices, stored_evaluation};
use crate::error::ApiError;
use mltraining_domain::name::{EvaluationName, VersionName};
use mltraining_domain::{EvaluationId, Reason, Slice, Slices, Violations};
use mltraining_proto::v1;
use mltraining_store::evaluations::{DeletedEvaluation, StoredCurves};
use tonic::Request;

/// Most evaluations in one answer: each is whole.
const MOST: usize = 20;

impl EvaluationApi {
    pub(super) async fn batch_get(
        &self,
        request: Request<v1::BatchGetEvaluationsRequest>,
    ) -> Result<v1::BatchGetEvaluationsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(self.context(), &extensions, name::parent(&request.parent)?)?;
        let parse = |text: &str| EvaluationName::parse(text).map(|name| (name.project, name.evaluation));
        let ids: Vec<EvaluationId> = name::batch_of(MOST, &request.names, &call.project, parse)?;
        let found = call.store.batch_get_evaluations(&call.project, &ids).await?;
        if found.len() < ids.len() {
            let absent = ids.iter().filter(|id| !found.iter().any(|one| one.id == **id));
            return Err(missing_of_batch(
                absent.map(|id| stored_evaluation::show_name(&call.project, *id)),
            ));
        }
        Ok(v1::BatchGetEvaluationsResponse {
            evaluations: found.iter().map(stored_evaluation::show).collect(),
        })
    }

    pub(super) async fn delete(
        &self,
        request: Request<v1::DeleteEvaluationRequest>,
    ) -> Result<v1::DeleteEvaluationResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, EvaluationName::parse)?;
        let call = Call::begin(self.context(), &extensions, name.project.clone())?;
        let deleted = call.store.delete_evaluation(&name.project, name.evaluation).await;
        match deleted.map_err(missing(&name))? {
            DeletedEvaluation::Gone { job } => {
                tracing::info!(evaluation.name = %name, caller.key = call.caller.key, "an evaluation was deleted");
                let job = stored_evaluation::show_job(&name.project, job);
                Ok(v1::DeleteEvaluationResponse { job })
            }
            DeletedEvaluation::OfTraining {
                model,
                version,
                aliases,
                promotions,
            } => {
                let project = name.project.clone();
                let version = VersionName {
                    project,
                    model,
                    version,
                };
                Err(refused(&name, &version, &aliases, promotions))
            }
        }
    }

    pub(super) async fn curve(
        &self,
        request: Request<v1::GetEvaluationCurveRequest>,
    ) -> Result<v1::EvaluationCurve, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("name", &request.name, EvaluationName::parse)?;
        let call = Call::begin(self.context(), &extensions, name.project.clone())?;
        let mut found = Violations::new();
        let kind = curve::read_kind(request.kind, &mut found);
        found.into_result(())?;
        let curves = call.store.evaluation_curves(&name.project, name.evaluation).await;
        let why = match curves.map_err(missing(&name))? {
            StoredCurves::Kept(curves) => return Ok(curve::show(&curves, kind, name.to_string())),
            StoredCurves::OfNumbers => "numbers are foreseen, and there is no score to draw",
            StoredCurves::Unmeasured => {
                "it was made before curves were kept; `report.html` of a training draws them, EvaluateModel makes a new evaluation"
            }
        };
        let text = format!("{name} has no curves: {why}");
        Err(ApiError::new(Reason::FailedPrecondition, text).with("name", &name))
    }

    pub(super) async fn slices(
        &self,
        request: Request<v1::ListEvaluationSlicesRequest>,
    ) -> Result<v1::ListEvaluationSlicesResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let name = name::read("parent", &request.parent, EvaluationName::parse)?;
        let call = Call::begin(self.context(), &extensions, name.project.clone())?;
        let mut found = Violations::new();
        let kind = slices::read_kind(request.kind, &mut found);
        found.into_result(())?;
        let scope = [
            "ListEvaluationSlices",
            &name.to_string(),
            &request.kind.to_string(),
        ];
        let page = Page::<usize>::read(request.page_size, &request.page_token, &scope)?;
        let all = call.store.evaluation_slices(&name.project, name.evaluation).await;
        let mut all = all.map_err(missing(&name))?;
        all.retain(|slices| kind.is_none_or(|kind| slices.kind == kind));
        let first = page.after.map_or(0, |last| last.saturating_add(1));
        let parts = all
            .iter()
            .flat_map(|slices| slices.slices.iter().map(move |slice| (slices, slice)));
        let most = usize::try_from(page.limit()).unwrap_or(usize::MAX);
        let mut parts: Vec<Part<'_>> = parts.enumerate().skip(first).take(most).collect();
        let next_page_token = page.cut(&mut parts, |(at, _)| *at);
        Ok(v1::ListEvaluationSlicesResponse {
            slices: by_kind(&parts),
            next_page_token,
        })
    }
}

/// A part with its place among all, and its kind.
type Part<'a> = (usize, (&'a Slices, &'a Slice));

/// Parts of one kind together, as they follow each other.
fn by_kind(parts: &[Part<'_>]) -> Vec<v1::Slices> {
    let same = |(_, (a, _)): &Part<'_>, (_, (b, _)): &Part<'_>| a.kind == b.kind;
    let shown = parts.chunk_by(same).map(|parts| v1::Slices {
        slices: parts
            .iter()
            .map(|(_, (_, slice))| slices::show_slice(slice))
            .collect(),
        ..slices::show_without(parts[0].1.0)
    });
    shown.collect()
}

/// Why the evaluation of a version's own training stays.
fn refused(name: &EvaluationName, version: &VersionName, aliases: &[String], promotions: u64) -> ApiError {
    let mut uses = format!("it is what {version} is worth");
    if promotions > 0 {
        uses.push_str(&format!(", and {promotions} promotions were judged by it"));
    }
    if !aliases.is_empty() {
        uses.push_str(&format!(", and {} mean it", aliases.join(", ")));
    }
    let text = format!("{name} was made by a training: {uses}; it goes with its model alone, by DeleteModel");
    ApiError::new(Reason::FailedPrecondition, text)
        .with("name", name)
        .with("model_version", version)
        .with("promotions", promotions)
}
