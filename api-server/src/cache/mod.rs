//! What this server remembers of Postgres: models and sources, by name.
//!
//! A model that is changed here is forgotten before the answer, and the change is told to all API servers after its commit; what
//! the others do not hear is as old as `cache.max_age` at most. No RPC changes a source, so nobody tells of one. A caller is authorized before the cache is asked, and a row that is not there is
//! not remembered. Changes are checked and made in Postgres alone.

mod counts;
mod kept;

pub use counts::Counts;

use counts::{Counters, count};
use kept::{Kept, Revised};
use mltraining_domain::name::{ModelName, SourceName};
use mltraining_domain::{ModelId, ProjectId};
use mltraining_runtime::config::CacheConfig;
use mltraining_signal::{Change, Changed, Signal};
use mltraining_store::jobs::Job;
use mltraining_store::models::Model;
use mltraining_store::sources::Source;
use std::fmt;
use std::sync::Arc;

/// Clones share what they remember.
#[derive(Clone)]
pub struct Cache {
    inner: Arc<Inner>,
}

/// Without what is remembered.
impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}

struct Inner {
    models: Kept<ModelName, Model>,
    sources: Kept<SourceName, Source>,
    counters: Arc<Counters>,
    signal: Signal,
}

impl Revised for Model {
    fn revision(&self) -> i64 {
        self.revision
    }
}

impl Revised for Source {
    fn revision(&self) -> i64 {
        self.revision
    }
}

impl Cache {
    /// An empty one, which tells its changes by `signal`.
    pub fn new(config: &CacheConfig, signal: Signal) -> Self {
        let counters = Arc::<Counters>::default();
        let (age, entries) = (config.max_age, config.max_entries);
        let inner = Inner {
            models: Kept::new(age, entries, counters.clone()),
            sources: Kept::new(age, entries, counters.clone()),
            counters,
            signal,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// The model as it is or was within `cache.max_age`.
    ///
    /// # Errors
    /// Those of `read`.
    pub async fn model<E>(
        &self,
        name: &ModelName,
        read: impl Future<Output = Result<Model, E>>,
    ) -> Result<Model, E> {
        self.inner.models.get(name, read).await
    }

    /// The source as it is or was within `cache.max_age`.
    ///
    /// # Errors
    /// Those of `read`.
    pub async fn source<E>(
        &self,
        name: &SourceName,
        read: impl Future<Output = Result<Source, E>>,
    ) -> Result<Source, E> {
        self.inner.sources.get(name, read).await
    }

    /// Forgets a model that was changed here, or may have been, and tells the other servers. To be called after the commit
    /// and before the answer.
    pub async fn model_changed(&self, name: &ModelName) {
        self.inner.models.forget(name);
        let change = Change {
            kind: Changed::Model,
            project: name.project.as_str().to_owned(),
            id: name.model.as_str().to_owned(),
        };
        if let Err(error) = self.inner.signal.tell(&change).await {
            tracing::warn!(model.name = %name, %error, "a change was not told: other servers see it within cache.max_age");
        }
    }

    /// This model was read from Postgres and is shown: from now on no older one is.
    pub async fn saw_model(&self, model: &Model) {
        let name = ModelName {
            project: model.project.clone(),
            model: model.id.clone(),
        };
        let is_new = |kept: &Model| kept.revision >= model.revision;
        self.inner.models.forget_unless(&name, is_new).await;
    }

    /// This version of a model is shown: from now on its model has it.
    pub async fn saw_version(&self, project: &ProjectId, model: &ModelId, version: i32) {
        let name = ModelName {
            project: project.clone(),
            model: model.clone(),
        };
        let is_new = |kept: &Model| kept.latest_version >= version;
        self.inner.models.forget_unless(&name, is_new).await;
    }

    /// This job is shown. Whoever sees that it made a version finds the version in its model.
    pub async fn saw_job(&self, job: &Job) {
        let version = job.result.as_ref().and_then(|result| result.version);
        if let (Some(model), Some(version)) = (&job.model, version) {
            self.saw_version(&job.project, model, version).await;
        }
    }

    /// What the cache did so far.
    pub fn counts(&self) -> Counts {
        self.inner.counters.snapshot()
    }

    /// Forgets what was changed elsewhere.
    pub fn forget(&self, change: &Change) {
        let (project, id) = (change.project.parse(), &change.id);
        let Ok(project) = project else {
            return self.forget_everything();
        };
        match change.kind {
            Changed::Model => match id.parse() {
                Ok(model) => self.inner.models.forget(&ModelName { project, model }),
                Err(_) => self.forget_everything(),
            },
        }
    }

    /// Forgets all: it can no longer be trusted.
    pub fn forget_everything(&self) {
        count(&self.inner.counters.flushes);
        self.inner.models.forget_all();
        self.inner.sources.forget_all();
    }
}
