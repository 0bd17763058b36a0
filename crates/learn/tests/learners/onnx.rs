use crate::seeded::{Rows, specs};
use mltraining_domain::{Calibration, Task};
use mltraining_learn::calibration::Calibrator;
use mltraining_learn::matrix::Matrix;
use mltraining_learn::model_file::{Header, ModelFile};
use mltraining_learn::onnx::{OnnxError, Session, encode};

/// A signal in values of which a third is missing.
fn rows() -> Rows {
    let rows = Rows::of(7, 2000, 5, |row| 0.1 + 0.8 * row[0] * row[1]);
    let thinned = |feature: usize| {
        let column = rows.x.column(feature).into_owned();
        let thin = |(row, value): (usize, f32)| {
            if (row * 7 + feature).is_multiple_of(3) {
                f32::NAN
            } else {
                value
            }
        };
        column.into_iter().enumerate().map(thin).collect()
    };
    let columns = (0..rows.x.features()).map(thinned).collect();
    Rows {
        x: Matrix::new(rows.x.names().to_vec(), columns).unwrap(),
        labels: rows.labels,
    }
}

/// Every learner under every calibration.
fn files(rows: &Rows) -> Vec<ModelFile> {
    let all = [Calibration::None, Calibration::Platt, Calibration::Isotonic];
    let of = |spec: &_| {
        let model = rows.fit(spec);
        let labels = &rows.labels[rows.labels.len() / 2..];
        let scores = model.predict(&rows.x, &rows.test());
        all.map(|calibration| ModelFile {
            header: Header {
                spec_hash: "ab".repeat(32),
                source_fingerprint: "cd".repeat(32),
                feature_names: rows.x.names().to_vec(),
                label: serde_json::json!({}),
                threshold: Some(0.4),
                calibration: Calibrator::fit(calibration, labels, &scores),
                seed: 1,
                service_version: "0.1.0".to_owned(),
            },
            model: model.clone(),
        })
    };
    specs().iter().flat_map(of).collect()
}

/// What was written; `None` of the learners that are not.
fn session(file: &ModelFile) -> Option<Session> {
    match encode(file, Task::Binary) {
        Err(OnnxError::NotWritten(name)) => {
            assert!(["gaussian_nb", "knn"].contains(&name), "{name}");
            None
        }
        bytes => Some(Session::open(&bytes.unwrap()).unwrap()),
    }
}

#[test]
fn every_learner_says_the_same_in_onnx_whatever_is_missing_and_however_it_is_calibrated() {
    let rows = rows();
    let all: Vec<u32> = (0..rows.labels.len() as u32).collect();
    for file in files(&rows) {
        let Some(session) = session(&file) else {
            continue;
        };
        let found = session.run(&rows.x, &all).unwrap();
        let (score, probability) = (file.model.predict(&rows.x, &all), file.predict(&rows.x, &all));
        let kind = (file.model.algorithm(), &file.header.calibration);
        for row in 0..all.len() {
            let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
            assert!(close(found.score[row], score[row]), "{kind:?}, row {row}");
            // Where an isotonic function rises fast, the last bit of a score matters more.
            let near = (found.probability[row] - probability[row]).abs() < 1e-9;
            assert!(
                near,
                "{kind:?}, row {row}: {} {}",
                found.probability[row], probability[row]
            );
        }
        let above = probability
            .iter()
            .filter(|probability| **probability >= 0.4)
            .count();
        assert_eq!(
            found.decision.iter().filter(|yes| **yes).count(),
            above,
            "{kind:?}"
        );
    }
}

#[test]
fn the_same_model_gives_the_same_bytes_of_onnx() {
    let rows = rows();
    for file in files(&rows) {
        assert_eq!(encode(&file, Task::Binary), encode(&file.clone(), Task::Binary));
    }
}

#[test]
fn values_at_a_split_and_beside_it_take_the_way_that_they_take_in_the_model() {
    let rows = rows();
    for file in files(&rows).into_iter().step_by(3) {
        let Some(session) = session(&file) else {
            continue;
        };
        // Splits lie between values that occur, so that these lie on both sides of every one.
        let near = |value: f32| [value.next_down(), value, value.next_up()];
        let columns: Vec<Vec<f32>> = (0..rows.x.features())
            .map(|feature| {
                rows.x
                    .column(feature)
                    .iter()
                    .flat_map(|value| near(*value))
                    .collect()
            })
            .collect();
        let x = Matrix::new(rows.x.names().to_vec(), columns).unwrap();
        let all: Vec<u32> = (0..x.rows() as u32).collect();
        let (ours, theirs) = (file.model.predict(&x, &all), session.run(&x, &all).unwrap().score);
        let largest = ours
            .iter()
            .zip(&theirs)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(largest < 1e-12, "{}: {largest:e}", file.model.algorithm());
    }
}

#[test]
fn what_is_no_file_of_onnx_is_refused() {
    assert!(matches!(
        Session::open(b"not a model"),
        Err(OnnxError::Malformed(_))
    ));
    assert!(matches!(Session::open(b""), Err(OnnxError::Malformed(_))));
}
