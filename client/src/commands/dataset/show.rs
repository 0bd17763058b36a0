//! A dataset for people.

use crate::output::{Paint, Table, Tone, UNKNOWN, count, counted, share, value};
use crate::when;
use mltraining_proto::v1;

/// The account of the rows, the features, the folds and some rows.
pub(super) fn text(title: &str, preview: &v1::PreviewDatasetResponse, paint: Paint) -> String {
    let mut parts = vec![format!(
        "{}\n{}",
        paint.text(Tone::Title, title),
        account(preview)
    )];
    if let Some(refusal) = &preview.refusal {
        let reason = refusal.reason().as_str_name().trim_start_matches("ERROR_REASON_");
        let text = format!(
            "a training would end without a model: {reason}: {}",
            refusal.message
        );
        parts.push(paint.text(Tone::Bad, text));
    }
    parts.push(features(&preview.features, paint));
    if !preview.folds.is_empty() {
        parts.push(folds(&preview.folds, paint));
    }
    if !preview.rows.is_empty() {
        parts.push(rows(preview, paint));
    }
    parts.join("\n\n")
}

fn account(preview: &v1::PreviewDatasetResponse) -> String {
    let rows = preview.row_counts.unwrap_or_default();
    let mut lines = vec![
        format!(
            "rows         {} read = {} only history + {} of other phases + {} of unknown label + {} to learn from",
            count(rows.read),
            count(rows.warm_up),
            count(rows.filtered),
            count(rows.unknown),
            count(rows.labeled),
        ),
        format!(
            "labels       {} positive ({}), {} negative",
            count(rows.positives),
            share(preview.positive_share),
            count(rows.negatives),
        ),
    ];
    let mut entities = format!("entities     {}", count(preview.entity_count));
    if preview.unseen_entity_count > 0 {
        entities.push_str(&format!(", {} held out", count(preview.unseen_entity_count)));
    }
    lines.push(entities);
    lines.push(format!(
        "decisions    {} to {}, the last label known {}",
        when::show(preview.first_decision_time.as_ref()),
        when::show(preview.last_decision_time.as_ref()),
        when::show(preview.latest_resolve_time.as_ref()),
    ));
    lines.push(format!("fingerprint  {}", preview.source_fingerprint));
    lines.join("\n")
}

/// A line for each feature; those from which nothing can be learned are marked.
fn features(features: &[v1::FeatureStatistics], paint: Paint) -> String {
    let headings = [
        "feature", ">missing", ">mean", ">std", ">min", ">1 %", ">25 %", ">median", ">75 %", ">99 %", ">max",
        "",
    ];
    let mut table = Table::new(&headings, paint);
    for feature in features {
        let all = feature.count + feature.missing;
        let missing = (all > 0).then(|| feature.missing as f64 / all as f64);
        let numbers = [
            feature.mean,
            feature.std,
            feature.min,
            feature.p01,
            feature.p25,
            feature.p50,
            feature.p75,
            feature.p99,
            feature.max,
        ];
        let mut cells = vec![(feature.feature.clone(), None), (share(missing), None)];
        cells.extend(numbers.map(|number| (value(number), None)));
        let mark = if feature.zero_variance { "constant" } else { "" };
        cells.push((mark.to_owned(), Some(Tone::Warn)));
        table.toned(cells);
    }
    table.render()
}

fn folds(folds: &[v1::FoldPreview], paint: Paint) -> String {
    let headings = [
        ">fold",
        "train from – to",
        ">rows",
        ">positive",
        ">purged",
        ">embargoed",
        "test from – to",
        ">rows",
        ">positive",
        ">unseen",
    ];
    let mut table = Table::new(&headings, paint);
    let span = |from: Option<&prost_types::Timestamp>, to: Option<&prost_types::Timestamp>| {
        format!("{} – {}", when::show(from), when::show(to))
    };
    for fold in folds {
        table.row([
            fold.index.to_string(),
            span(fold.train_start_time.as_ref(), fold.train_end_time.as_ref()),
            count(fold.train_rows),
            positives(fold.train_positives, fold.train_rows),
            count(fold.purged_rows),
            count(fold.embargoed_rows),
            span(fold.test_start_time.as_ref(), fold.test_end_time.as_ref()),
            count(fold.test_rows),
            positives(fold.test_positives, fold.test_rows),
            count(fold.unseen_rows),
        ]);
    }
    table.render()
}

fn positives(positives: i64, rows: i64) -> String {
    share((rows > 0).then(|| positives as f64 / rows as f64))
}

