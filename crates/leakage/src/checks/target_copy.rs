//! Features and columns that tell the number which the label depends on.

use super::CheckKind;
use crate::correlation::closeness;
use crate::looked::Looked;
use crate::{Check, Finding, Outcome, Scope, Severity, Subject};
use mltraining_panel::compute::Cancelled;
use mltraining_panel::labels;
use rayon::prelude::*;
use std::sync::atomic::Ordering;

pub(super) static KIND: CheckKind = CheckKind {
    check: Check::TargetCopy,
    description: "the correlation (Pearson's or that of the ranks, without its sign) of each feature and each column with what the \
                  label holds against its thresholds, such as the change to the horizon or the value there: at least 0.99, and ten \
                  times nearer to 1 than that of the label's own column at the row's time. On at most 20,000 rows with a known \
                  label, fewer for more than 400 features and columns",
    run,
};

/// So close is a copy.
const COPY: f64 = 0.99;
/// What is left to 1 must be this part of what the column's own value leaves: a price is close to the next one by nature.
const NEARER: f64 = 0.1;
/// Rows, and rows times features and columns, at most.
const ROWS: usize = 20_000;
const CELLS: usize = 8_000_000;

/// A feature or column at the rows that are looked at.
struct Candidate<'a> {
    subject: Subject,
    values: Box<dyn Fn(usize) -> f64 + Sync + 'a>,
}

/// A quantity at the rows that are looked at.
struct Target {
    name: &'static str,
    values: Vec<f64>,
    /// How close the label's own column comes at the row's time; 0 when that is the quantity.
    own: f64,
}

fn run(looked: &Looked<'_>) -> Result<Outcome, Cancelled> {
    let candidates = candidates(looked);
    let most = ROWS.min(CELLS / candidates.len().max(1)).max(1);
    let at = looked.spread(most);
    let targets = targets(looked, &at);
    let judged = candidates.par_iter().map(|candidate| {
        if looked.question.cancel.load(Ordering::Relaxed) {
            return Err(Cancelled);
        }
        let values: Vec<f64> = at.iter().map(|place| (candidate.values)(*place)).collect();
        let all = targets
            .iter()
            .filter_map(|target| Some((target, closeness(&known(&values, &target.values))?)));
        Ok(all
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(target, close)| (candidate, target, close)))
    });
    let judged: Vec<Option<(&Candidate<'_>, &Target, f64)>> = judged.collect::<Result<_, Cancelled>>()?;
    let judged: Vec<_> = judged.into_iter().flatten().collect();
    let features = judged
        .iter()
        .filter(|found| matches!(found.0.subject, Subject::Feature(_)))
        .count();
    let copies = judged
        .iter()
        .filter(|(_, target, close)| is_copy(*close, target.own));
    Ok(Outcome {
        scope: Scope {
            rows: at.len() as u64,
            entities: looked.rows.entities,
            features: features as u64,
            columns: (judged.len() - features) as u64,
            cuts: 0,
        },
        findings: copies
            .map(|(candidate, target, close)| finding(candidate, target.name, *close))
            .collect(),
    })
}

/// Every feature, and every column that is not one of them and does not tell the label by itself.
fn candidates<'a>(looked: &'a Looked<'_>) -> Vec<Candidate<'a>> {
    let (matrix, question) = (&looked.matrix, looked.question);
    let features = (0..matrix.features()).map(|j| {
        let column = matrix.column(j);
        Candidate {
            subject: Subject::Feature(matrix.names()[j].clone()),
            values: Box::new(move |place| f64::from(column[place])),
        }
    });
    let telling = labels::telling_column(&question.spec.label, question.source);
    let names = looked.sample.column_names().iter();
    let names = names.filter(|name| !matrix.names().contains(name) && telling != Some(name.as_str()));
    let columns = names.filter_map(|name| {
        let column = looked.sample.column(name)?;
        Some(Candidate {
            subject: Subject::Column(name.clone()),
            values: Box::new(move |place| column[looked.rows.panel_rows[place] as usize]),
        })
    });
    features.chain(columns).collect()
}

fn targets(looked: &Looked<'_>, at: &[usize]) -> Vec<Target> {
    let question = looked.question;
    let pick = |all: &[f64]| -> Vec<f64> {
        at.iter()
            .map(|place| all[looked.rows.panel_rows[*place] as usize])
            .collect()
    };
    let ahead = labels::telling_column(&question.spec.label, question.source).is_none();
    let columns = labels::columns(&question.spec.label, question.source).unwrap_or_default();
    let own = columns
        .first()
        .and_then(|name| looked.sample.column(name))
        .filter(|_| ahead)
        .map(&pick);
    let quantities = labels::quantities(&looked.sample, &question.spec.label, question.source);
    let target = |quantity: labels::Quantity| {
        let values = pick(&quantity.values);
        let close = own.as_ref().and_then(|own| closeness(&known(own, &values)));
        Target {
            name: quantity.name,
            own: close.unwrap_or(0.0),
            values,
        }
    };
    quantities.into_iter().map(target).collect()
}

/// The pairs where both are known.
fn known(a: &[f64], b: &[f64]) -> Vec<(f64, f64)> {
    let pairs = a.iter().copied().zip(b.iter().copied());
    pairs.filter(|(a, b)| !a.is_nan() && !b.is_nan()).collect()
}

fn is_copy(close: f64, own: f64) -> bool {
    close >= COPY && 1.0 - close < NEARER * (1.0 - own)
}

fn finding(candidate: &Candidate<'_>, target: &str, close: f64) -> Finding {
    let advice = match candidate.subject {
        Subject::Feature(_) => "exclude it",
        _ => "make no feature of it",
    };
    Finding {
        severity: Severity::Error,
        subject: candidate.subject.clone(),
        other: None,
        value: Some(close),
        change: None,
        text: format!(
            "goes with {target} with a correlation of {close:.6}: it tells what is to be foreseen; {advice}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::is_copy;

    #[test]
    fn a_price_is_no_copy_of_the_next_one_because_it_is_close_to_it() {
        assert!(is_copy(0.995, 0.1));
        assert!(!is_copy(0.98, 0.0));
        assert!(
            !is_copy(0.9999, 0.9998),
            "nearer than the price itself, and not by much"
        );
        assert!(is_copy(0.999_999, 0.9998));
    }
}
