//! A training job, whole.

use super::source::default_source;
use super::{algorithm, calibration, features, field, label, sample_weight, split, threshold, time};
use mltraining_domain::name::SourceName;
use mltraining_domain::spec::train::DEFAULT_MAX_ROWS;
use mltraining_domain::{ModelId, ProjectId, SourceId, TrainSpec, Violations};
use mltraining_proto::v1;

/// The seed of a request that names none.
pub(super) const DEFAULT_SEED: u64 = 42;

/// The spec of a request, with every default filled in; its fields are named below `spec`. What the source and its columns
/// must have is checked against the catalogue, not here.
pub(crate) fn read(
    spec: Option<v1::TrainSpec>,
    project: &ProjectId,
    model: ModelId,
    found: &mut Violations,
) -> TrainSpec {
    let spec = spec.unwrap_or_else(|| {
        found.invalid(
            "spec",
            "required: say what to train; the least is a range and a label",
        );
        v1::TrainSpec::default()
    });
    check_entities(&spec.entities, "spec.entities", found);
    let source = source(&spec.source, project, "spec.source", found);
    let range = time::require_range(spec.range, "spec.range", found);
    let known_before = time::read_instant(spec.known_before, "spec.known_before", found);
    let label = label::require(spec.label, "spec.label", found);
    let read = TrainSpec {
        model,
        source,
        range,
        known_before,
        features: features::read(spec.features, "spec.features", found),
        algorithm: algorithm::read(spec.algorithm, "spec.algorithm", found),
        unseen_entity_share: spec.split.as_ref().and_then(|split| split.unseen_entity_share),
        split: split::read(spec.split, "spec.split", found),
        sample_weight: sample_weight::read(spec.sample_weight, "spec.sample_weight", found),
        calibration: calibration::read(spec.calibration, "spec.calibration", found),
        threshold: threshold::read(spec.threshold, label.task()),
        label,
        seed: spec.seed.unwrap_or(DEFAULT_SEED),
        entities: spec.entities,
        phases: spec.phases,
        max_rows: field::large_count(spec.max_rows, DEFAULT_MAX_ROWS, "spec.max_rows", found),
    };
    found.extend(read.violations());
    read
}

/// The spec of a request that only looks, and its features as they were written, to call a wrong one by its name. The model is a
/// stand-in: none is made.
pub(crate) fn read_to_look(
    spec: Option<v1::TrainSpec>,
    project: &ProjectId,
    found: &mut Violations,
) -> (TrainSpec, v1::FeatureSpec) {
    let asked = spec.as_ref().and_then(|spec| spec.features.clone());
    let model = "preview".parse().expect("a word is a slug");
    let spec = read(spec, project, model, found);
    label::require_class(&spec.label, "spec.label", found);
    (spec, asked.unwrap_or_default())
}

/// The source that a field names, `coin_metrics` of the same project when it is empty.
pub(crate) fn source(name: &str, project: &ProjectId, field: &str, found: &mut Violations) -> SourceId {
    if name.is_empty() {
        return default_source();
    }
    named_source(name, project, field, found).unwrap_or_else(default_source)
}

/// The source of the same project that a field names; `None` for any other text, which is noted.
pub(super) fn named_source(
    name: &str,
    project: &ProjectId,
    field: &str,
    found: &mut Violations,
) -> Option<SourceId> {
    match SourceName::parse(name) {
        Ok(name) if name.project == *project => return Some(name.source),
        Ok(_) => found.invalid(
            field,
            format!("must be a source of projects/{project}, like the request"),
        ),
        Err(error) => found.invalid(field, error.to_string()),
    }
    None
}

/// Notes entities that Postgres cannot hold as a text.
pub(crate) fn check_entities(entities: &[String], field: &str, found: &mut Violations) {
    for (i, entity) in entities.iter().enumerate() {
        found.require(!entity.contains('\0'), &format!("{field}[{i}]"), || {
            "must not hold the character NUL".to_owned()
        });
    }
}

/// The spec as the wire holds it, every default written out.
pub(crate) fn show(spec: &TrainSpec, project: &ProjectId) -> v1::TrainSpec {
    let source = SourceName {
        project: project.clone(),
        source: spec.source.clone(),
    };
    v1::TrainSpec {
        source: source.to_string(),
        range: Some(time::show_range(&spec.range)),
        known_before: spec.known_before.map(time::show_instant),
        label: Some(label::show(&spec.label)),
        features: Some(features::show(&spec.features)),
        algorithm: Some(algorithm::show(&spec.algorithm)),
        split: Some(split::show(&spec.split, spec.unseen_entity_share)),
        sample_weight: sample_weight::show(spec.sample_weight).into(),
        calibration: calibration::show(spec.calibration).into(),
        threshold: threshold::show(spec.threshold),
        seed: Some(spec.seed),
        entities: spec.entities.clone(),
        phases: spec.phases.clone(),
        max_rows: Some(field::wire_count(spec.max_rows)),
    }
}
