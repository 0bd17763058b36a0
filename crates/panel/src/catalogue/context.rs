//! What a plan needs of the contexts of its source.

use super::{FeaturePlan, Input, LookBack, PlannedFeature};
use chrono::{DateTime, Utc};
use mltraining_domain::{SourceSpec, Span, Violations};

/// A feature of a context, seen as of the time of a row.
#[derive(Debug, Clone)]
pub struct AsOf {
    /// The context's name.
    pub context: String,
    /// How long after its time a row of the context becomes known.
    pub availability_delay: Span,
    /// A row of the context that is older says nothing.
    pub max_age: Span,
    /// What is computed on the context's rows.
    pub feature: PlannedFeature,
}

/// A context that a plan looks at, and what must be read of it.
#[derive(Debug, Clone)]
pub struct PlannedContext {
    /// Its name.
    pub name: String,
    /// How it is read.
    pub source: SourceSpec,
    /// The one entity that is its series; empty when the whole table is one.
    pub entities: Vec<String>,
    /// The columns to read, in the order of its source.
    pub columns: Vec<String>,
    /// How far its features look back at its own rows, all together.
    pub look_back: LookBack,
    /// How far before a row's time it is looked for.
    pub max_age: Span,
}

/// The contexts that features look at, in the order of the source.
pub(super) fn of(features: &[PlannedFeature], source: &SourceSpec) -> Vec<PlannedContext> {
    let seen: Vec<&AsOf> = features.iter().flat_map(PlannedFeature::as_ofs).collect();
    let planned = source.contexts.iter().filter_map(|context| {
        let features = seen.iter().filter(|as_of| as_of.context == context.name);
        let features: Vec<&PlannedFeature> = features.map(|as_of| &as_of.feature).collect();
        if features.is_empty() {
            return None;
        }
        let needed: Vec<&str> = features.iter().flat_map(|feature| feature.columns()).collect();
        let columns = context.spec.columns.iter().map(|column| &column.name);
        Some(PlannedContext {
            name: context.name.clone(),
            source: context.spec.as_ref().clone(),
            entities: context.entity.iter().cloned().collect(),
            columns: columns
                .filter(|name| needed.contains(&name.as_str()))
                .cloned()
                .collect(),
            look_back: features
                .iter()
                .map(|feature| feature.look_back())
                .fold(LookBack::NONE, LookBack::and),
            max_age: context.max_age,
        })
    });
    planned.collect()
}

impl PlannedFeature {
    /// What it, and what stands in the place of its columns, sees of contexts; one may come twice.
    pub fn as_ofs(&self) -> Vec<&AsOf> {
        let mut found = Vec::new();
        for input in &self.inputs {
            match input {
                Input::Column(_) => {}
                Input::Feature(feature) => found.extend(feature.as_ofs()),
                Input::AsOf(as_of) => found.push(as_of.as_ref()),
            }
        }
        found
    }

    /// True when it is computed from this column of the source, be it as a column of the source or as one of a context that
    /// reads the same table: with a delay too, for a label may be known later still.
    pub(super) fn reads(&self, column: &str, source: &SourceSpec) -> bool {
        let of_context = |as_of: &&AsOf| {
            let context = source.context(&as_of.context);
            let same = |spec: &SourceSpec| (&spec.schema, &spec.table) == (&source.schema, &source.table);
            context.is_some_and(|context| same(&context.spec)) && as_of.feature.columns().contains(&column)
        };
        self.columns().contains(&column) || self.as_ofs().iter().any(of_context)
    }
}

impl FeaturePlan {
    /// The contexts to read beside the source, in its order.
    pub fn contexts(&self) -> &[PlannedContext] {
        &self.contexts
    }

    /// Whether the source and all contexts to read can be read as they were known before an instant, if that is asked for.
    pub fn check_known_before(
        &self,
        source: &SourceSpec,
        known_before: Option<DateTime<Utc>>,
        field: &str,
    ) -> Violations {
        let mut found = source.check_known_before(known_before, field);
        for context in &self.contexts {
            for violation in context.source.check_known_before(known_before, field).iter() {
                let text = format!("context `{}`: {}", context.name, violation.description);
                found.add(field, violation.reason, text);
            }
        }
        found
    }
}
