//! Sources: what a client registers, completed by what the table says.

use super::field::{check_text, choice};
use super::time::{read_span, require_span, show_instant, show_span};
use super::{context, etag};
use context::ContextDraft;
use mltraining_domain::name::SourceName;
use mltraining_domain::{
    ColumnRole, DataType, DuplicateRule, ProjectId, SourceColumn, SourceId, SourcePhase, SourceSpec, Span,
    Violations,
};
use mltraining_proto::v1;
use mltraining_store::sources::{Source, TableInfo};

/// The kind of resource in a source's etag.
const ETAG: &str = "source";

/// The source of a request that names none.
pub(crate) fn default_source() -> SourceId {
    "coin_metrics".parse().expect("coin_metrics is a slug")
}

/// A source as a client writes it: what is not said about columns is taken from the table.
#[derive(Debug)]
pub(crate) struct SourceDraft {
    /// Name for people.
    pub(crate) display_name: String,
    /// How the table is read, but for the columns.
    pub(crate) spec: SourceSpec,
    /// Its contexts, whose sources are to be looked up.
    pub(crate) contexts: Vec<ContextDraft>,
    columns: Vec<ColumnDraft>,
}

#[derive(Debug)]
struct ColumnDraft {
    name: String,
    data_type: Option<DataType>,
    role: ColumnRole,
    unit: String,
}

/// Reads a source that must be there; fields are named below `source`.
pub(crate) fn require(
    source: Option<v1::Source>,
    id: &SourceId,
    project: &ProjectId,
    found: &mut Violations,
) -> SourceDraft {
    let source = source.unwrap_or_else(|| {
        found.invalid("source", "required: say which table holds the rows");
        v1::Source::default()
    });
    check_text(&source.display_name, 100, "source.display_name", found);
    let known = "DUPLICATE_RULE_REFUSE, DUPLICATE_RULE_KEEP_FIRST or DUPLICATE_RULE_KEEP_LAST";
    let rule = choice(source.duplicate_rule, known, "source.duplicate_rule", found);
    let columns = source.columns.into_iter().enumerate();
    let contexts = source.contexts.into_iter().enumerate();
    SourceDraft {
        contexts: contexts
            .map(|(i, one)| context::read(one, i, project, found))
            .collect(),
        display_name: or_else(source.display_name, || id.to_string()),
        columns: columns.map(|(i, column)| read_column(column, i, found)).collect(),
        spec: SourceSpec {
            schema: or_else(source.schema, || "public".to_owned()),
            table: source.table,
            entity_column: entity_column(source.entity_column, source.single_series, found),
            time_column: source.time_column,
            phase_column: Some(source.phase_column).filter(|name| !name.is_empty()),
            recorded_time_column: Some(source.recorded_time_column).filter(|name| !name.is_empty()),
            columns: Vec::new(),
            bar_interval: require_span(source.bar_interval, "source.bar_interval", found),
            duplicate_rule: match rule {
                v1::DuplicateRule::Unspecified | v1::DuplicateRule::Refuse => DuplicateRule::Refuse,
                v1::DuplicateRule::KeepFirst => DuplicateRule::KeepFirst,
                v1::DuplicateRule::KeepLast => DuplicateRule::KeepLast,
            },
            phases: phases(source.phases, found),
            contexts: Vec::new(),
        },
    }
}

/// Rows of several entities taken for one series would be a silent mistake, so a single series must be said.
fn entity_column(column: String, single_series: bool, found: &mut Violations) -> Option<String> {
    let field = "source.entity_column";
    match (column.is_empty(), single_series) {
        (true, false) => found.invalid(
            field,
            "say which column tells whose row it is; or, when the whole table is one series, set single_series",
        ),
        (false, true) => found.invalid(field, "a single series has no entity column; leave one of the two out"),
        _ => {}
    }
    Some(column).filter(|column| !column.is_empty())
}

fn or_else(text: String, default: impl FnOnce() -> String) -> String {
    if text.is_empty() { default() } else { text }
}

