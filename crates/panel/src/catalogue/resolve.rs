//! From a client's spec to a plan, or to everything that is wrong with it.

use super::suggest::did_you_mean;
use super::{FAMILIES, Family, FeaturePlan, Need, PlannedFeature, SETS, family, set};
use crate::labels;
use mltraining_domain::spec::features::MAX_FEATURES;
use mltraining_domain::{ColumnRole, FeatureExpr, FeatureSpec, LabelSpec, Reason, SourceSpec, Violations};
use std::collections::{HashMap, HashSet};

/// So many features that tell the label are named in one violation.
const NAMED: usize = 5;

/// Writes a spec out for a source. Features come in the order sets, then single features; each is kept once, and what
/// `exclude` names is left out. Fields are named below `prefix` (`spec.features`), those of the label below `spec.label`.
///
/// # Errors
/// Every violation: [`Reason::UnknownFeature`] for a set, family, column or argument that does not fit, with the nearest
/// known name; [`Reason::FeatureLeaksLabel`] for features that are computed from the column that tells the label at the
/// decision time; [`Reason::InvalidField`] for a spec that does not pass its own check, too many features, none left, or a label column that the source lacks.
pub fn resolve(
    spec: &FeatureSpec,
    source: &SourceSpec,
    label: &LabelSpec,
    prefix: &str,
) -> Result<FeaturePlan, Violations> {
    let form = spec.check(prefix);
    if !form.is_empty() {
        return Err(form); // lists that are too long are not written out
    }
    let mut found = labels::check_columns(label, source, "spec.label");
    let mut gathered = Gathered::default();
    for (i, name) in spec.sets.iter().enumerate() {
        let field = format!("{prefix}.sets[{i}]");
        match set(name) {
            None => found.add(field, Reason::UnknownFeature, unknown_set(name)),
            Some(set) => {
                for expr in (set.expand)(source, &spec.windows) {
                    gathered.add(plan_one(&expr, source), &field, &mut found);
                }
            }
        }
    }
    for (i, expr) in spec.features.iter().enumerate() {
        if found.is_full() {
            break;
        }
        gathered.add(
            plan_one(expr, source),
            &format!("{prefix}.features[{i}]"),
            &mut found,
        );
    }
    let mut features = gathered.features;
    for (i, expr) in spec.exclude.iter().enumerate() {
        if found.is_full() {
            break;
        }
        if let Err(text) = exclude(expr, source, &gathered.fields, &mut features) {
            found.add(format!("{prefix}.exclude[{i}]"), Reason::UnknownFeature, text);
        }
    }
    if let Some(column) = labels::telling_column(label, source) {
        found.extend(leaks(column, &features, &gathered.fields));
    }
    found.require(features.len() <= MAX_FEATURES, prefix, || {
        let count = features.len();
        format!("{count} features; at most {MAX_FEATURES} are taken, so name fewer sets or windows")
    });
    if features.is_empty() && found.is_empty() {
        found.invalid(
            prefix,
            "no feature is left; name a set or a feature, or exclude less",
        );
    }
    let columns = columns_of(&features, source, label);
    found.into_result(FeaturePlan { features, columns })
}

/// The planned features, each once.
#[derive(Default)]
struct Gathered {
    features: Vec<PlannedFeature>,
    /// The field of the request that each comes from, also of those that are left out later.
    fields: HashMap<FeatureExpr, String>,
}

impl Gathered {
    fn add(&mut self, planned: Result<PlannedFeature, String>, field: &str, found: &mut Violations) {
        match planned {
            Ok(feature) => {
                if !self.fields.contains_key(&feature.expr) {
                    self.fields.insert(feature.expr.clone(), field.to_owned());
                    self.features.push(feature);
                }
            }
            Err(text) => found.add(field, Reason::UnknownFeature, text),
        }
    }
}

/// The source's columns that features and label need, in the source's order.
fn columns_of(features: &[PlannedFeature], source: &SourceSpec, label: &LabelSpec) -> Vec<String> {
    let mut needed: HashSet<&str> = features
        .iter()
        .flat_map(|feature| feature.inputs.iter().map(String::as_str))
        .collect();
    needed.extend(labels::columns(label, source).unwrap_or_default());
    let columns = source.columns.iter().map(|column| column.name.as_str());
    columns
        .filter(|name| needed.contains(name))
        .map(str::to_owned)
        .collect()
}

/// The features that are computed from the column that tells the label, told once for each field that they come from.
fn leaks(column: &str, features: &[PlannedFeature], fields: &HashMap<FeatureExpr, String>) -> Violations {
    let mut leaking: Vec<(&str, Vec<String>)> = Vec::new();
    for feature in features
        .iter()
        .filter(|f| f.inputs.iter().any(|input| input == column))
    {
        let field = fields.get(&feature.expr).map_or("", String::as_str);
        let name = format!("`{}`", feature.name());
        match leaking.last_mut() {
            Some((last, names)) if *last == field => names.push(name),
            _ => leaking.push((field, vec![name])),
        }
    }
    let mut found = Violations::new();
    for (field, names) in leaking {
        let more = names.len().saturating_sub(NAMED);
        let mut text = names[..names.len() - more].join(", ");
        if more > 0 {
            text.push_str(&format!(" and {more} more"));
        }
        text.push_str(&format!(
            ": computed from `{column}`, which tells the label at the row's own time; exclude what is computed from it, or \
             foresee it with a horizon"
        ));
        found.add(field, Reason::FeatureLeaksLabel, text);
    }
    found
}