/// The rows side by side, a line for each feature: there are more features than rows.
fn rows(preview: &v1::PreviewDatasetResponse, paint: Paint) -> String {
    let rows = &preview.rows;
    let headings: Vec<String> = rows.iter().map(|row| format!(">{}", row.entity)).collect();
    let headings = std::iter::once("entity").chain(headings.iter().map(String::as_str));
    let mut table = Table::new(&headings.collect::<Vec<_>>(), paint);
    let mut line = |name: &str, of: &dyn Fn(&v1::DatasetRow) -> String| {
        let cells = rows.iter().map(of);
        table.row(std::iter::once(name.to_owned()).chain(cells));
    };
    line("time", &|row| when::show(row.time.as_ref()));
    line("label", &|row| {
        let word = if row.positive { "positive" } else { "negative" };
        word.to_owned()
    });
    line("known", &|row| when::show(row.resolve_time.as_ref()));
    for (i, feature) in preview.features.iter().enumerate() {
        line(&feature.feature, &|row| match row.values.get(i) {
            Some(found) => value(found.value.map(f64::from)),
            None => UNKNOWN.to_owned(),
        });
    }
    let labeled = preview.row_counts.unwrap_or_default().labeled;
    format!(
        "{} of {}, spread over time\n{}",
        count(rows.len() as i64),
        counted(labeled, "row", "rows"),
        table.render()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Option<prost_types::Timestamp> {
        Some(when::timestamp(minute * 60_000_000))
    }

    fn preview() -> v1::PreviewDatasetResponse {
        let feature = |name: &str, missing: i64| v1::FeatureStatistics {
            feature: name.to_owned(),
            count: 2000 - missing,
            missing,
            zero_variance: missing == 2000,
            ..v1::FeatureStatistics::default()
        };
        let close = v1::FeatureStatistics {
            mean: Some(1.5e-8),
            std: Some(0.25),
            p50: Some(12.0),
            ..feature("close", 500)
        };
        let row = |entity: &str, minute: i64, value: Option<f32>| v1::DatasetRow {
            entity: entity.to_owned(),
            time: at(minute),
            positive: value.is_some(),
            resolve_time: at(minute + 30),
            values: vec![v1::FeatureValue { value }, v1::FeatureValue::default()],
        };
        v1::PreviewDatasetResponse {
            row_counts: Some(v1::RowCounts {
                read: 2300,
                warm_up: 100,
                filtered: 50,
                unknown: 150,
                labeled: 2000,
                positives: 500,
                negatives: 1500,
                purged: Some(30),
            }),
            positive_share: Some(0.25),
            entity_count: 9,
            unseen_entity_count: 2,
            source_fingerprint: "ab12".to_owned(),
            first_decision_time: at(0),
            last_decision_time: at(90),
            latest_resolve_time: at(120),
            features: vec![close, feature("gone", 2000)],
            folds: vec![v1::FoldPreview {
                index: 1,
                train_start_time: at(0),
                train_end_time: at(40),
                test_start_time: at(60),
                test_end_time: at(90),
                train_rows: 1000,
                train_positives: 100,
                test_rows: 500,
                test_positives: 100,
                unseen_rows: 20,
                purged_rows: 30,
                embargoed_rows: 0,
            }],
            rows: vec![row("ADA", 0, Some(0.1)), row("BTC", 90, None)],
            refusal: None,
        }
    }

    #[test]
    fn a_dataset_is_an_account_features_folds_and_rows() {
        assert_eq!(
            text("close rises", &preview(), Paint::Plain),
            "close rises\n\
             rows         2,300 read = 100 only history + 50 of other phases + 150 of unknown label + 2,000 to learn from\n\
             labels       500 positive (25.0 %), 1,500 negative\n\
             entities     9, 2 held out\n\
             decisions    1970-01-01 00:00 to 1970-01-01 01:30, the last label known 1970-01-01 02:00\n\
             fingerprint  ab12\n\
             \n\
             feature  missing      mean   std  min  1 %  25 %  median  75 %  99 %  max\n\
             close     25.0 %  1.500e-8  0.25    –    –     –      12     –     –    –\n\
             gone     100.0 %         –     –    –    –     –       –     –     –    –  constant\n\
             \n\
             fold  train from – to                       rows  positive  purged  embargoed  test from – to                       rows  positive  unseen\n\
             \u{20}  1  1970-01-01 00:00 – 1970-01-01 00:40  1,000    10.0 %      30          0  1970-01-01 01:00 – 1970-01-01 01:30   500    20.0 %      20\n\
             \n\
             2 of 2,000 rows, spread over time\n\
             entity               ADA               BTC\n\
             time    1970-01-01 00:00  1970-01-01 01:30\n\
             label           positive          negative\n\
             known   1970-01-01 00:30  1970-01-01 02:00\n\
             close                0.1                 –\n\
             gone                   –                 –"
        );
    }

    #[test]
    fn what_would_end_a_training_is_told_first() {
        let refused = v1::PreviewDatasetResponse {
            refusal: Some(v1::TrainingRefusal {
                reason: v1::ErrorReason::LabelHasNoPositives.into(),
                message: "none of 2000".to_owned(),
            }),
            folds: Vec::new(),
            rows: Vec::new(),
            ..preview()
        };
        let shown = text("close rises", &refused, Paint::Plain);
        assert!(
            shown.contains(
                "\n\na training would end without a model: LABEL_HAS_NO_POSITIVES: none of 2000\n\nfeature"
            ),
            "{shown}"
        );
    }
}
