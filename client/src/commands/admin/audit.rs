//! `mlts admin audit`.

use super::{Connection, show};
use crate::commands::pages::{self, ListArgs};
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Paint, Table, UNKNOWN};
use crate::when;
use mltraining_proto::v1;

pub(super) async fn list(
    args: &ListArgs,
    connection: &Connection,
    context: &Context<'_>,
) -> Result<(), CliError> {
    let mut admin = connection.admin();
    let listed = pages::collect(args.limit(), async |page_size, page_token| {
        let request = v1::ListAuditEventsRequest {
            filter: args.filter.clone(),
            page_size,
            page_token,
        };
        let answer = admin.list_audit_events(request).await?.into_inner();
        Ok((answer.audit_events, answer.next_page_token))
    });
    listed
        .await?
        .show(&context.output, "nothing that was changed passes", table)
}

fn table(events: &[v1::AuditEvent], paint: Paint) -> String {
    let headings = [
        "when", "who", "role", "from", "what", "outcome", "resource", "request",
    ];
    let mut table = Table::new(&headings, paint);
    let or_unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| UNKNOWN.to_owned());
    for event in events {
        table.row([
            when::show(event.create_time.as_ref()),
            event.caller_key.clone(),
            role(event.caller_role()),
            or_unknown(&event.peer),
            names::last(&event.method).to_owned(),
            show::word(event.outcome().as_str_name(), "AUDIT_OUTCOME_"),
            event.resource.clone(),
            or_unknown(&event.request_id),
        ]);
    }
    table.render()
}

fn role(role: v1::Role) -> String {
    match role {
        v1::Role::Unspecified => UNKNOWN.to_owned(),
        known => show::word(known.as_str_name(), "ROLE_"),
    }
}
