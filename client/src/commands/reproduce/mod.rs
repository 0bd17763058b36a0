//! `mlts reproduce`: trains again what was trained, follows it, and says whether the same came of it.

mod show;

pub(crate) use show::verdict;

use super::job_options::JobOptions;
use super::models::version_of;
use super::new_job::{followed, make};
use super::retry::retrying;
use crate::connect::Connection;
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::Format;
use crate::when;
use clap::Args;
use mltraining_domain::{JobId, ProjectId};
use mltraining_proto::v1;

/// Options of `mlts reproduce`.
#[derive(Debug, Args)]
pub(crate) struct ReproduceArgs {
    /// A training job: its id, or its full name; or a model: pump for what made its newest version, or pump@3
    #[arg(value_name = "JOB-OR-MODEL")]
    training: String,
    #[command(flatten)]
    job: JobOptions,
}

pub(crate) async fn run(args: &ReproduceArgs, context: &Context<'_>) -> Result<(), CliError> {
    let connection = context.connect().await?;
    let training = training(&args.training, context.project(), &connection).await?;
    let job = make(request(args, training), async |request| {
        connection.training().reproduce_job(request).await
    })
    .await?;
    let Some(job) = followed(job, &args.job, &connection, context).await? else {
        return Ok(());
    };
    if context.output.format() == Format::Json {
        context.output.json(&job)?;
    }
    let found = job.result.and_then(|result| result.reproduction);
    let found = found.ok_or_else(|| anyhow::anyhow!("the service does not say what came of it"))?;
    if context.output.format() == Format::Human {
        context.output.line(show::outcome(&found, context.output.paint))?;
    }
    match found.verdict() {
        v1::ReproductionVerdict::Equal => Ok(()),
        _ => Err(CliError::Differs(show::verdict(&found).to_owned())),
    }
}

/// The name of the job that is meant.
async fn training(text: &str, project: &ProjectId, connection: &Connection) -> Result<String, CliError> {
    if is_job(text) {
        return Ok(names::job(text, project)?.to_string());
    }
    let model = names::model(text, project)?;
    Ok(retrying(async || version_of(&model, connection).await).await?.job)
}

fn is_job(text: &str) -> bool {
    text.contains("/jobs/") || text.parse::<JobId>().is_ok()
}

fn request(args: &ReproduceArgs, name: String) -> v1::ReproduceJobRequest {
    v1::ReproduceJobRequest {
        name,
        request_id: args.job.request_id(),
        validate_only: args.job.validate_only,
        priority: args.job.priority,
        labels: args.job.labels.clone(),
        timeout: args.job.job_timeout.map(when::duration),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    #[test]
    fn every_option_reaches_the_request() {
        let line = "mlts reproduce pump@3 --priority 1 --labels team=a --job-timeout 1h";
        let cli = Cli::try_parse_from(line.split(' ')).unwrap();
        let Command::Reproduce(args) = cli.command else {
            panic!("the command is reproduce")
        };
        assert_eq!(args.training, "pump@3");
        let request = request(&args, "projects/p/jobs/j".to_owned());
        assert_eq!(
            (request.name.as_str(), request.priority),
            ("projects/p/jobs/j", Some(1))
        );
        assert_eq!(
            (request.labels["team"].as_str(), request.timeout.unwrap().seconds),
            ("a", 3600)
        );
        assert!(!request.request_id.is_empty());
    }

    #[test]
    fn a_job_is_told_from_a_model() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert!(is_job(id) && is_job(&format!("projects/p/jobs/{id}")));
        assert!(!is_job("pump") && !is_job("pump@3") && !is_job("projects/p/models/pump/versions/2"));
    }
}
