//! Models and versions for people.

use super::download::version_of;
use crate::commands::{pages, report};
use crate::context::Context;
use crate::errors::CliError;
use crate::names::{self, ModelRef};
use crate::output::{Format, Paint, Table, Tone, count, metric, share, signed};
use crate::when;
use mltraining_proto::v1;
use std::collections::BTreeMap;

/// A table of models.
pub(super) fn table(models: &[v1::Model], paint: Paint) -> String {
    let headings = [
        "model",
        "name",
        ">versions",
        ">ROC AUC",
        ">AP",
        ">positive",
        "changed",
        "labels",
    ];
    let mut table = Table::new(&headings, paint);
    for model in models {
        let metrics = model.latest_metrics.clone().unwrap_or_default();
        let classes = metrics.rows > 0 && metrics.regression.is_none();
        let part = classes.then(|| metrics.positives as f64 / metrics.rows as f64);
        let changed = match &model.delete_time {
            Some(at) => format!("deleted {}", when::show(Some(at))),
            None => when::show(model.update_time.as_ref()),
        };
        let tone = model.delete_time.map(|_| Tone::Faint);
        let row = [
            names::last(&model.name).to_owned(),
            model.display_name.clone(),
            model.version_count.to_string(),
            report::score(Some(&metrics)),
            metric(metrics.average_precision),
            share(part),
            changed,
            labels(model),
        ];
        table.toned(row.map(|text| (text, tone)));
    }
    table.render()
}

fn labels(model: &v1::Model) -> String {
    let labels: Vec<String> = model
        .labels
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    labels.join(", ")
}

/// Shows a model and the report of its newest version, or of the named one.
pub(super) async fn get(model: &ModelRef, context: &Context<'_>) -> Result<(), CliError> {
    let connection = context.connect().await?;
    let output = &context.output;
    if model.version.is_some() {
        let version = version_of(model, &connection).await?;
        return match output.format() {
            Format::Json => output.json(&version),
            Format::Human => output.line(report::version(&version, output.paint)),
        };
    }
    let request = v1::GetModelRequest {
        name: model.model.to_string(),
    };
    let found = connection.models().get_model(request).await?.into_inner();
    if output.format() == Format::Json {
        return output.json(&found);
    }
    output.line(facts(&found, output.paint))?;
    if found.latest_version.is_empty() {
        return Ok(());
    }
    let newest = v1::GetModelVersionRequest {
        name: found.latest_version.clone(),
        view: v1::ModelVersionView::Full.into(),
    };
    let version = connection.models().get_model_version(newest).await?.into_inner();
    output.line(format!("\n{}", report::version(&version, output.paint)))
}

/// A model without its versions.
pub(super) fn facts(model: &v1::Model, paint: Paint) -> String {
    let id = names::last(&model.name);
    let mut lines = vec![paint.text(Tone::Title, id)];
    if !model.display_name.is_empty() && model.display_name != id {
        lines.push(format!("name         {}", model.display_name));
    }
    if !model.description.is_empty() {
        lines.push(format!("description  {}", model.description));
    }
    if !model.labels.is_empty() {
        lines.push(format!("labels       {}", labels(model)));
    }
    let (created, changed) = (
        when::show(model.create_time.as_ref()),
        when::show(model.update_time.as_ref()),
    );
    lines.push(format!(
        "versions     {}, created {created}, changed {changed}",
        model.version_count
    ));
    if !model.aliases.is_empty() {
        let aliases: BTreeMap<&String, &i32> = model.aliases.iter().collect();
        let aliases: Vec<String> = aliases
            .iter()
            .map(|(alias, v)| format!("{alias} = {id}@{v}"))
            .collect();
        lines.push(format!("aliases      {}", aliases.join(", ")));
    }
    if model.delete_time.is_some() {
        let text = format!(
            "deleted      {}; can be undeleted for 30 days, until {}: mlts model undelete {id}",
            when::show(model.delete_time.as_ref()),
            when::show(model.expire_time.as_ref())
        );
        lines.push(paint.text(Tone::Warn, text));
    }
    lines.join("\n")
}

/// Lists the versions of a model.
pub(super) async fn versions(model: &ModelRef, context: &Context<'_>) -> Result<(), CliError> {
    let mut models = context.connect().await?.models();
    let listed = pages::collect(usize::MAX, async |page_size, page_token| {
        let request = v1::ListModelVersionsRequest {
            parent: model.model.to_string(),
            page_size,
            page_token,
            view: v1::ModelVersionView::Basic.into(),
        };
        let answer = models.list_model_versions(request).await?.into_inner();
        Ok((answer.model_versions, answer.next_page_token))
    });
    let versions = listed.await?.items;
    match context.output.format() {
        Format::Json => versions
            .iter()
            .try_for_each(|version| context.output.json(version)),
        Format::Human => context
            .output
            .line(version_table(&versions, context.output.paint)),
    }
}

fn version_table(versions: &[v1::ModelVersion], paint: Paint) -> String {
    let headings = [
        ">version",
        ">ROC AUC",
        ">AP",
        ">Brier skill",
        ">rows",
        ">positive",
        ">entities",
        "aliases",
        "trained",
        "job",
    ];
    let mut table = Table::new(&headings, paint);
    for version in versions {
        let overall = version
            .evaluation
            .as_ref()
            .and_then(|evaluation| evaluation.overall.clone())
            .unwrap_or_default();
        let rows = version.row_counts.unwrap_or_default();
        let classes = rows.positives + rows.negatives;
        let part = (classes > 0).then(|| rows.positives as f64 / classes as f64);
        table.row([
            version.version.to_string(),
            report::score(Some(&overall)),
            metric(overall.average_precision),
            signed(overall.brier_skill),
            count(rows.labeled),
            share(part),
            count(version.entity_count),
            version.aliases.join(", "),
            when::show(version.create_time.as_ref()),
            names::last(&version.job).to_owned(),
        ]);
    }
    table.render()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_models_is_a_table_without_false_zeros() {
        let model = v1::Model {
            name: "projects/default/models/pump".to_owned(),
            display_name: "Pump".to_owned(),
            version_count: 2,
            update_time: Some(when::timestamp(0)),
            labels: [("team".to_owned(), "a".to_owned())].into(),
            ..v1::Model::default()
        };
        assert_eq!(
            table(&[model], Paint::Plain),
            "model  name  versions  ROC AUC  AP  positive  changed           labels\n\
             pump   Pump         2        –   –         –  1970-01-01 00:00  team=a"
        );
    }

    #[test]
    fn a_deleted_model_says_how_to_get_it_back() {
        let model = v1::Model {
            name: "projects/default/models/pump".to_owned(),
            delete_time: Some(when::timestamp(0)),
            expire_time: Some(when::timestamp(30 * 86_400_000_000)),
            ..v1::Model::default()
        };
        let text = facts(&model, Paint::Plain);
        assert!(
            text.contains("can be undeleted for 30 days, until 1970-01-31 00:00: mlts model undelete pump"),
            "{text}"
        );
    }
}
