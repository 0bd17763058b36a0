//! `mlts studies`: the studies that there are, newest first.

use super::show::metric_name;
use crate::commands::evaluate::short_title;
use crate::commands::jobs::state_name;
use crate::commands::pages::{self, ListArgs};
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Paint, Table, UNKNOWN, value};
use crate::when;
use clap::Args;
use mltraining_proto::v1;

/// Options of `mlts studies`.
#[derive(Debug, Args)]
pub(crate) struct StudiesArgs {
    #[command(flatten)]
    list: ListArgs,
}

pub(crate) async fn list(args: &StudiesArgs, context: &Context<'_>) -> Result<(), CliError> {
    let (connection, output) = (context.connect().await?, context.output);
    let listed = pages::collect(args.list.limit(), async |page_size, page_token| {
        let request = v1::ListStudiesRequest {
            parent: context.parent(),
            page_size,
            page_token,
            filter: args.list.filter.clone(),
        };
        let answer = connection.training().list_studies(request).await?.into_inner();
        Ok((answer.studies, answer.next_page_token))
    });
    listed
        .await?
        .show(&output, "no studies: look for parameters with mlts tune", table)
}

/// A table of studies.
fn table(studies: &[v1::StudySummary], paint: Paint) -> String {
    let headings = [
        "study",
        "model",
        "state",
        ">trials",
        ">with a score",
        "by",
        ">best trial",
        ">held out",
        "version",
        "made",
    ];
    let mut table = Table::new(&headings, paint);
    for study in studies {
        let found = study.outcome.as_ref();
        let version = found.map(|found| found.model_version.as_str());
        let version = version.filter(|version| !version.is_empty());
        table.row([
            names::last(&study.job).to_owned(),
            names::last(&study.model).to_owned(),
            state_name(study.display_state()).to_owned(),
            study.trial_count.to_string(),
            study.scored_count.to_string(),
            metric_name(study.metric()),
            value(found.map(|found| found.search_score)),
            value(found.and_then(|found| found.holdout_score)),
            version.map_or_else(|| UNKNOWN.to_owned(), short_title),
            when::show(study.create_time.as_ref()),
        ]);
    }
    table.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_study_without_an_outcome_has_no_score_and_one_with_it_names_its_version() {
        let study = |outcome| v1::StudySummary {
            job: "projects/default/jobs/j1".to_owned(),
            model: "projects/default/models/pump".to_owned(),
            display_state: v1::JobDisplayState::Succeeded.into(),
            metric: v1::StudyMetric::RocAuc.into(),
            trial_count: 7,
            scored_count: 5,
            outcome,
            ..v1::StudySummary::default()
        };
        let found = v1::StudyOutcome {
            model_version: "projects/default/models/pump/versions/3".to_owned(),
            search_score: 0.75,
            holdout_score: Some(0.5625),
            ..v1::StudyOutcome::default()
        };
        let text = table(&[study(None), study(Some(found))], Paint::Plain);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[1].contains('7') && lines[1].contains(UNKNOWN), "{text}");
        for part in ["pump@3", "0.75", "0.5625", "roc_auc"] {
            assert!(lines[2].contains(part), "{part} is not in\n{text}");
        }
    }
}
