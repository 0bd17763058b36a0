//! From a client's spec to a plan, or to everything that is wrong with it.

use super::arguments::plan_one;
use super::suggest::did_you_mean;
use super::{FeaturePlan, LeftOut, PlannedFeature, SETS, context, family, set};
use crate::labels;
use mltraining_domain::names::first_of;
use mltraining_domain::spec::features::MAX_FEATURES;
use mltraining_domain::{FeatureExpr, FeatureSpec, LabelSpec, Reason, SourceSpec, Violations};
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
                gathered.note_left_out(set.name, (set.left_out)(source));
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
        found.extend(leaks(column, source, &features, &gathered.fields));
    }
    check_count(features.len(), prefix, &mut found);
    let columns = columns_of(&features, source, label);
    found.into_result(FeaturePlan {
        contexts: context::of(&features, source),
        features,
        columns,
        left_out: gathered.left_out,
    })
}

/// Neither too many nor none.
fn check_count(count: usize, prefix: &str, found: &mut Violations) {
    found.require(count <= MAX_FEATURES, prefix, || {
        format!("{count} features; at most {MAX_FEATURES} are taken, so name fewer sets or windows")
    });
    if count == 0 && found.is_empty() {
        found.invalid(
            prefix,
            "no feature is left; name a set or a feature, or exclude less",
        );
    }
}

/// The planned features, each once.
#[derive(Default)]
struct Gathered {
    features: Vec<PlannedFeature>,
    /// The field of the request that each comes from, also of those that are left out later.
    fields: HashMap<FeatureExpr, String>,
    left_out: Vec<LeftOut>,
}

impl Gathered {
    fn note_left_out(&mut self, set: &'static str, features: Vec<String>) {
        let known = self.left_out.iter().any(|left_out| left_out.set == set);
        if !features.is_empty() && !known {
            self.left_out.push(LeftOut { set, features });
        }
    }

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
    let mut needed: HashSet<&str> = features.iter().flat_map(PlannedFeature::columns).collect();
    needed.extend(labels::columns(label, source).unwrap_or_default());
    let columns = source.columns.iter().map(|column| column.name.as_str());
    columns
        .filter(|name| needed.contains(name))
        .map(str::to_owned)
        .collect()
}

/// The features that are computed from the column that tells the label, told once for each field that they come from.
fn leaks(
    column: &str,
    source: &SourceSpec,
    features: &[PlannedFeature],
    fields: &HashMap<FeatureExpr, String>,
) -> Violations {
    let mut leaking: Vec<(&str, Vec<String>)> = Vec::new();
    for feature in features.iter().filter(|f| f.reads(column, source)) {
        let field = fields.get(&feature.expr).map_or("", String::as_str);
        let name = format!("`{}`", feature.name());
        match leaking.last_mut() {
            Some((last, names)) if *last == field => names.push(name),
            _ => leaking.push((field, vec![name])),
        }
    }
    let mut found = Violations::new();
    for (field, names) in leaking {
        let text = format!(
            "{}: computed from `{column}`, which tells the label at the row's own time; exclude what is computed from it, or \
             foresee it with a horizon",
            first_of(&names, NAMED)
        );
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
    let bare = expr.arguments.is_empty() && source.column(&expr.head).is_none();
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

fn unknown_set(name: &str) -> String {
    let known: Vec<&str> = SETS.iter().map(|set| set.name).collect();
    let hint = did_you_mean(name, known.iter().copied());
    format!("unknown set `{name}`{hint} (sets: {})", known.join(", "))
}
