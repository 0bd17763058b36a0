//! Values that change when later rows do.

use super::CheckKind;
use crate::looked::Looked;
use crate::{Change, Check, Finding, Outcome, Scope, Severity, Subject};
use mltraining_panel::Panel;
use mltraining_panel::catalogue::PlannedFeature;
use mltraining_panel::compute::{self, Cancelled};
use mltraining_panel::labels::{self, LabelValue, Labels};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::Ordering;

pub(super) static KIND: CheckKind = CheckKind {
    check: Check::LookAhead,
    description: "at three times, the quarters of the rows, the rows after it are dropped, and changed in value, phase and time; \
                  every feature at or before it must keep every bit, and so must every label that was resolved by then. On at most \
                  20,000 rows of whole entities, fewer for more than 200 features",
    run,
};

/// Rows of the sample, and rows times features, at most: each feature is computed once for every world.
const ROWS: usize = 20_000;
const CELLS: usize = 4_000_000;
/// Into so many parts the cuts part the rows.
const PARTS: usize = 4;

/// The same rows up to a time, and something else after it.
struct World {
    cut: i64,
    panel: Panel,
}

fn run(looked: &Looked<'_>) -> Result<Outcome, Cancelled> {
    let question = looked.question;
    let plan = question.plan;
    let most = ROWS.min(CELLS / plan.features.len().max(1)).max(1);
    let panel = question.panel.sample(most);
    let cuts = cuts(&panel);
    let worlds: Vec<World> = cuts
        .iter()
        .flat_map(|cut| {
            [panel.until(*cut), panel.with_another_future(*cut)].map(|panel| World { cut: *cut, panel })
        })
        .collect();
    let of_features = plan.features.par_iter().map(|feature| {
        if question.cancel.load(Ordering::Relaxed) {
            return Err(Cancelled);
        }
        Ok(of_feature(&panel, &worlds, feature))
    });
    let found: Vec<Option<Finding>> = of_features.collect::<Result<_, Cancelled>>()?;
    let mut findings: Vec<Finding> = found.into_iter().flatten().collect();
    let end = question.spec.range.known_end_micros(question.spec.known_before);
    let label = |panel: &Panel| labels::compute(panel, &question.spec.label, question.source, end);
    findings.extend(of_labels(&panel, &worlds, label));
    Ok(Outcome {
        scope: Scope {
            rows: panel.rows() as u64,
            entities: panel.entities().len() as u64,
            features: plan.features.len() as u64,
            columns: 0,
            cuts: cuts.len() as u64,
        },
        findings,
    })
}

/// The times that part the rows, each before the last row.
fn cuts(panel: &Panel) -> Vec<i64> {
    let mut times = panel.times().to_vec();
    times.sort_unstable();
    let Some(last) = times.last().copied() else {
        return Vec::new();
    };
    let mut cuts: Vec<i64> = (1..PARTS).map(|part| times[part * times.len() / PARTS]).collect();
    cuts.dedup();
    cuts.retain(|cut| *cut < last);
    cuts
}

fn of_feature(panel: &Panel, worlds: &[World], feature: &PlannedFeature) -> Option<Finding> {
    let values = compute::feature_values(panel, feature);
    let mut found = Changes::default();
    for world in worlds {
        let others = compute::feature_values(&world.panel, feature);
        for (row, other) in shared(panel, world).flat_map(|(rows, others)| rows.zip(others)) {
            let (before, after) = (values[row], others[other]);
            let same = before.to_bits() == after.to_bits() || (before.is_nan() && after.is_nan());
            if !same {
                found.add(panel, row, world.cut, before, after);
            }
        }
    }
    found.finding(Subject::Feature(feature.name()))
}

fn of_labels(panel: &Panel, worlds: &[World], label: impl Fn(&Panel) -> Labels) -> Option<Finding> {
    let all = label(panel);
    let mut found = Changes::default();
    for world in worlds {
        let others = label(&world.panel);
        for (row, other) in shared(panel, world).flat_map(|(rows, others)| rows.zip(others)) {
            let (before, after) = (known(&all, row, world.cut), known(&others, other, world.cut));
            if before != after {
                found.add(panel, row, world.cut, shown(before), shown(after));
            }
        }
    }
    found.finding(Subject::Label)
}

