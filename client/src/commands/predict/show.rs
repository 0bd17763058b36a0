//! Predictions for people.

use crate::output::{Paint, Table, UNKNOWN, value};
use crate::when;
use mltraining_proto::v1;
use v1::NoPredictionReason as Reason;

/// Which version said it, and from which score on it says yes.
pub(super) fn title(answer: &v1::PredictResponse) -> String {
    let version = answer.model_version.as_str();
    let version = version
        .split_once("/models/")
        .map_or(version, |(_, version)| version);
    let version = version.replace("/versions/", "@");
    match answer.threshold {
        Some(threshold) => format!("{version}, yes from {} on", value(Some(threshold))),
        None => version,
    }
}

/// A line for each point, or for each row by its number.
pub(super) fn table(answer: &v1::PredictResponse, points: &[v1::PredictionPoint], paint: Paint) -> String {
    let mut headings = match points {
        [] => vec![">row"],
        _ => vec!["entity", "time", "bar"],
    };
    headings.extend([">score", "decision", ">missing"]);
    let features: Vec<String> = answer.features.iter().map(|name| format!(">{name}")).collect();
    headings.extend(features.iter().map(String::as_str));
    let mut table = Table::new(&headings, paint);
    for (i, one) in answer.predictions.iter().enumerate() {
        let mut cells = match points.get(i) {
            None => vec![(i + 1).to_string()],
            Some(point) => vec![
                point.entity.clone(),
                when::show(point.time.as_ref()),
                when::show(one.bar_time.as_ref()),
            ],
        };
        cells.extend([value(one.score), decision(one), one.missing_features.to_string()]);
        let values = one.features.iter().flat_map(|row| &row.values);
        cells.extend(values.map(|number| value(Some(*number).filter(|number| !number.is_nan()))));
        cells.resize(headings.len(), String::new());
        table.row(cells);
    }
    table.render()
}

fn decision(one: &v1::Prediction) -> String {
    let why = match one.no_prediction() {
        Reason::Unspecified => match one.decision {
            Some(true) => "yes",
            Some(false) => "no",
            None => UNKNOWN,
        },
        Reason::NoBar => "no bar",
        Reason::WarmUp => "no feature has a value",
        Reason::OtherEntity => "no entity of the model",
        Reason::OtherPhase => "no phase of the model",
    };
    why.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_without_a_score_says_why() {
        let point = |entity: &str| v1::PredictionPoint {
            entity: entity.to_owned(),
            time: Some(when::timestamp(60_000_000)),
        };
        let yes = v1::Prediction {
            score: Some(0.75),
            decision: Some(true),
            bar_time: Some(when::timestamp(0)),
            missing_features: 2,
            ..v1::Prediction::default()
        };
        let none = v1::Prediction {
            no_prediction: Reason::NoBar.into(),
            ..v1::Prediction::default()
        };
        let answer = v1::PredictResponse {
            model_version: "projects/p/models/pump/versions/3".to_owned(),
            threshold: Some(0.5),
            predictions: vec![yes, none],
            ..v1::PredictResponse::default()
        };
        assert_eq!(title(&answer), "pump@3, yes from 0.5 on");
        let shown = table(&answer, &[point("a"), point("b")], Paint::Plain);
        assert_eq!(
            shown,
            "entity  time              bar               score  decision  missing\n\
             a       1970-01-01 00:01  1970-01-01 00:00   0.75  yes             2\n\
             b       1970-01-01 00:01  –                     –  no bar          0"
        );
        let rows = table(&answer, &[], Paint::Plain);
        assert!(
            rows.lines().nth(1).unwrap().trim_start().starts_with("1   0.75"),
            "{rows}"
        );
    }
}
