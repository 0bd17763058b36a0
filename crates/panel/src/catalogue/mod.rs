//! The catalogue of features: which families and sets exist, and what a client's spec becomes for one source.

mod arguments;
mod context;
mod family;
mod plan;
mod resolve;
mod suggest;

pub use crate::families::FAMILIES;
pub use crate::sets::SETS;
pub(crate) use arguments::plan_one;
pub use context::{AsOf, PlannedContext};
pub use family::{Arguments, Bars, Family, Formula, Need, Parameter, Reach, Scratch};
pub(crate) use plan::ahead;
pub use plan::{FeaturePlan, Input, LeftOut, LookBack, PlannedFeature};
pub use resolve::resolve;
pub use suggest::did_you_mean;

use mltraining_domain::{FeatureExpr, SourceSpec, Window};

/// A named set of features that is written out for a source.
#[derive(Debug)]
pub struct FeatureSet {
    /// Name, as in `FeatureSpec.sets`.
    pub name: &'static str,
    /// What it is good for, for people.
    pub description: &'static str,
    /// Families that it holds, by name; those in the place of columns too.
    pub families: &'static [&'static str],
    /// Writes it out.
    pub expand: fn(&SourceSpec, &[Window]) -> Vec<FeatureExpr>,
    /// Its features that the source cannot give, because it lacks a column or a context, as people read them.
    pub left_out: fn(&SourceSpec) -> Vec<String>,
}

/// The family of this name.
pub fn family(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().copied().find(|family| family.name == name)
}

/// The set of this name.
pub fn set(name: &str) -> Option<&'static FeatureSet> {
    SETS.iter().copied().find(|set| set.name == name)
}

/// The features that a set becomes for a source and these windows, in the order in which a model sees them; none for a
/// name that is not in [`SETS`].
pub fn expand_set(name: &str, source: &SourceSpec, windows: &[Window]) -> Vec<FeatureExpr> {
    set(name).map_or_else(Vec::new, |set| (set.expand)(source, windows))
}
