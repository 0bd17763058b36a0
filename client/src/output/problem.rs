//! Why a command ended without success, for people.

use super::color::{Paint, Tone};
use crate::errors::{CliError, Refusal};
use crate::when;

/// Fields of requests and the options that set them.
const OPTIONS: &[(&str, &str)] = &[
    ("change", "--change"),
    ("horizon", "--horizon"),
    ("direction", "--direction"),
    ("column", "--column"),
    ("change_at_horizon.tolerance", "--tolerance"),
    ("extreme_within_horizon.tolerance", "--tolerance"),
    ("triple_barrier.tolerance", "--tolerance"),
    ("threshold.tolerance", "--tolerance"),
    ("extreme_column", "--extreme-column"),
    ("upper", "--upper"),
    ("lower", "--lower"),
    ("upper_column", "--upper-column"),
    ("lower_column", "--lower-column"),
    ("comparison", "--comparison"),
    ("threshold.value", "--value"),
    ("delay", "--delay"),
    ("range.start", "--start"),
    ("range.end", "--end"),
    ("range", "--start, --end"),
    ("features.features", "--features"),
    ("features.sets", "--sets"),
    ("features.windows", "--windows"),
    ("features.exclude", "--exclude"),
    ("random_forest.trees", "--trees"),
    ("random_forest.max_depth", "--max-depth"),
    ("extra_trees.trees", "--trees"),
    ("extra_trees.max_depth", "--max-depth"),
    ("extra_trees.min_samples_leaf", "--min-samples-leaf"),
    ("extra_trees.max_features", "--max-features"),
    ("logistic_regression.l2", "--l2"),
    ("gradient_boosting.trees", "--trees"),
    ("gradient_boosting.learning_rate", "--learning-rate"),
    ("gradient_boosting.growth", "--growth"),
    ("gradient_boosting.max_depth", "--max-depth"),
    ("gradient_boosting.max_leaves", "--max-leaves"),
    ("gradient_boosting.row_share", "--row-share"),
    ("gradient_boosting.feature_share", "--feature-share"),
    ("gradient_boosting.l1", "--l1"),
    ("gradient_boosting.l2", "--l2"),
    ("gradient_boosting.min_child_weight", "--min-child-weight"),
    ("gradient_boosting.min_samples_leaf", "--min-samples-leaf"),
    ("gradient_boosting.monotone", "--monotone"),
    ("gradient_boosting.early_stopping", "--early-stopping"),
    ("walk_forward.folds", "--folds"),
    ("holdout.test_share", "--holdout"),
    ("combinatorial_purged.blocks", "--blocks"),
    ("combinatorial_purged.test_blocks", "--test-blocks"),
    ("embargo", "--embargo"),
    ("unseen_entity_share", "--unseen"),
    ("sample_weight", "--sample-weight"),
    ("calibration", "--calibration"),
    ("known_before", "--known-before"),
    ("grid_changes", "--grid-change"),
    ("grid_horizons", "--grid-horizon"),
    ("max_rows_shown", "--show"),
    ("threshold", "--threshold"),
    ("entities", "--entities"),
    ("phases", "--phases"),
    ("max_rows", "--max-rows"),
    ("model_id", "--model"),
];

/// The error and all that helps to get on.
pub(super) fn render(error: &CliError, paint: Paint) -> String {
    match error {
        CliError::Refused(refusal) => refused(refusal, paint),
        CliError::Detached(text) => text.clone(),
        other => format!("{} {other}", paint.text(Tone::Bad, "error:")),
    }
}

fn refused(refusal: &Refusal, paint: Paint) -> String {
    let fields = refusal
        .violations
        .iter()
        .map(|(field, text)| wrong_field(field, text, paint));
    let mut lines: Vec<String> = match refusal.violations.len() {
        0 => vec![refusal.message.clone()],
        1 => fields.collect(),
        n => {
            let head = format!("the request has {n} wrong fields");
            std::iter::once(head)
                .chain(fields.map(|line| format!("  {line}")))
                .collect()
        }
    };
    lines[0] = format!("{} {}", paint.text(Tone::Bad, "error:"), lines[0]);
    if let Some(hint) = refusal
        .metadata
        .get("did_you_mean")
        .filter(|hint| !said(refusal, hint))
    {
        lines.push(format!("did you mean: {hint}"));
    }
    if let Some(wait) = refusal.retry_after {
        lines.push(format!(
            "try again in {}",
            when::show_length(wait.as_micros() as i64)
        ));
    }
    if refusal.reason == "UNAUTHENTICATED" {
        lines.push("give the key or token with MLTS_API_KEY, MLTS_API_KEY_FILE or --api-key".to_owned());
    }
    let id = refusal.request_id.as_ref().filter(|id| !said(refusal, id));
    let origin = id.map_or_else(
        || refusal.name(),
        |id| format!("{}, request id {id}", refusal.name()),
    );
    lines.push(paint.text(Tone::Faint, format!("({origin})")));
    lines.join("\n")
}