fn read_column(column: v1::SourceColumn, i: usize, found: &mut Violations) -> ColumnDraft {
    let field = format!("source.columns[{i}]");
    check_text(&column.unit, 32, &format!("{field}.unit"), found);
    let types = "DATA_TYPE_FLOAT, DATA_TYPE_INTEGER, DATA_TYPE_NUMERIC or DATA_TYPE_BOOLEAN";
    let roles = "COLUMN_ROLE_OPEN, _HIGH, _LOW, _CLOSE or _VOLUME";
    ColumnDraft {
        name: column.name,
        data_type: match choice(column.data_type, types, &format!("{field}.data_type"), found) {
            v1::DataType::Unspecified => None,
            v1::DataType::Float => Some(DataType::Float),
            v1::DataType::Integer => Some(DataType::Integer),
            v1::DataType::Numeric => Some(DataType::Numeric),
            v1::DataType::Boolean => Some(DataType::Boolean),
        },
        role: match choice(column.role, roles, &format!("{field}.role"), found) {
            v1::ColumnRole::Unspecified => ColumnRole::Value,
            v1::ColumnRole::Open => ColumnRole::Open,
            v1::ColumnRole::High => ColumnRole::High,
            v1::ColumnRole::Low => ColumnRole::Low,
            v1::ColumnRole::Close => ColumnRole::Close,
            v1::ColumnRole::Volume => ColumnRole::Volume,
        },
        unit: column.unit,
    }
}

fn phases(phases: Vec<v1::Phase>, found: &mut Violations) -> Vec<SourcePhase> {
    let numbered = phases.into_iter().enumerate();
    let mut phases: Vec<_> = numbered.map(|(i, phase)| read_phase(phase, i, found)).collect();
    phases.sort_by_key(|phase| phase.id);
    phases
}

fn read_phase(phase: v1::Phase, i: usize, found: &mut Violations) -> SourcePhase {
    let field = format!("source.phases[{i}]");
    check_text(&phase.display_name, 100, &format!("{field}.display_name"), found);
    found.require(phase.id >= 0, &format!("{field}.id"), || {
        format!("{} is negative", phase.id)
    });
    SourcePhase {
        id: phase.id,
        display_name: or_else(phase.display_name, || phase.id.to_string()),
        bar_interval: read_span(phase.bar_interval, &format!("{field}.bar_interval"), found)
            .unwrap_or(Span::ZERO),
    }
}

impl SourceDraft {
    /// What is wrong with it before its columns are known.
    pub(crate) fn check_names(&self) -> Violations {
        let mut found = Violations::new();
        for violation in self.spec.check("source").iter() {
            if violation.field != "source.columns" {
                found.add(&violation.field, violation.reason, &violation.description);
            }
        }
        found
    }

    /// The spec with its columns: those of the draft with the table's types, or all that can be values when it names none.
    pub(crate) fn complete(mut self, table: &TableInfo) -> SourceSpec {
        self.spec.columns = if self.columns.is_empty() {
            all_columns(&self.spec, table)
        } else {
            let complete = |column: ColumnDraft| SourceColumn {
                // A column that the table lacks keeps any type: the check against the table names it.
                data_type: column
                    .data_type
                    .or_else(|| type_of(&column.name, table))
                    .unwrap_or(DataType::Float),
                name: column.name,
                role: column.role,
                unit: column.unit,
            };
            self.columns.into_iter().map(complete).collect()
        };
        self.spec
    }
}

fn type_of(name: &str, table: &TableInfo) -> Option<DataType> {
    table.columns.iter().find(|column| column.name == name)?.data_type
}

/// Every column that can be a value, with the role that its name suggests.
fn all_columns(spec: &SourceSpec, table: &TableInfo) -> Vec<SourceColumn> {
    let values = table
        .columns
        .iter()
        .filter(|column| !spec.key_columns().any(|key| *key == column.name));
    let columns = values.filter_map(|column| {
        Some(SourceColumn {
            name: column.name.clone(),
            data_type: column.data_type?,
            role: ColumnRole::Value,
            unit: String::new(),
        })
    });
    let mut columns: Vec<SourceColumn> = columns.collect();
    for (role, names) in USUAL_NAMES {
        let named = |name: &&str| columns.iter().position(|column| column.name == **name);
        if let Some(at) = names.iter().find_map(named) {
            columns[at].role = role;
        }
    }
    columns
}

