//! Predicts entities at times: the last bars are read from the source of the model's training, only as far back as its features
//! look, and the features come from the code of trainings.

mod group;

use super::scoring::say;
use super::version::Version;
use crate::convert::features;
use crate::convert::prediction::{Foreseen, NoPrediction, Points};
use crate::error::ApiError;
use crate::services::call::Call;
use crate::services::computing::{Computing, Need, Turn, threads};
use crate::services::resolved::{self, Resolved};
use group::{Group, MOST_TIMES, Reach, groups};
use mltraining_domain::{Reason, TrainSpec, Violations};
use mltraining_learn::model_file::ModelFile;
use mltraining_panel::Panel;
use mltraining_panel::catalogue::FeaturePlan;
use mltraining_panel::compute::{self, Control};
use mltraining_panel::preview::needed_bytes;
use mltraining_store::reader::PanelQuery;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Most rows that are read for one request.
const MOST_ROWS: u64 = 5_000_000;
/// The entity of a source that is a single series.
const SINGLE_SERIES: &str = "all";

/// What the model says of each point.
///
/// # Errors
/// INVALID_FIELD; SCHEMA_CHANGED when the source gives other features than the model has; ROW_LIMIT_EXCEEDED, MEMORY_LIMIT, and
/// those of reading; DEADLINE_EXCEEDED.
pub(super) async fn predict(
    reading: &Computing,
    call: &Call,
    version: &Version,
    model: &Arc<ModelFile>,
    mut asked: Points,
) -> Result<Vec<Foreseen>, ApiError> {
    let resolved = resolve(call, &version.spec).await?;
    check_features(&resolved.plan, model)?;
    check_entities(&resolved, &mut asked)?;
    let reach = Reach::of(&resolved, &asked)?;
    let groups = groups(&asked, &reach);
    if groups.len() > MOST_TIMES && reach.at_each_time {
        return Err(ApiError::invalid("points.points", too_many_times()));
    }
    let turn = reading.turn().await?;
    let panels = Box::pin(read(&turn, call, &resolved, &groups)).await?;
    let model = Arc::clone(model);
    let work = move |_: &Panel, cancel: &AtomicBool| {
        let looked = Looked {
            resolved: &resolved,
            asked: &asked,
            reach: &reach,
        };
        looked.foresee(&model, &groups, &panels, cancel)
    };
    turn.work(call.deadline, Panel::default(), work).await
}

fn too_many_times() -> String {
    format!(
        "more than {MOST_TIMES} different times, each of which is read as it was known then; give fewer, or give known_before"
    )
}

/// The source and the features as the version was trained on them.
async fn resolve(call: &Call, spec: &TrainSpec) -> Result<Resolved, ApiError> {
    let all_rows = TrainSpec {
        known_before: None,
        ..spec.clone()
    };
    let asked = features::show(&spec.features);
    resolved::resolve(call, all_rows, &asked, Violations::new()).await
}

fn check_features(plan: &FeaturePlan, model: &ModelFile) -> Result<(), ApiError> {
    let (found, wanted) = (plan.names(), &model.header.feature_names);
    if found == *wanted {
        return Ok(());
    }
    let place = found.iter().zip(wanted).position(|(a, b)| a != b);
    let place = place.unwrap_or(found.len().min(wanted.len()));
    let name = |list: &[String]| list.get(place).cloned().unwrap_or_else(|| "none".to_owned());
    let text = format!(
        "the source gives other features than the model was trained on: `{}` where it had `{}`; train a new version, or give rows",
        name(&found),
        name(wanted)
    );
    Err(ApiError::new(Reason::SchemaChanged, text))
}

/// Each point names an entity, but for those of a single series.
fn check_entities(resolved: &Resolved, asked: &mut Points) -> Result<(), ApiError> {
    let mut found = Violations::new();
    let single = resolved.source.entity_column.is_none();
    for (i, point) in asked.points.iter_mut().enumerate() {
        let field = || format!("points.points[{i}].entity");
        match point.entity.is_empty() {
            true if single => SINGLE_SERIES.clone_into(&mut point.entity),
            true => found.invalid(field(), "required: give an entity of the source"),
            false => found.require(!single || point.entity == SINGLE_SERIES, &field(), || {
                "the source is a single series; leave this out".to_owned()
            }),
        }
    }
    Ok(found.into_result(())?)
}

