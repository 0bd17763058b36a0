//! ListLeaderboard: versions side by side.

use super::call::Call;
use super::model::ModelApi;
use crate::convert::page::Page;
use crate::convert::{leaderboard, name};
use crate::error::ApiError;
use mltraining_domain::Violations;
use mltraining_proto::v1;
use mltraining_store::models::LeaderboardCursor;
use tonic::Request;

impl ModelApi {
    pub(super) async fn leaderboard(
        &self,
        request: Request<v1::ListLeaderboardRequest>,
    ) -> Result<v1::ListLeaderboardResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = Call::begin(self.context(), &extensions, name::parent(&request.parent)?)?;
        let mut found = Violations::new();
        let filter = leaderboard::read(&request, &call.project, &mut found);
        found.into_result(())?;
        let (project, metric) = (call.project.to_string(), filter.metric);
        let scope = [
            "ListLeaderboard",
            &project,
            metric.as_str(),
            &request.source,
            &request.model,
        ];
        let page = Page::<LeaderboardCursor>::read(request.page_size, &request.page_token, &scope)?;
        let after = page.after.as_ref();
        let listed = call
            .store
            .leaderboard(&call.project, &filter, after, page.limit());
        let mut entries = listed.await?;
        if entries.is_empty() {
            call.require_project().await?;
        }
        let next_page_token = page.cut(&mut entries, |entry| entry.cursor.clone());
        let shown = entries
            .iter()
            .map(|entry| leaderboard::show(entry, metric, &call.project));
        Ok(v1::ListLeaderboardResponse {
            entries: shown.collect(),
            next_page_token,
        })
    }
}