/// Leaves a feature, or all of a family, out; an error when nothing of it was there.
fn exclude(
    expr: &FeatureExpr,
    source: &SourceSpec,
    fields: &HashMap<FeatureExpr, String>,
    features: &mut Vec<PlannedFeature>,
) -> Result<(), String> {
    let bare = expr.column.is_none() && expr.window.is_none() && source.column(&expr.head).is_none();
    if bare && let Some(family) = family(&expr.head) {
        let before = features.len();
        features.retain(|feature| feature.family.name != family.name);
        if features.len() < before {
            return Ok(());
        }
        return Err(format!(
            "no feature of the family `{}` is there to leave out",
            family.name
        ));
    }
    let planned = plan_one(expr, source)?;
    if !fields.contains_key(&planned.expr) {
        return Err(format!("`{}` is not among the features", planned.expr));
    }
    features.retain(|feature| feature.expr != planned.expr);
    Ok(())
}

/// One written feature for this source. A bare name is a column if the source has it, else a family without a column.
fn plan_one(expr: &FeatureExpr, source: &SourceSpec) -> Result<PlannedFeature, String> {
    if let Some(column) = source.column(&expr.head) {
        if expr.column.is_some() && family(&expr.head).is_none() {
            let name = &column.name;
            return Err(format!(
                "`{name}` is a column and takes no arguments; write `{name}`"
            ));
        }
        if expr.column.is_none() {
            return Ok(raw(&column.name));
        }
    }
    let Some(family) = family(&expr.head) else {
        return Err(unknown(&expr.head, source));
    };
    check_arguments(family, expr)?;
    let inputs = inputs_of(family, expr, source)?;
    if family.name == crate::families::RAW {
        return Ok(raw(&inputs[0]));
    }
    Ok(PlannedFeature {
        expr: expr.clone(),
        family,
        inputs,
        window: expr.window,
    })
}

/// A raw column; `close` and `raw(close)` are one feature, `close`.
fn raw(column: &str) -> PlannedFeature {
    PlannedFeature {
        expr: FeatureExpr {
            head: column.to_owned(),
            column: None,
            window: None,
        },
        family: family(crate::families::RAW).expect("the family of raw columns is always registered"),
        inputs: vec![column.to_owned()],
        window: None,
    }
}

fn check_arguments(family: &Family, expr: &FeatureExpr) -> Result<(), String> {
    let fault = match (
        (family.takes_column(), expr.column.is_some()),
        (family.takes_window(), expr.window.is_some()),
    ) {
        ((true, false), (true, _)) => "needs a column and a window",
        ((true, false), (false, _)) => "needs a column",
        ((false, true), _) => "takes no arguments",
        (_, (true, false)) => "needs a window, in bars or in time",
        (_, (false, true)) => "takes no window",
        _ => return check_window(family, expr),
    };
    Err(format!(
        "`{}` {fault}; write it as `{}`",
        family.name, family.example
    ))
}

fn check_window(family: &Family, expr: &FeatureExpr) -> Result<(), String> {
    match expr.window {
        Some(window) if !family.allows(window) => Err(format!(
            "`{expr}` would always be unknown; `{}` needs at least {} bars",
            family.name, family.min_bars
        )),
        _ => Ok(()),
    }
}

/// The columns that a feature's formula is given: the one in the parentheses, then those found by role.
fn inputs_of(family: &Family, expr: &FeatureExpr, source: &SourceSpec) -> Result<Vec<String>, String> {
    let mut inputs = Vec::new();
    if let Some(name) = &expr.column {
        let Some(column) = source.column(name) else {
            let known = source.columns.iter().map(|column| column.name.as_str());
            return Err(format!(
                "the source has no column `{name}`{}",
                did_you_mean(name, known)
            ));
        };
        inputs.push(column.name.clone());
    }
    for need in family.needs {
        match need {
            Need::Phase if source.phase_column.is_none() => {
                return Err(format!("`{}` needs a source with a phase column", family.name));
            }
            Need::Phase => {}
            Need::Role(role) => inputs.push(column_of_role(*role, family, source)?),
        }
    }
    Ok(inputs)
}

fn column_of_role(role: ColumnRole, family: &Family, source: &SourceSpec) -> Result<String, String> {
    let column = source.column_by_role(role);
    column.map(|column| column.name.clone()).ok_or_else(|| {
        let name = family.name;
        format!("`{name}` needs a column with the role {role:?}; give one of the source's columns that role")
    })
}

fn unknown_set(name: &str) -> String {
    let known: Vec<&str> = SETS.iter().map(|set| set.name).collect();
    let hint = did_you_mean(name, known.iter().copied());
    format!("unknown set `{name}`{hint} (sets: {})", known.join(", "))
}

fn unknown(name: &str, source: &SourceSpec) -> String {
    let columns = source.columns.iter().map(|column| column.name.as_str());
    let known = FAMILIES.iter().map(|family| family.name).chain(columns);
    format!(
        "unknown feature `{name}`: neither a family of the catalogue nor a column of the source{}",
        did_you_mean(name, known)
    )
}
