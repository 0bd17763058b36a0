//! CreateSource: a table is checked, then entered in the catalogue.

use super::call::Call;
use crate::convert::context::ContextDraft;
use crate::convert::idempotency;
use crate::convert::source::{self as wire, SourceDraft};
use crate::error::ApiError;
use mltraining_domain::context::MAX_CONTEXTS;
use mltraining_domain::name::SourceName;
use mltraining_domain::{IdError, Reason, SourceContext, SourceId, SourceSpec, Violations};
use mltraining_proto::v1;
use mltraining_store::StoreError;
use mltraining_store::sources::{CreatedSource, NewSource, closed};

/// Enters the source, or only checks it.
///
/// # Errors
/// INVALID_FIELD with everything that is wrong, ALREADY_EXISTS, REQUEST_ID_REUSED.
pub(super) async fn create(
    call: &Call,
    mut request: v1::CreateSourceRequest,
) -> Result<v1::Source, ApiError> {
    let request_id = std::mem::take(&mut request.request_id);
    request.parent = call.project.to_string();
    let mut found = Violations::new();
    let idempotency = idempotency::read(&request_id, &request, &mut found);
    let id = source_id(&request.source_id, &mut found);
    let draft = wire::require(request.source, &id, &call.project, &mut found);
    let display_name = draft.display_name.clone();
    let spec = check(call, &id, draft, found).await?;
    if request.validate_only {
        return Ok(wire::show_spec(&call.project, &id, &display_name, &spec));
    }
    let name = SourceName {
        project: call.project.clone(),
        source: id.clone(),
    };
    let source = NewSource {
        project: call.project.clone(),
        id,
        display_name,
        spec,
        idempotency,
        created_by: call.caller.key.clone(),
    };
    match call
        .store
        .create_source(&source)
        .await
        .map_err(|error| taken(error, &name))?
    {
        CreatedSource::Created(source) => {
            tracing::info!(source.name = %name, caller.key = call.caller.key, "a source was created");
            Ok(wire::show(&source))
        }
        CreatedSource::Existing(source) => Ok(wire::show(&source)),
        CreatedSource::KeyReused => Err(idempotency::reused(&request_id)),
    }
}

fn source_id(text: &str, found: &mut Violations) -> SourceId {
    text.parse().unwrap_or_else(|error: IdError| {
        found.invalid("source_id", error.to_string());
        wire::default_source()
    })
}

/// The whole spec, after it was held against the table. What the request alone shows is told together with that.
async fn check(
    call: &Call,
    id: &SourceId,
    mut draft: SourceDraft,
    mut found: Violations,
) -> Result<SourceSpec, ApiError> {
    let (schema, table) = (draft.spec.schema.clone(), draft.spec.table.clone());
    let contexts = std::mem::take(&mut draft.contexts);
    let names = draft.check_names();
    let has_table = !names
        .iter()
        .any(|v| matches!(v.field.as_str(), "source.schema" | "source.table"));
    found.extend(names);
    if !has_table {
        return Err(found.into());
    }
    let info = call.store.inspect_table(&schema, &table).await?;
    if let Some(closed) = closed(&schema, &table, info.as_ref()) {
        found.invalid(format!("source.{}", closed.part), closed.message);
        return Err(found.into());
    }
    let Some(info) = info else {
        let text = format!("there is no table or view `{schema}.{table}` that the service may read");
        found.invalid("source.table", text);
        return Err(found.into());
    };
    let mut spec = draft.complete(&info);
    spec.contexts = self::contexts(call, contexts, (id, &spec), &mut found).await?;
    found.extend(spec.check("source"));
    for violation in call.store.verify_source(&spec, "source").await?.iter() {
        // To a source that is only being made, the table has not changed.
        let already = found.iter().any(|earlier| earlier.field == violation.field);
        if !already {
            found.invalid(&violation.field, &violation.description);
        }
    }
    spec.contexts.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found.into_result(spec)?)
}

/// Looks up the sources of the contexts; one may be the very source that is made. When one cannot be found that is noted, and none
/// comes out.
async fn contexts(
    call: &Call,
    drafts: Vec<ContextDraft>,
    (own_id, own): (&SourceId, &SourceSpec),
    found: &mut Violations,
) -> Result<Vec<SourceContext>, ApiError> {
    let mut contexts = Vec::new();
    let count = drafts.len();
    for (i, draft) in drafts.into_iter().enumerate().take(MAX_CONTEXTS + 1) {
        let Some(id) = draft.source.clone() else { continue };
        if id == *own_id {
            contexts.push(draft.complete(id, own.clone()));
            continue;
        }
        let name = SourceName {
            project: call.project.clone(),
            source: id.clone(),
        };
        match call.source(&name).await {
            Ok(source) => contexts.push(draft.complete(id, source.spec)),
            Err(error) if error.reason() == Reason::NotFound => found.invalid(
                format!("source.contexts[{i}].source"),
                format!("there is no source {name}; register it first"),
            ),
            Err(error) => return Err(error),
        }
    }
    if contexts.len() < count.min(MAX_CONTEXTS + 1) {
        contexts.clear();
    }
    Ok(contexts)
}

fn taken(error: StoreError, name: &SourceName) -> ApiError {
    match error {
        StoreError::Conflict {
            reason: Reason::AlreadyExists,
            ..
        } => {
            let text = format!("{name} exists already; choose another source_id");
            ApiError::new(Reason::AlreadyExists, text).with("name", name)
        }
        other => other.into(),
    }
}
