//! What every command works with: where to print, which project, and how to reach the service.

use crate::cli::Global;
use crate::connect::{Connection, Target};
use crate::errors::CliError;
use crate::output::Output;
use mltraining_domain::ProjectId;

/// What every command works with.
pub(crate) struct Context<'a> {
    global: &'a Global,
    /// Where results and messages go.
    pub(crate) output: Output,
}

impl<'a> Context<'a> {
    /// Looks at the terminal; connects nowhere.
    pub(crate) fn new(global: &'a Global) -> Self {
        Self {
            global,
            output: Output::new(global),
        }
    }

    /// Connects to the service.
    pub(crate) async fn connect(&self) -> Result<Connection, CliError> {
        Connection::open(self.global).await
    }

    /// Connects to the admin port of the service.
    pub(crate) async fn connect_to_admin(&self, url: &str) -> Result<Connection, CliError> {
        Connection::open_at(Target::admin(url), self.global).await
    }

    /// The project of this call.
    pub(crate) fn project(&self) -> &ProjectId {
        &self.global.project
    }

    /// Its resource name, `projects/{project}`.
    pub(crate) fn parent(&self) -> String {
        format!("projects/{}", self.global.project)
    }
}
