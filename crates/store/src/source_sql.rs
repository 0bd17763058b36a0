//! SQL over the tables of sources: the one place where text becomes SQL. Names come from the catalogue and are quoted;
//! entities never become part of a statement, they travel in a setting that is bound as a parameter; times are digits.
#![allow(clippy::disallowed_types)]

use crate::load::{ColumnDefinition, ColumnType, Nullable, TableDefinition};
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use mltraining_domain::{SourceSpec, Span, TimeRange};
use mltraining_panel::catalogue::LookBack;
use sqlx::AssertSqlSafe;

/// The setting that carries the entities of a query, as a JSON list; set with a bound parameter for one transaction.
pub(crate) const ENTITIES_SETTING: &str = "mltraining.entities";

/// Which rows of a source are meant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    /// The source.
    pub(crate) source: &'a SourceSpec,
    /// Decision times.
    pub(crate) range: TimeRange,
    /// Rows at or after this time are left out, and their entities are none the less those of the whole range.
    pub(crate) until: Option<DateTime<Utc>>,
    /// History before the range, of entities that have a row in it.
    pub(crate) look_back: LookBack,
    /// Only rows recorded before this instant; all without.
    pub(crate) known_before: Option<DateTime<Utc>>,
    /// Whether only the entities of [`ENTITIES_SETTING`] are meant.
    pub(crate) entities: Entities,
}

/// Which entities of a source are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entities {
    /// All of them.
    All,
    /// Those of [`ENTITIES_SETTING`].
    Listed,
}

/// In which order rows are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// By the bytes of the entity, then time.
    OfThePanel,
    /// As Postgres finds them: it need not sort them, by texts, in a file, which takes as long as all the rest of the read.
    AsTheyCome,
}

/// COPY of the rows in binary form: entity as text, time, phase if there is a column for it, then the columns.
pub(crate) fn copy(rows: &Rows<'_>, columns: &[String], order: Order) -> String {
    let order = match order {
        Order::OfThePanel => " order by 1, 2",
        Order::AsTheyCome => "",
    };
    format!(
        "-- reader.copy\ncopy ({}{order}) to stdout (format binary)",
        select(rows, columns)
    )
}

/// Lets a transaction that has just begun see what the one that exported this snapshot sees; `None` for what Postgres would not have named
/// so.
pub(crate) fn see_snapshot(id: &str) -> Option<AssertSqlSafe<String>> {
    let named = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    named.then(|| AssertSqlSafe(format!("set transaction snapshot '{id}'")))
}

/// Whether there are rows before the range, as far back as history reaches.
pub(crate) fn has_history(rows: &Rows<'_>) -> AssertSqlSafe<String> {
    let Rows { source, range, .. } = rows;
    let (table, at) = (table(source), column(&source.time_column));
    let meant = listed(rows) + &known(source, rows.known_before);
    let from = match rows.look_back {
        LookBack::Bounded { bars: 0, time } => format!(">= {}", before(range.start, time)),
        LookBack::Bounded { .. } | LookBack::Unbounded => "> '-infinity'".to_owned(),
    };
    AssertSqlSafe(format!(
        "-- reader.has_history\nselect exists (select from {table} s where {at} {from} and {at} < {}{meant})",
        timestamp(range.start)
    ))
}

/// Two counts, of rows in the range and of rows before it, and in microseconds the time of the earliest row and the mean time of
/// those that are finite (NULL without).
pub(crate) fn count(rows: &Rows<'_>) -> AssertSqlSafe<String> {
    let start = timestamp(rows.range.start);
    AssertSqlSafe(format!(
        "-- reader.count\nselect count(*) filter (where at >= {start}) as in_range, \
         count(*) filter (where at < {start}) as warm_up, (extract(epoch from min(at)) * 1000000)::bigint as earliest, \
         (avg(date_part('epoch', at)) filter (where isfinite(at)) * 1000000)::bigint as middle from ({}) rows",
        select(rows, &[])
    ))
}

