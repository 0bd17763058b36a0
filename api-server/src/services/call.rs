//! One call, as every handler begins it: who calls, in which project, until when.

use crate::access::Method;
use crate::address::ClientAddress;
use crate::cache::Cache;
use crate::caller::{self, Caller};
use crate::context::Context;
use crate::deadline::Deadline;
use crate::error::ApiError;
use http::Extensions;
use mltraining_domain::ProjectId;
use mltraining_domain::name::{ModelName, ProjectName, SourceName, VersionName, VersionRef};
use mltraining_domain::names::first_of;
use mltraining_runtime::request_id::RequestId;
use mltraining_store::audit::Actor;
use mltraining_store::sources::Source;
use mltraining_store::{Store, StoreError};
use std::fmt::Display;

/// A call that may go on: its caller sees the project.
#[derive(Debug)]
pub(crate) struct Call {
    /// The project of the request.
    pub(crate) project: ProjectId,
    /// Who calls.
    pub(crate) caller: Caller,
    /// Until when.
    pub(crate) deadline: Deadline,
    /// Postgres, for the time that is left, in the name of the caller: what he changes is written down as his.
    pub(crate) store: Store,
    /// What is remembered of it.
    pub(crate) cache: Cache,
    /// Ties together what this request causes.
    pub(crate) request_id: Option<RequestId>,
}

impl Call {
    /// Begins a call.
    ///
    /// # Errors
    /// NOT_FOUND for a project that the caller may not see.
    pub(crate) fn begin(
        context: &Context,
        extensions: &Extensions,
        project: ProjectId,
    ) -> Result<Self, ApiError> {
        let caller = caller::authorize(extensions, &project)?.clone();
        let deadline = Deadline::of(extensions);
        let store = context.store.with_call_timeout(deadline.remaining());
        Ok(Self {
            deadline,
            store: store.acting_for(actor(&caller, extensions)?),
            caller,
            cache: context.cache.clone(),
            request_id: extensions.get().cloned(),
            project,
        })
    }

    /// The source of this name in the project, perhaps a remembered one.
    ///
    /// # Errors
    /// NOT_FOUND.
    pub(crate) async fn source(&self, name: &SourceName) -> Result<Source, ApiError> {
        let read = self.store.source(&name.project, &name.source);
        self.cache.source(name, read).await.map_err(missing(name))
    }

    /// The version that a request means: an alias is resolved as it stands now.
    ///
    /// # Errors
    /// NOT_FOUND for an alias that the model does not have.
    pub(crate) async fn version(&self, name: VersionRef) -> Result<VersionName, ApiError> {
        let named = match name {
            VersionRef::Number(name) => return Ok(name),
            VersionRef::Alias(named) => named,
        };
        let ModelName { project, model } = &named.model;
        let held = self.store.alias_version(project, model, &named.alias).await?;
        let version = held.ok_or_else(|| ApiError::not_found(&named))?;
        Ok(VersionName {
            project: project.clone(),
            model: model.clone(),
            version,
        })
    }

    /// Tells an empty list of a project from one of a project that does not exist. Only a caller who sees more than his own can
    /// ask for one that does not.
    ///
    /// # Errors
    /// NOT_FOUND.
    pub(crate) async fn require_project(&self) -> Result<(), ApiError> {
        if self.caller.project.as_ref() == Some(&self.project) {
            return Ok(()); // the key could not exist without it
        }
        let project = self.store.project(&self.project).await;
        project.map_err(missing(ProjectName(self.project.clone())))?;
        Ok(())
    }
}

/// The caller, as the audit has him.
fn actor(caller: &Caller, extensions: &Extensions) -> Result<Actor, ApiError> {
    let method = extensions
        .get::<&'static Method>()
        .ok_or_else(|| ApiError::internal(anyhow::anyhow!("a call of no method reached a service")))?;
    let id = extensions.get::<RequestId>();
    let address = extensions.get::<ClientAddress>();
    Ok(Actor {
        caller_key: caller.key.clone(),
        caller_role: Some(caller.role),
        caller_project: caller.project.clone(),
        method: method.path,
        request_id: id.map(|id| id.as_str().to_owned()),
        peer: address.map(|address| address.0),
    })
}

/// The refusal of a look-up: what is not there is called by its whole name.
pub(crate) fn missing(name: impl Display) -> impl FnOnce(StoreError) -> ApiError {
    move |error| match error {
        StoreError::NotFound { .. } => ApiError::not_found(name),
        other => other.into(),
    }
}

/// The refusal of a batch that names things which are not there: up to ten of them are named.
pub(crate) fn missing_of_batch(names: impl Iterator<Item = String>) -> ApiError {
    let names: Vec<String> = names.collect();
    ApiError::not_found(first_of(&names, 10))
}