/// Names that suggest a role, the likelier one first.
const USUAL_NAMES: [(ColumnRole, [&str; 2]); 5] = [
    (ColumnRole::Open, ["open", "price_open"]),
    (ColumnRole::High, ["high", "price_high"]),
    (ColumnRole::Low, ["low", "price_low"]),
    (ColumnRole::Close, ["close", "price_close"]),
    (ColumnRole::Volume, ["volume", "volume_sol"]),
];

/// The source as the catalogue has it.
pub(crate) fn show(source: &Source) -> v1::Source {
    v1::Source {
        uid: source.uid.to_string(),
        create_time: Some(show_instant(source.created_at)),
        update_time: Some(show_instant(source.updated_at)),
        etag: etag::show(ETAG, source.revision),
        ..show_spec(&source.project, &source.id, &source.display_name, &source.spec)
    }
}

/// `projects/{project}/sources/{source}`.
pub(crate) fn show_name(project: &ProjectId, source: &SourceId) -> String {
    let (project, source) = (project.clone(), source.clone());
    SourceName { project, source }.to_string()
}

/// The source as it would be entered.
pub(crate) fn show_spec(
    project: &ProjectId,
    id: &SourceId,
    display_name: &str,
    spec: &SourceSpec,
) -> v1::Source {
    let rule = match spec.duplicate_rule {
        DuplicateRule::Refuse => v1::DuplicateRule::Refuse,
        DuplicateRule::KeepFirst => v1::DuplicateRule::KeepFirst,
        DuplicateRule::KeepLast => v1::DuplicateRule::KeepLast,
    };
    v1::Source {
        name: show_name(project, id),
        display_name: display_name.to_owned(),
        schema: spec.schema.clone(),
        table: spec.table.clone(),
        entity_column: spec.entity_column.clone().unwrap_or_default(),
        single_series: spec.entity_column.is_none(),
        time_column: spec.time_column.clone(),
        phase_column: spec.phase_column.clone().unwrap_or_default(),
        recorded_time_column: spec.recorded_time_column.clone().unwrap_or_default(),
        contexts: spec
            .contexts
            .iter()
            .map(|one| context::show(one, project))
            .collect(),
        columns: spec.columns.iter().map(show_column).collect(),
        bar_interval: Some(show_span(spec.bar_interval)),
        duplicate_rule: rule.into(),
        phases: spec.phases.iter().map(show_phase).collect(),
        ..v1::Source::default()
    }
}

fn show_column(column: &SourceColumn) -> v1::SourceColumn {
    let data_type = match column.data_type {
        DataType::Float => v1::DataType::Float,
        DataType::Integer => v1::DataType::Integer,
        DataType::Numeric => v1::DataType::Numeric,
        DataType::Boolean => v1::DataType::Boolean,
    };
    v1::SourceColumn {
        name: column.name.clone(),
        data_type: data_type.into(),
        role: show_role(column.role).into(),
        unit: column.unit.clone(),
    }
}

/// The role as the wire numbers it.
pub(crate) fn show_role(role: ColumnRole) -> v1::ColumnRole {
    match role {
        ColumnRole::Value => v1::ColumnRole::Unspecified,
        ColumnRole::Open => v1::ColumnRole::Open,
        ColumnRole::High => v1::ColumnRole::High,
        ColumnRole::Low => v1::ColumnRole::Low,
        ColumnRole::Close => v1::ColumnRole::Close,
        ColumnRole::Volume => v1::ColumnRole::Volume,
    }
}

/// The phase as the wire holds it.
pub(crate) fn show_phase(phase: &SourcePhase) -> v1::Phase {
    v1::Phase {
        id: phase.id,
        display_name: phase.display_name.clone(),
        bar_interval: Some(show_span(phase.bar_interval)),
    }
}
