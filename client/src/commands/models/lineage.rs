//! `mlts model lineage`: where a version comes from, and what goes forward from it.

use super::promote::version;
use super::version_of;
use crate::commands::pages::{self, PageArgs, Rest};
use crate::context::Context;
use crate::errors::CliError;
use crate::names;
use crate::output::{Format, Paint, Table};
use crate::when;
use clap::Args;
use mltraining_proto::v1;
use v1::version_use::Use;

/// Options of `mlts model lineage`.
#[derive(Debug, Args)]
pub(super) struct LineageArgs {
    /// The model: pump for its newest version, pump@3, or pump@champion
    model: String,
    #[command(flatten)]
    page: PageArgs,
}

pub(super) async fn run(args: &LineageArgs, context: &Context<'_>) -> Result<(), CliError> {
    let connection = context.connect().await?;
    let model = names::model(&args.model, context.project())?;
    let name = match model.named_version() {
        Some(version) => version.to_string(),
        None => version_of(&model, &connection).await?.name,
    };
    let mut whole: Option<v1::ModelLineage> = None;
    let listed = pages::collect(args.page.limit(), async |page_size, page_token| {
        // An alias is followed once: later pages are of the version that it meant.
        let name = whole.as_ref().map_or(&name, |whole| &whole.model_version).clone();
        let request = v1::GetLineageRequest {
            name,
            page_size,
            page_token,
        };
        let mut page = connection.models().get_lineage(request).await?.into_inner();
        let (uses, next) = (std::mem::take(&mut page.uses), page.next_page_token.clone());
        whole.get_or_insert(page);
        Ok((uses, next))
    });
    let listed = listed.await?;
    let found = v1::ModelLineage {
        uses: listed.items,
        next_page_token: String::new(),
        ..whole.unwrap_or_default()
    };
    let output = context.output;
    match output.format() {
        Format::Json => output.json(&found)?,
        Format::Human => output.line(shown(&found, output.paint))?,
    }
    if listed.rest == Rest::Some {
        output.note("there are more uses: --all shows them, --limit N more of them");
    }
    Ok(())
}

fn shown(found: &v1::ModelLineage, paint: Paint) -> String {
    let origin = found.origin.clone().unwrap_or_default();
    let span = |range: &Option<v1::TimeRange>| {
        let range = range.unwrap_or_default();
        let (start, end) = (when::show(range.start.as_ref()), when::show(range.end.as_ref()));
        format!("{start} – {end}")
    };
    let lines = [
        ("version", version(&found.model_version)),
        ("aliases", found.aliases.join(", ")),
        (
            "trained by",
            format!("job {}, attempt {}", names::last(&origin.job), origin.attempt),
        ),
        (
            "asked for",
            format!(
                "{} by {}",
                when::show(origin.request_time.as_ref()),
                origin.created_by
            ),
        ),
        ("made", when::show(origin.create_time.as_ref())),
        ("spec", format!("{}, seed {}", origin.spec_hash, origin.seed)),
        (
            "source",
            format!("{}, {}", names::last(&origin.source), span(&origin.range)),
        ),
        ("rows", origin.source_fingerprint.clone()),
        (
            "labels",
            format!(
                "decided {}, all known by {}",
                span(&origin.decision_range),
                when::show(origin.latest_resolve_time.as_ref())
            ),
        ),
        ("service", service(&origin)),
        ("model file", origin.model_sha256.clone()),
        ("evaluation", names::last(&origin.evaluation).to_owned()),
    ];
    let lines = lines.iter().filter(|(_, text)| !text.is_empty());
    let head: Vec<String> = lines.map(|(what, text)| format!("{what:<12} {text}")).collect();
    let head = head.join("\n");
    match found.uses.is_empty() {
        true => format!("{head}\n\nnothing names it yet"),
        false => format!("{head}\n\n{}", uses(&found.uses, paint)),
    }
}

/// `0.1.0, commit 1a2b3c4`.
fn service(origin: &v1::VersionOrigin) -> String {
    match origin.git_hash.as_str() {
        "" => origin.service_version.clone(),
        hash => format!("{}, commit {hash}", origin.service_version),
    }
}

fn uses(uses: &[v1::VersionUse], paint: Paint) -> String {
    let mut table = Table::new(&["when", "what", "state", "name"], paint);
    for found in uses {
        let when = when::show(found.create_time.as_ref());
        let [what, state, name] = match &found.r#use {
            Some(Use::Job(job)) => of_job(job),
            Some(Use::Move(moved)) => of_move(moved),
            None => [String::new(), String::new(), String::new()],
        };
        table.row([when, what, state, name]);
    }
    table.render()
}

fn of_job(job: &v1::VersionJob) -> [String; 3] {
    let kind = job
        .kind()
        .as_str_name()
        .trim_start_matches("JOB_KIND_")
        .to_lowercase();
    let state = job
        .state()
        .as_str_name()
        .trim_start_matches("JOB_STATE_")
        .to_owned();
    // `evaluations/{id}` says more than the id alone.
    let name = if job.found.is_empty() {
        &job.job
    } else {
        &job.found
    };
    let parts: Vec<&str> = name.rsplitn(3, '/').collect();
    let name = match parts[..] {
        [id, of, _] => format!("{of}/{id}"),
        _ => name.clone(),
    };
    [kind, state, name]
}

fn of_move(moved: &v1::Promotion) -> [String; 3] {
    let (from, to) = (version(&moved.from_version), version(&moved.to_version));
    let gate = match moved.conditions.len() {
        0 => "without a gate".to_owned(),
        1 => "behind 1 condition".to_owned(),
        count => format!("behind {count} conditions"),
    };
    let name = format!("{}: {from} to {to}, {gate}", moved.alias);
    ["promotion".to_owned(), String::new(), name]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lineage_names_where_a_version_comes_from_and_what_names_it() {
        let job = v1::VersionJob {
            job: "projects/p/jobs/01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
            kind: v1::JobKind::Evaluate.into(),
            state: v1::JobState::Succeeded.into(),
            found: "projects/p/evaluations/e1".to_owned(),
        };
        let moved = v1::Promotion {
            alias: "champion".to_owned(),
            to_version: "projects/p/models/pump/versions/3".to_owned(),
            conditions: vec![v1::GateCondition::default()],
            ..v1::Promotion::default()
        };
        let of = |found| v1::VersionUse {
            create_time: None,
            r#use: Some(found),
        };
        let found = v1::ModelLineage {
            model_version: "projects/p/models/pump/versions/3".to_owned(),
            origin: Some(v1::VersionOrigin {
                seed: 7,
                spec_hash: "abc".to_owned(),
                ..v1::VersionOrigin::default()
            }),
            uses: vec![of(Use::Job(job)), of(Use::Move(moved))],
            ..v1::ModelLineage::default()
        };
        let text = shown(&found, Paint::Plain);
        for part in [
            "version      pump@3",
            "abc, seed 7",
            "evaluations/e1",
            "champion: none to pump@3, behind 1 condition",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        assert!(!text.contains("aliases"), "it holds none: {text}");
    }
}
