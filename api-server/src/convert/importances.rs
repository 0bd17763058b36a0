//! What each feature is worth to a version, the largest first.

use super::field::choice;
use crate::error::ApiError;
use mltraining_domain::{Evaluation, Reason, Violations};
use mltraining_proto::v1;
use v1::ImportanceKind as Kind;

/// The order that a request asks for; `Unspecified` where it leaves that open.
pub(crate) fn read_order(value: i32, found: &mut Violations) -> Kind {
    let known = "IMPORTANCE_KIND_GAIN or IMPORTANCE_KIND_PERMUTATION";
    choice(value, known, "order_by", found)
}

/// The importances of an evaluation; `features` are the model's, in the order of the numbers.
///
/// # Errors
/// FAILED_PRECONDITION for an order by what was not measured.
pub(crate) fn show(
    evaluation: &Evaluation,
    features: &[String],
    asked: Kind,
) -> Result<v1::VersionImportances, ApiError> {
    let unmeasured = [no_gain(evaluation), no_permutation(evaluation)];
    let order = order(asked, &unmeasured)?;
    let ranked = features.iter().enumerate().map(|(at, feature)| {
        let drop = evaluation.permutation.get(at);
        v1::RankedFeature {
            feature: feature.clone(),
            share: evaluation.importances.get(at).copied(),
            drop: drop.map(|drop| drop.mean),
            drop_deviation: drop.and_then(|drop| drop.deviation),
        }
    });
    let mut ranked: Vec<v1::RankedFeature> = ranked.collect();
    let size = |feature: &v1::RankedFeature| match order {
        Kind::Gain => feature.share,
        _ => feature.drop,
    };
    // Stable: equal features stay in the order in which the model sees them.
    ranked.sort_by(|a, b| {
        let least = f64::NEG_INFINITY;
        size(b).unwrap_or(least).total_cmp(&size(a).unwrap_or(least))
    });
    let [gain_unmeasured_reason, permutation_unmeasured_reason] = unmeasured.map(Option::unwrap_or_default);
    Ok(v1::VersionImportances {
        model_version: String::new(),
        evaluation: String::new(),
        order_by: order.into(),
        features: ranked,
        fold_count: i32::try_from(evaluation.folds.len()).unwrap_or(i32::MAX),
        gain_unmeasured_reason,
        permutation_unmeasured_reason,
        drop_metric: if is_of_numbers(evaluation) {
            "R2"
        } else {
            "ROC AUC"
        }
        .to_owned(),
    })
}

/// By what features are ordered.
fn order(asked: Kind, unmeasured: &[Option<String>; 2]) -> Result<Kind, ApiError> {
    let [no_gain, no_permutation] = unmeasured;
    let (order, why) = match asked {
        Kind::Unspecified if no_permutation.is_none() => return Ok(Kind::Permutation),
        Kind::Unspecified => return Ok(Kind::Gain),
        Kind::Gain => (Kind::Gain, no_gain),
        Kind::Permutation => (Kind::Permutation, no_permutation),
    };
    match why {
        None => Ok(order),
        Some(why) => {
            let text = format!("nothing can be ordered by {}: {why}", order.as_str_name());
            Err(ApiError::new(Reason::FailedPrecondition, text).with("order_by", order.as_str_name()))
        }
    }
}

fn is_of_numbers(evaluation: &Evaluation) -> bool {
    evaluation.overall.regression.is_some()
}

fn no_gain(evaluation: &Evaluation) -> Option<String> {
    let why = "the training kept no shares of the final model; train a new version";
    evaluation.importances.is_empty().then(|| why.to_owned())
}

fn no_permutation(evaluation: &Evaluation) -> Option<String> {
    if !evaluation.permutation.is_empty() {
        return None;
    }
    let why = match is_of_numbers(evaluation) {
        true => "the true numbers of a fold's test rows are all equal",
        false => "the test rows of every fold lack a class",
    };
    Some(format!(
        "{why}, or the training was made before features were shuffled; train a new version, with longer test blocks"
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use mltraining_domain::FeatureDrop;

    fn evaluation() -> Evaluation {
        let drop = |mean| FeatureDrop {
            mean,
            deviation: Some(0.01),
        };
        Evaluation {
            importances: vec![0.1, 0.7, 0.2],
            permutation: vec![drop(0.3), drop(-0.1), drop(0.0)],
            ..Evaluation::default()
        }
    }

    fn ranked(evaluation: &Evaluation, order: Kind) -> (Kind, Vec<String>) {
        let features = ["a", "b", "c"].map(str::to_owned);
        let shown = show(evaluation, &features, order).unwrap();
        let names = shown.features.iter().map(|feature| feature.feature.clone());
        (shown.order_by(), names.collect())
    }

    #[test]
    fn features_are_ordered_by_what_test_rows_lose_unless_that_was_not_measured() {
        let words = |names: [&str; 3]| names.map(str::to_owned).to_vec();
        assert_eq!(
            ranked(&evaluation(), Kind::Unspecified),
            (Kind::Permutation, words(["a", "c", "b"]))
        );
        assert_eq!(
            ranked(&evaluation(), Kind::Gain),
            (Kind::Gain, words(["b", "c", "a"]))
        );
        let without = Evaluation {
            permutation: Vec::new(),
            ..evaluation()
        };
        assert_eq!(
            ranked(&without, Kind::Unspecified),
            (Kind::Gain, words(["b", "c", "a"]))
        );
    }

    #[test]
    fn what_was_not_measured_is_unset_with_the_reason_and_orders_nothing() {
        let without = Evaluation {
            permutation: Vec::new(),
            ..evaluation()
        };
        let features = ["a", "b", "c"].map(str::to_owned);
        let shown = show(&without, &features, Kind::Unspecified).unwrap();
        assert!(
            shown
                .features
                .iter()
                .all(|f| f.drop.is_none() && f.drop_deviation.is_none())
        );
        assert!(
            shown
                .permutation_unmeasured_reason
                .contains("the test rows of every fold lack a class")
        );
        assert_eq!(shown.gain_unmeasured_reason, "");
        let refused = show(&without, &features, Kind::Permutation).unwrap_err();
        assert_eq!(refused.reason(), Reason::FailedPrecondition);
    }
}
