//! A source for people.

use crate::commands::catalog::phases_text;
use crate::names;
use crate::output::{Paint, Table, Tone, UNKNOWN};
use crate::when;
use mltraining_proto::v1;

/// The source with its columns and phases.
pub(super) fn source(source: &v1::Source, paint: Paint) -> String {
    let title = paint.text(Tone::Title, names::last(&source.name));
    let title = match source.display_name.as_str() {
        "" => title,
        name if name == names::last(&source.name) => title,
        name => format!("{title} ({name})"),
    };
    let mut facts = format!(
        "{title}\ntable {}.{}, entity column {}, time column {}, a bar every {}",
        source.schema,
        source.table,
        entity(source),
        source.time_column,
        interval(source)
    );
    if !source.phase_column.is_empty() {
        facts.push_str(&format!(", phase column {}", source.phase_column));
    }
    if !source.recorded_time_column.is_empty() {
        facts.push_str(&format!(", recorded time column {}", source.recorded_time_column));
    }
    facts.push_str(&format!(
        "\nrows of the same entity and time: {}",
        duplicates(source)
    ));
    let mut parts = vec![facts, columns(&source.columns, paint)];
    if !source.phases.is_empty() {
        parts.push(phases_text(&source.phases, paint));
    }
    if !source.contexts.is_empty() {
        parts.push(contexts(&source.contexts, paint));
    }
    parts.join("\n\n")
}

/// The column that says whose row it is, or that there is but one series.
pub(super) fn entity(source: &v1::Source) -> &str {
    match source.single_series {
        true => "none (a single series)",
        false => &source.entity_column,
    }
}

fn contexts(contexts: &[v1::SourceContext], paint: Paint) -> String {
    let mut table = Table::new(&["context", "source", "entity", ">delay", ">max age"], paint);
    let span = |length: Option<&prost_types::Duration>| {
        let span = length.and_then(when::span);
        span.map_or_else(|| UNKNOWN.to_owned(), |span| span.to_string())
    };
    for context in contexts {
        table.row([
            context.name.clone(),
            names::last(&context.source).to_owned(),
            context.entity.clone(),
            span(context.availability_delay.as_ref()),
            span(context.max_age.as_ref()),
        ]);
    }
    table.render()
}

/// The usual distance of two bars.
pub(super) fn interval(source: &v1::Source) -> String {
    let span = source.bar_interval.as_ref().and_then(when::span);
    span.map_or_else(|| UNKNOWN.to_owned(), |span| span.to_string())
}

fn columns(columns: &[v1::SourceColumn], paint: Paint) -> String {
    let mut table = Table::new(&["column", "type", "role", "unit"], paint);
    for column in columns {
        let data_type = column
            .data_type()
            .as_str_name()
            .trim_start_matches("DATA_TYPE_")
            .to_lowercase();
        let role = match column.role() {
            v1::ColumnRole::Unspecified => String::new(),
            role => role
                .as_str_name()
                .trim_start_matches("COLUMN_ROLE_")
                .to_lowercase(),
        };
        table.row([column.name.clone(), data_type, role, column.unit.clone()]);
    }
    table.render()
}

fn duplicates(source: &v1::Source) -> &'static str {
    match source.duplicate_rule() {
        v1::DuplicateRule::KeepFirst => "the first is kept",
        v1::DuplicateRule::KeepLast => "the last is kept",
        v1::DuplicateRule::Refuse | v1::DuplicateRule::Unspecified => "refused",
    }
}
