//! `mlts admin`: for those who run the service. Speaks to the admin port.

mod audit;
mod info;
mod quota;
mod show;
mod workers;

use crate::commands::pages::ListArgs;
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Wire};
use clap::{Args, Subcommand};
use mltraining_proto::v1;

/// For those who run the service.
#[derive(Debug, Args)]
pub(crate) struct AdminArgs {
    /// Where the service listens for those who run it
    #[arg(
        long,
        global = true,
        env = "MLTS_ADMIN_ENDPOINT",
        value_name = "URL",
        default_value = "http://127.0.0.1:50053"
    )]
    admin_endpoint: String,
    #[command(subcommand)]
    command: AdminCommand,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Shows the server's version, what it needs and how that answers, and the queues
    Info,
    /// Lists the workers and what they run
    Workers,
    /// Lets a worker start no more jobs, and end
    ///
    /// It gives running jobs their grace (worker.drain_grace), puts back what is not done by then, and ends. This cannot be
    /// taken back; where something starts workers anew, the new one takes jobs.
    Drain {
        /// The worker, as mlts admin workers shows it
        worker: String,
    },
    /// Lets no job of a queue start; running ones go on
    Pause {
        /// The queue
        #[arg(default_value = "default")]
        queue: String,
    },
    /// Lets jobs of a paused queue start again
    Resume {
        /// The queue
        #[arg(default_value = "default")]
        queue: String,
    },
    /// Shows or changes how much of the service the project may use
    Quota(quota::QuotaArgs),
    /// Lists what was changed, newest first: who, when, what, from where
    ///
    /// A filter knows project, resource, method, caller_key and create_time, such as 'project = default AND method = DeleteModel'.
    Audit(ListArgs),
}

pub(crate) async fn run(args: AdminArgs, context: &Context<'_>) -> Result<(), CliError> {
    let connect = async || context.connect_to_admin(&args.admin_endpoint).await;
    match &args.command {
        AdminCommand::Info => info::run(&connect().await?, context).await,
        AdminCommand::Workers => workers::list(&connect().await?, context).await,
        AdminCommand::Drain { worker } => {
            let name = names::worker(worker)?;
            workers::drain(name.to_string(), &connect().await?, context).await
        }
        AdminCommand::Pause { queue } => {
            let name = names::queue(queue)?.to_string();
            let request = v1::PauseQueueRequest { name };
            let paused = connect().await?.admin().pause_queue(request).await?;
            print(&paused.into_inner(), show::queue, context)
        }
        AdminCommand::Resume { queue } => {
            let name = names::queue(queue)?.to_string();
            let request = v1::ResumeQueueRequest { name };
            let resumed = connect().await?.admin().resume_queue(request).await?;
            print(&resumed.into_inner(), show::queue, context)
        }
        AdminCommand::Audit(args) => audit::list(args, &connect().await?, context).await,
        AdminCommand::Quota(args) => {
            quota::check(args)?;
            quota::run(args, &connect().await?, context).await
        }
    }
}

fn print<M: Wire>(message: &M, show: fn(&M) -> String, context: &Context<'_>) -> Result<(), CliError> {
    match context.output.format() {
        Format::Json => context.output.json(message),
        Format::Human => context.output.line(show(message)),
    }
}