/// One row about the rows in the range: their count, that of entities, first and last time, rows that repeat a key, NULLs of
/// each column, the count of gaps, and the longest gap as `{20 digits of microseconds, entity}`.
pub(crate) fn coverage(
    source: &SourceSpec,
    range: Option<&TimeRange>,
    known_before: Option<DateTime<Utc>>,
) -> AssertSqlSafe<String> {
    let columns: Vec<String> = source.columns.iter().map(|column| column.name.clone()).collect();
    let nulls: Vec<String> = (0..columns.len())
        .map(|i| format!("count(*) filter (where v{i} is null)"))
        .collect();
    let phase = if source.phase_column.is_some() {
        "lag(phase) over w"
    } else {
        "null::int"
    };
    AssertSqlSafe(format!(
        "-- sources.coverage\nselect count(*), count(distinct entity), min(at), max(at), \
         count(*) filter (where at = last_at), array[{nulls}]::bigint[], count(*) filter (where is_gap), \
         max(array[lpad((extract(epoch from at - last_at) * 1000000)::bigint::text, 20, '0'), entity]) filter (where is_gap) \
         from (select *, at - last_at > {usual} * 1.5 as is_gap from (\
         select *, lag(at) over w as last_at, {phase} as last_phase from (select {list} from {table} s where {covered}) rows \
         window w as (partition by entity order by at)) pairs) gaps",
        nulls = nulls.join(", "),
        usual = usual_interval(source),
        list = output(source, &columns),
        table = table(source),
        covered = covered(source, range, known_before),
    ))
}

/// Per phase: its value and its rows, NULL last.
pub(crate) fn coverage_of_phases(
    source: &SourceSpec,
    phase: &str,
    range: Option<&TimeRange>,
    known_before: Option<DateTime<Utc>>,
) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!(
        "-- sources.coverage_of_phases\nselect {phase}::int, count(*) from {table} s where {covered} \
         group by 1 order by 1 nulls last",
        phase = column(phase),
        table = table(source),
        covered = covered(source, range, known_before),
    ))
}

/// The distance of bars after a row of `last_phase`; NULL for a final phase, after which none are expected.
fn usual_interval(source: &SourceSpec) -> String {
    let cases: String = source
        .phases
        .iter()
        .map(|phase| format!("when {} then {} ", phase.id, nullif_zero(phase.bar_interval)))
        .collect();
    let usual = nullif_zero(source.bar_interval);
    if cases.is_empty() {
        usual
    } else {
        format!("(case last_phase {cases}else {usual} end)")
    }
}

fn nullif_zero(span: Span) -> String {
    format!(
        "nullif({} * interval '1 microsecond', interval '0')",
        span.micros()
    )
}

fn covered(source: &SourceSpec, range: Option<&TimeRange>, known_before: Option<DateTime<Utc>>) -> String {
    let at = column(&source.time_column);
    let known = known(source, known_before);
    match range {
        Some(range) => format!(
            "{at} >= {} and {at} < {}{known}",
            timestamp(range.start),
            timestamp(range.end)
        ),
        None => format!("{at} > '-infinity' and {at} < 'infinity'{known}"),
    }
}

/// Leaves out what was not recorded by then. A row that does not say when it was recorded was not, and a source whose rows never
/// say it has none (its callers refuse it before).
fn known(source: &SourceSpec, known_before: Option<DateTime<Utc>>) -> String {
    match (known_before, &source.recorded_time_column) {
        (None, _) => String::new(),
        (Some(before), Some(recorded)) => format!(" and {} < {}", column(recorded), timestamp(before)),
        (Some(_), None) => " and false".to_owned(),
    }
}

fn select(rows: &Rows<'_>, columns: &[String]) -> String {
    let Rows { source, range, .. } = rows;
    let (list, table) = (output(source, columns), table(source));
    let (start, end) = (timestamp(range.start), timestamp(range.end));
    let last = rows.until.map_or_else(|| end.clone(), timestamp);
    let (entity, at) = (entity(source), column(&source.time_column));
    let meant = listed(rows) + &known(source, rows.known_before);
    let in_range = format!("select {list} from {table} s where {at} >= {start} and {at} < {last}{meant}");
    // History of an entity without a row in the range would be read for nothing.
    let present =
        format!("{entity} in (select {entity} from {table} s where {at} >= {start} and {at} < {end}{meant})");
    match rows.look_back {
        LookBack::NONE => in_range,
        LookBack::Unbounded => format!(
            "select {list} from {table} s where {at} > '-infinity' and {at} < {last}{meant} and {present}"
        ),
        LookBack::Bounded { bars: 0, time } => format!(
            "{in_range} union all select {list} from {table} s \
             where {at} >= {} and {at} < {start}{meant} and {present}",
            before(range.start, time)
        ),
        LookBack::Bounded { bars, time } => format!(
            "{in_range} union all select {} from (\
             select {list}, dense_rank() over (partition by {entity} order by {at} desc) as bar from {table} s \
             where {at} > '-infinity' and {at} < {start}{meant} and {present}) h where bar <= {bars} or at >= {}",
            names(source, columns),
            before(range.start, time)
        ),
    }
}