/// Reads a panel for each group, all of them within the room of one turn.
async fn read(
    turn: &Turn,
    call: &Call,
    resolved: &Resolved,
    groups: &[Group],
) -> Result<Vec<Panel>, ApiError> {
    let plan = &resolved.plan;
    let (columns, ahead) = (plan.widest(), plan.ahead_bytes_of_row());
    let bytes = |rows| needed_bytes(rows, columns, threads(), ahead);
    let mut panels = Vec::with_capacity(groups.len());
    let mut held = 0;
    for group in groups {
        let query = PanelQuery {
            source: &resolved.source,
            columns: plan.columns(),
            range: group.range,
            look_back: plan.look_back(),
            entities: &group.entities,
            known_before: group.known_before,
            contexts: plan.contexts(),
            max_rows: MOST_ROWS,
            timeout: call.deadline.remaining(),
        };
        let need = Need {
            bytes: &|rows| bytes(rows).saturating_add(held),
            field: "points",
            way_out: "give points that lie closer together, or fewer",
        };
        let read = turn.read(call, &query, &need).await?;
        held += bytes(read.rows.total());
        panels.push(read.panel);
    }
    Ok(panels)
}

/// What is looked at to foresee points.
struct Looked<'a> {
    resolved: &'a Resolved,
    asked: &'a Points,
    reach: &'a Reach,
}

impl Looked<'_> {
    /// What the model says of each point; `None` when it was stopped.
    fn foresee(
        &self,
        model: &ModelFile,
        groups: &[Group],
        panels: &[Panel],
        cancel: &AtomicBool,
    ) -> Option<Vec<Foreseen>> {
        let mut answers = vec![Foreseen::none(NoPrediction::NoBar); self.asked.points.len()];
        for (group, panel) in groups.iter().zip(panels) {
            let mut found = Vec::new();
            for &at in &group.points {
                match self.bar(panel, at) {
                    Ok(row) => found.push((at, row)),
                    Err(why) => answers[at] = why,
                }
            }
            let said = self.of_rows(model, panel, &found, cancel)?;
            for ((at, row), foreseen) in found.iter().zip(said) {
                answers[*at] = Foreseen {
                    bar: Some(panel.times()[*row as usize]),
                    ..foreseen
                };
            }
        }
        Some(answers)
    }

    /// What the model says of bars, in their order; two points may mean the same.
    fn of_rows(
        &self,
        model: &ModelFile,
        panel: &Panel,
        found: &[(usize, u32)],
        cancel: &AtomicBool,
    ) -> Option<Vec<Foreseen>> {
        let mut rows: Vec<u32> = found.iter().map(|(_, row)| *row).collect();
        rows.sort_unstable();
        rows.dedup();
        if rows.is_empty() {
            return Some(Vec::new());
        }
        let control = Control {
            cancel,
            progress: &|_, _| {},
        };
        let computed = compute::features(panel, &self.resolved.plan, &rows, &control).ok()?;
        let said = say(model, computed.columns, cancel)?;
        let place = |row: &u32| rows.binary_search(row).expect("it was put there");
        Some(found.iter().map(|(_, row)| said[place(row)].clone()).collect())
    }

    /// The bar that a point means.
    fn bar(&self, panel: &Panel, at: usize) -> Result<u32, Foreseen> {
        let (point, spec) = (&self.asked.points[at], &self.resolved.spec);
        if self.reach.is_outside(&point.entity) {
            return Err(Foreseen::none(NoPrediction::OtherEntity));
        }
        let no_bar = || Foreseen::none(NoPrediction::NoBar);
        let entity = panel
            .entities()
            .binary_search(&point.entity)
            .map_err(|_| no_bar())?;
        let rows = panel.range_of(entity);
        let until = panel.times()[rows.clone()].partition_point(|time| *time <= point.micros);
        let row = (rows.start + until)
            .checked_sub(1)
            .filter(|row| *row >= rows.start);
        let row = row.ok_or_else(no_bar)?;
        let (time, phase) = (panel.times()[row], panel.phase_of(row));
        if point.micros - time > self.reach.age_of(&self.resolved.source, phase) {
            return Err(no_bar());
        }
        if !spec.phases.is_empty() && !phase.is_some_and(|phase| spec.phases.contains(&phase)) {
            return Err(Foreseen {
                bar: Some(time),
                ..Foreseen::none(NoPrediction::OtherPhase)
            });
        }
        Ok(u32::try_from(row).expect("a panel has less than 2^32 rows"))
    }
}
