//! ListAuditEvents: what calls have changed.

use super::admin::AdminApi;
use crate::convert::audit;
use crate::convert::page::Page;
use crate::error::ApiError;
use mltraining_proto::v1;
use mltraining_store::audit::{AuditCursor, AuditEvent};
use tonic::Request;

impl AdminApi {
    pub(super) async fn audit_events(
        &self,
        request: Request<v1::ListAuditEventsRequest>,
    ) -> Result<v1::ListAuditEventsResponse, ApiError> {
        let (_, extensions, request) = request.into_parts();
        let call = self.begin(&extensions)?;
        let scope = ["ListAuditEvents", request.filter.as_str()];
        let page = Page::<AuditCursor>::read(request.page_size, &request.page_token, &scope)?;
        let Some(filter) = audit::read(&request.filter)? else {
            return Ok(v1::ListAuditEventsResponse::default());
        };
        let listed = call
            .store
            .list_audit_events(&filter, page.after.as_ref(), page.limit());
        let mut events = listed.await?;
        let next_page_token = page.cut(&mut events, AuditEvent::cursor);
        Ok(v1::ListAuditEventsResponse {
            audit_events: events.iter().map(audit::show).collect(),
            next_page_token,
        })
    }
}