/// The select list.
fn output(source: &SourceSpec, columns: &[String]) -> String {
    let mut list = format!(
        "{} collate \"C\" as entity, {} as at",
        entity(source),
        column(&source.time_column)
    );
    if let Some(phase) = &source.phase_column {
        list.push_str(&format!(", {} as phase", column(phase)));
    }
    for (i, name) in columns.iter().enumerate() {
        list.push_str(&format!(", {} as v{i}", column(name)));
    }
    list
}

/// The names of the select list.
fn names(source: &SourceSpec, columns: &[String]) -> String {
    let mut list = "entity, at".to_owned();
    if source.phase_column.is_some() {
        list.push_str(", phase");
    }
    for i in 0..columns.len() {
        list.push_str(&format!(", v{i}"));
    }
    list
}

fn listed(rows: &Rows<'_>) -> String {
    match rows.entities {
        Entities::All => String::new(),
        Entities::Listed => format!(
            " and {} in (select jsonb_array_elements_text(current_setting('{ENTITIES_SETTING}')::jsonb))",
            entity(rows.source)
        ),
    }
}

/// Whose row it is, as a text; a single series goes by one name.
fn entity(source: &SourceSpec) -> String {
    match &source.entity_column {
        Some(name) => format!("{}::text", column(name)),
        None => "'all'::text".to_owned(),
    }
}

fn table(source: &SourceSpec) -> String {
    format!("{}.{}", quoted(&source.schema), quoted(&source.table))
}

fn column(name: &str) -> String {
    format!("s.{}", quoted(name))
}

/// An identifier that means exactly this name, whatever stands in it.
pub(crate) fn quoted(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 2);
    text.push('"');
    for c in name.chars().filter(|c| *c != '\0') {
        if c == '"' {
            text.push('"');
        }
        text.push(c);
    }
    text.push('"');
    text
}

/// A literal of digits. Years that are not written with four of them lie before or after any row.
fn timestamp(at: DateTime<Utc>) -> String {
    match at.year() {
        ..1 => "'-infinity'::timestamptz".to_owned(),
        1..=9999 => format!("'{}+00'::timestamptz", at.format("%Y-%m-%d %H:%M:%S%.6f")),
        _ => "'infinity'::timestamptz".to_owned(),
    }
}

fn before(start: DateTime<Utc>, span: Span) -> String {
    let moved = start.checked_sub_signed(TimeDelta::microseconds(span.micros()));
    moved.map_or_else(|| "'-infinity'::timestamptz".to_owned(), timestamp)
}

/// The statements that make a table, and its index.
pub(crate) fn create_table(definition: &TableDefinition) -> Vec<AssertSqlSafe<String>> {
    let target = format!("{}.{}", quoted(&definition.schema), quoted(&definition.table));
    let columns: Vec<String> = definition.columns.iter().map(column_definition).collect();
    let mut statements = vec![AssertSqlSafe(format!(
        "-- load.create_table\ncreate table {target} ({})",
        columns.join(", ")
    ))];
    if !definition.index.is_empty() {
        let index: Vec<String> = definition.index.iter().map(|name| quoted(name)).collect();
        statements.push(AssertSqlSafe(format!(
            "-- load.create_index\ncreate index on {target} ({})",
            index.join(", ")
        )));
    }
    statements
}

fn column_definition(column: &ColumnDefinition) -> String {
    let column_type = match column.column_type {
        ColumnType::Text => "text".to_owned(),
        ColumnType::TimestampTz => "timestamptz".to_owned(),
        ColumnType::Float8 => "double precision".to_owned(),
        ColumnType::Int4 => "integer".to_owned(),
        ColumnType::Int8 => "bigint".to_owned(),
        ColumnType::Bool => "boolean".to_owned(),
        ColumnType::Numeric { precision, scale } => format!("numeric({precision}, {scale})"),
    };
    let null = match column.nullable {
        Nullable::Yes => "",
        Nullable::No => " not null",
    };
    format!("{} {column_type}{null}", quoted(&column.name))
}

/// COPY of CSV into a table.
pub(crate) fn copy_in(schema: &str, table: &str, columns: &[String]) -> String {
    let columns: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
    format!(
        "-- load.copy_csv\ncopy {}.{} ({}) from stdin (format csv)",
        quoted(schema),
        quoted(table),
        columns.join(", ")
    )
}
