//! GetLineage and GetFeatureImportance: where a version comes from, what goes forward from it, and what it looks at.

use super::call::{Call, missing};
use super::model::ModelApi;
use crate::convert::page::Page;
use crate::convert::{importances, lineage, name, stored_evaluation};
use crate::error::ApiError;
use mltraining_domain::Violations;
use mltraining_domain::name::VersionRef;
use mltraining_proto::v1;
use mltraining_store::models::{Use, UseCursor};
use tonic::Request;

impl ModelApi {
    pub(super) async fn lineage(
        &self,
        request: Request<v1::GetLineageRequest>,
    ) -> Result<v1::ModelLineage, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let asked = name::read("name", &request.name, VersionRef::parse)?;
        let call = Call::begin(self.context(), &extensions, asked.model().project)?;
        let name = call.version(asked).await?;
        let scope = ["GetLineage", &name.to_string()];
        let page = Page::<UseCursor>::read(request.page_size, &request.page_token, &scope)?;
        let origin = call.store.origin(&name.project, &name.model, name.version).await;
        let origin = origin.map_err(missing(&name))?;
        let (after, limit) = (page.after.as_ref(), page.limit());
        let listed = call
            .store
            .uses(&name.project, &name.model, name.version, after, limit);
        let mut uses = listed.await?;
        let next_page_token = page.cut(&mut uses, |found: &Use| found.cursor.clone());
        Ok(v1::ModelLineage {
            model_version: name.to_string(),
            origin: Some(lineage::show_origin(&origin, &name.project)),
            aliases: origin.aliases,
            uses: uses.iter().map(|found| lineage::show_use(found, &name)).collect(),
            next_page_token,
        })
    }

    pub(super) async fn importances(
        &self,
        request: Request<v1::GetFeatureImportanceRequest>,
    ) -> Result<v1::VersionImportances, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let asked = name::read("name", &request.name, VersionRef::parse)?;
        let call = Call::begin(self.context(), &extensions, asked.model().project)?;
        let mut found = Violations::new();
        let order = importances::read_order(request.order_by, &mut found);
        found.into_result(())?;
        let name = call.version(asked).await?;
        let origin = call.store.origin(&name.project, &name.model, name.version).await;
        let id = origin.map_err(missing(&name))?.evaluation;
        let evaluation = call.store.evaluation(&name.project, id).await;
        let evaluation = evaluation.map_err(missing(&name))?;
        Ok(v1::VersionImportances {
            model_version: name.to_string(),
            evaluation: stored_evaluation::show_name(&name.project, id),
            ..importances::show(&evaluation.evaluation, &evaluation.features, order)?
        })
    }
}