/// `field (--option): text`; the field is not named again when the text begins with it.
fn wrong_field(field: &str, text: &str, paint: Paint) -> String {
    let repeated = text
        .strip_prefix(field)
        .and_then(|rest| rest.strip_prefix([':', ',']));
    let text = repeated.map_or(text, str::trim_start);
    format!("{}: {text}", paint.text(Tone::Title, named(field)))
}

/// The field, and the option that sets it when there is one.
fn named(field: &str) -> String {
    let path = field.split('[').next().unwrap_or(field);
    match OPTIONS
        .iter()
        .find(|(end, _)| path == *end || path.ends_with(&format!(".{end}")))
    {
        Some((_, option)) => format!("{field} ({option})"),
        None => field.to_owned(),
    }
}

fn said(refusal: &Refusal, text: &str) -> bool {
    refusal.message.contains(text) || refusal.violations.iter().any(|(_, said)| said.contains(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tonic::{Code, Status};
    use tonic_types::{ErrorDetails, FieldViolation, StatusExt};

    fn shown(code: Code, message: &str, details: ErrorDetails) -> String {
        render(
            &Status::with_error_details(code, message, details).into(),
            Paint::Plain,
        )
    }

    #[test]
    fn every_wrong_field_is_named_with_the_option_that_sets_it() {
        let mut details = ErrorDetails::with_error_info("INVALID_FIELD", "mltraining", []);
        details.set_bad_request(vec![
            FieldViolation::new("spec.label.change_at_horizon.horizon", "0 s, must be above 0"),
            FieldViolation::new("spec.features.features[1]", "closee is no column"),
            FieldViolation::new("labels", "too many"),
        ]);
        details.set_request_info("5f0c", "");
        let message = "horizon: 0 s, must be above 0; closee is no column; too many";
        assert_eq!(
            shown(Code::InvalidArgument, message, details),
            "error: the request has 3 wrong fields\n\
             \u{20}\u{20}spec.label.change_at_horizon.horizon (--horizon): 0 s, must be above 0\n\
             \u{20}\u{20}spec.features.features[1] (--features): closee is no column\n\
             \u{20}\u{20}labels: too many\n\
             (INVALID_FIELD, request id 5f0c)"
        );
    }

    #[test]
    fn a_suggestion_and_a_wait_are_told() {
        let meant = [("did_you_mean".to_owned(), "rolling_mean".to_owned())];
        let mut details = ErrorDetails::with_error_info("UNKNOWN_FEATURE", "mltraining", meant);
        details.set_retry_info(Some(Duration::from_millis(400)));
        assert_eq!(
            shown(Code::InvalidArgument, "no such feature", details),
            "error: no such feature\ndid you mean: rolling_mean\ntry again in 400ms\n(UNKNOWN_FEATURE)"
        );
    }

    #[test]
    fn nothing_is_said_twice() {
        let meant = [("did_you_mean".to_owned(), "rolling_mean".to_owned())];
        let details = ErrorDetails::with_error_info("UNKNOWN_FEATURE", "mltraining", meant);
        let text = shown(
            Code::InvalidArgument,
            "x is no feature; did you mean rolling_mean?",
            details,
        );
        assert_eq!(text.matches("rolling_mean").count(), 1, "{text}");
    }

    #[test]
    fn an_answer_without_details_still_says_its_code() {
        let text = render(&Status::permission_denied("no").into(), Paint::Plain);
        assert_eq!(text, "error: no\n(PermissionDenied)");
    }

    #[test]
    fn a_single_wrong_field_is_one_line() {
        let mut details = ErrorDetails::with_error_info("FILTER_SYNTAX", "mltraining", []);
        details.set_bad_request(vec![FieldViolation::new(
            "filter",
            "filter, column 1: expected a field",
        )]);
        let text = shown(
            Code::InvalidArgument,
            "filter, column 1: expected a field",
            details,
        );
        assert_eq!(text, "error: filter: column 1: expected a field\n(FILTER_SYNTAX)");
    }

    #[test]
    fn who_comes_without_a_key_is_told_where_to_put_it() {
        let details = ErrorDetails::with_error_info("UNAUTHENTICATED", "mltraining", []);
        assert!(shown(Code::Unauthenticated, "no key", details).contains("MLTS_API_KEY"));
    }
}