/// What is known of a label at `cut`: its value, and since when.
fn known(labels: &Labels, row: usize, cut: i64) -> Option<(LabelValue, i64)> {
    let resolved = labels.resolve_times[row];
    (resolved <= cut).then(|| (labels.values[row], resolved))
}

fn shown(known: Option<(LabelValue, i64)>) -> f64 {
    match known {
        Some((LabelValue::Positive, _)) => 1.0,
        Some((LabelValue::Negative, _)) => 0.0,
        Some((LabelValue::Unknown, _)) | None => f64::NAN,
    }
}

/// For each entity its rows up to the cut: of the panel, and the same of the world.
fn shared<'a>(panel: &'a Panel, world: &'a World) -> impl Iterator<Item = (Range<usize>, Range<usize>)> + 'a {
    let names = panel.entities().iter().enumerate();
    names.filter_map(|(entity, name)| {
        let there = world.panel.entities().binary_search(name).ok()?;
        let (rows, others) = (panel.range_of(entity), world.panel.range_of(there));
        let count = panel.times()[rows.clone()].partition_point(|time| *time <= world.cut);
        Some((rows.start..rows.start + count, others.start..others.start + count))
    })
}

/// Values that differ between worlds.
#[derive(Default)]
struct Changes {
    count: u64,
    first: Option<Change>,
}

impl Changes {
    fn add(&mut self, panel: &Panel, row: usize, cut: i64, before: f64, after: f64) {
        self.count += 1;
        self.first.get_or_insert_with(|| Change {
            entity: panel.entities()[panel.entity_of(row)].clone(),
            time: panel.times()[row],
            cut,
            before,
            after,
        });
    }

    fn finding(self, subject: Subject) -> Option<Finding> {
        let change = self.first?;
        let count = self.count;
        let advice = match subject {
            Subject::Label => "the label cannot be trusted; report this as a fault of the service",
            _ => "it knows what is not known yet: exclude it, and report this as a fault of the service",
        };
        Some(Finding {
            severity: Severity::Error,
            subject,
            other: None,
            value: Some(count as f64),
            text: format!(
                "{count} values change when later rows change, the first from {} to {}; {advice}",
                change.before, change.after
            ),
            change: Some(change),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mltraining_domain::DuplicateRule;
    use mltraining_panel::PanelBuilder;

    fn panel() -> Panel {
        let mut builder = PanelBuilder::new(vec!["x".to_owned()], DuplicateRule::Refuse);
        for time in 0..8 {
            builder.push("e", time, None, &[0.0]).expect("rows in order");
        }
        builder.finish().expect("no key twice").0
    }

    #[test]
    fn the_cuts_part_the_rows_and_leave_some_after_them() {
        assert_eq!(cuts(&panel()), [2, 4, 6]);
        assert_eq!(cuts(&panel().until(0)), [0_i64; 0]);
    }

    /// A label that knows how many rows there are; and one that says so only later.
    #[test]
    fn a_label_that_was_resolved_must_not_change_and_one_that_was_not_may() {
        let panel = panel();
        let world = World {
            cut: 4,
            panel: panel.until(4),
        };
        let of = |resolved: i64| {
            move |panel: &Panel| Labels {
                values: vec![
                    if panel.rows() > 5 {
                        LabelValue::Positive
                    } else {
                        LabelValue::Negative
                    };
                    panel.rows()
                ],
                resolve_times: vec![resolved; panel.rows()],
            }
        };
        assert_eq!(of_labels(&panel, std::slice::from_ref(&world), of(5)), None);
        let found = of_labels(&panel, &[world], of(4)).expect("it knows of later rows");
        let change = found.change.expect("it says which");
        assert_eq!((change.time, change.before, change.after), (0, 1.0, 0.0));
        assert_eq!((found.subject, found.value), (Subject::Label, Some(5.0)));
    }
}
