//! `predictions.parquet`: what the models of the folds said of rows that they had not seen, row by row, so that anyone can measure
//! it anew.

use super::folds::OutOfFold;
use super::user_failure;
use crate::parquet_columns::{GROUP_ROWS, properties, required};
use crate::work::{OutputFile, WorkError};
use mltraining_domain::{Reason, WorkPhase};
use mltraining_panel::rows::LabelledRows;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

const COLUMNS: &str = "
    required binary entity (UTF8);
    required int64 decision_time (TIMESTAMP(MICROS, true));
    required int32 fold;";
const OF_CLASSES: &str = "
    required int32 label (INTEGER(8, false));
    required double score;";
const CALIBRATED: &str = "required double calibrated_score;";
const OF_NUMBERS: &str = "
    required float label;
    required double forecast;";

/// What the models of the folds said, in the order of the folds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a> {
    /// Index of each among the labelled rows.
    pub rows: &'a [u32],
    /// Where the rows of each fold end.
    pub fold_ends: &'a [usize],
    /// What was said, and what came true.
    pub said: Said<'a>,
}

/// A value for each row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Said<'a> {
    /// Labels, scores as the learner gave them, and calibrated ones.
    Scores(&'a [u8], &'a [f64], Option<&'a [f64]>),
    /// Truths and forecasts.
    Numbers(&'a [f32], &'a [f64]),
}

impl<'a> Told<'a> {
    /// Of scores.
    pub(super) fn scores(out: &'a OutOfFold) -> Self {
        let calibrated = out.is_calibrated().then_some(out.scores.as_slice());
        Self {
            rows: &out.rows,
            fold_ends: &out.fold_ends,
            said: Said::Scores(&out.labels, out.raw_scores(), calibrated),
        }
    }

    /// Which fold a place is of, from 1.
    fn fold_of(&self, place: usize) -> i32 {
        self.fold_ends.partition_point(|end| *end <= place) as i32 + 1
    }
}

/// The file of all of them. Some 20 bytes of a row stay of it, less than the scores take.
pub(super) fn file(told: Told<'_>, rows: &LabelledRows) -> Result<OutputFile, WorkError> {
    let bytes = write(told, rows, GROUP_ROWS).map_err(|error| {
        let text = format!("the out-of-fold predictions cannot be written: {error}");
        user_failure(Reason::Internal, WorkPhase::Store, text)
    })?;
    Ok(OutputFile {
        file: "predictions.parquet",
        media_type: "application/vnd.apache.parquet",
        bytes,
    })
}

fn write(told: Told<'_>, rows: &LabelledRows, group_rows: usize) -> Result<Vec<u8>, ParquetError> {
    let (of_task, calibrated) = match told.said {
        Said::Scores(_, _, None) => (OF_CLASSES, ""),
        Said::Scores(_, _, Some(_)) => (OF_CLASSES, CALIBRATED),
        Said::Numbers(..) => (OF_NUMBERS, ""),
    };
    let schema = parse_message_type(&format!(
        "message predictions {{ {COLUMNS} {of_task} {calibrated} }}"
    ))?;
    let mut bytes = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut bytes, Arc::new(schema), properties()?)?;
    for start in (0..told.rows.len()).step_by(group_rows) {
        let places = start..told.rows.len().min(start + group_rows);
        let mut group = writer.next_row_group()?;
        write_group(told, rows, places, &mut group)?;
        group.close()?;
    }
    writer.close()?;
    Ok(bytes)
}

fn write_group<W: Write + Send>(
    told: Told<'_>,
    rows: &LabelledRows,
    places: Range<usize>,
    group: &mut SerializedRowGroupWriter<'_, W>,
) -> Result<(), ParquetError> {
    let row = |place: usize| told.rows[place] as usize;
    let entities: Vec<ByteArray> = rows
        .entity_names
        .iter()
        .map(|name| name.as_str().into())
        .collect();
    let entity = |place| {
        entities[rows
            .entity_ends
            .partition_point(|end| *end as usize <= row(place))]
        .clone()
    };
    required::<ByteArrayType, W>(group, places.clone().map(entity))?;
    required::<Int64Type, W>(group, places.clone().map(|place| rows.decisions[row(place)]))?;
    required::<Int32Type, W>(group, places.clone().map(|place| told.fold_of(place)))?;
    match told.said {
        Said::Scores(labels, scores, calibrated) => {
            required::<Int32Type, W>(group, labels[places.clone()].iter().copied().map(i32::from))?;
            required::<DoubleType, W>(group, scores[places.clone()].iter().copied())?;
            calibrated.map_or(Ok(()), |scores| {
                required::<DoubleType, W>(group, scores[places].iter().copied())
            })
        }
        Said::Numbers(truths, forecasts) => {
            required::<FloatType, W>(group, truths[places.clone()].iter().copied())?;
            required::<DoubleType, W>(group, forecasts[places].iter().copied())
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use bytes::Bytes;
    use parquet::file::metadata::RowGroupMetaData;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::RowAccessor;

    /// Two entities with hostile and plain names, two folds.
    fn scored(calibrated: bool) -> (OutOfFold, LabelledRows) {
        let rows = LabelledRows {
            labels: vec![0, 1, 0, 1, 1],
            decisions: vec![10, 20, 30, 40, 1_767_225_600_000_001],
            entity_names: vec!["Bär \"quoted\"".to_owned(), "plain".to_owned()],
            entity_ends: vec![2, 5],
            ..LabelledRows::default()
        };
        let raw = vec![0.1, 0.2, 0.30000000000000004, 0.4];
        let scores = if calibrated {
            vec![0.5, 0.6, 0.7, 0.8]
        } else {
            raw.clone()
        };
        let raw = if calibrated { raw } else { Vec::new() };
        let mut out = OutOfFold::default();
        (out.rows, out.fold_ends) = (vec![1, 2, 3, 4], vec![1, 4]);
        (out.labels, out.scores, out.raw) = (vec![1, 0, 1, 1], scores, raw);
        (out, rows)
    }

    fn read(bytes: Vec<u8>) -> Vec<(String, i64, i32, u8, f64, Option<f64>)> {
        let reader = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
        let columns = reader.metadata().file_metadata().schema_descr().num_columns();
        let row = |row: Result<parquet::record::Row, ParquetError>| {
            let row = row.unwrap();
            (
                row.get_string(0).unwrap().clone(),
                row.get_timestamp_micros(1).unwrap(),
                row.get_int(2).unwrap(),
                row.get_ubyte(3).unwrap(),
                row.get_double(4).unwrap(),
                (columns == 6).then(|| row.get_double(5).unwrap()),
            )
        };
        reader.get_row_iter(None).unwrap().map(row).collect()
    }

    #[test]
    fn every_score_reads_back_with_its_row_and_fold_bit_for_bit() {
        for (calibrated, group_rows) in [(false, 100), (true, 3), (true, 1)] {
            let (out, rows) = scored(calibrated);
            let found = read(write(Told::scores(&out), &rows, group_rows).unwrap());
            let (first, time) = ("Bär \"quoted\"".to_owned(), 1_767_225_600_000_001);
            let after = |score: f64| calibrated.then_some(score);
            let expected = [
                (first, 20, 1, 1, 0.1, after(0.5)),
                ("plain".to_owned(), 30, 2, 0, 0.2, after(0.6)),
                ("plain".to_owned(), 40, 2, 1, 0.30000000000000004, after(0.7)),
                ("plain".to_owned(), time, 2, 1, 0.4, after(0.8)),
            ];
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn every_number_reads_back_with_what_came_true() {
        let (out, rows) = scored(false);
        let told = Told {
            said: Said::Numbers(&[0.5, -1.5, f32::MIN, 7.0], &[0.1, 1e300, -0.0, 2.0]),
            ..Told::scores(&out)
        };
        let reader = SerializedFileReader::new(Bytes::from(write(told, &rows, 3).unwrap())).unwrap();
        let row = |row: Result<parquet::record::Row, ParquetError>| {
            let row = row.unwrap();
            (
                row.get_int(2).unwrap(),
                row.get_float(3).unwrap(),
                row.get_double(4).unwrap(),
            )
        };
        let found: Vec<_> = reader.get_row_iter(None).unwrap().map(row).collect();
        assert_eq!(
            found,
            [
                (1, 0.5, 0.1),
                (2, -1.5, 1e300),
                (2, f32::MIN, -0.0),
                (2, 7.0, 2.0)
            ]
        );
    }

    #[test]
    fn rows_are_written_in_groups_so_that_few_are_held_at_a_time() {
        let (out, rows) = scored(true);
        let reader =
            SerializedFileReader::new(Bytes::from(write(Told::scores(&out), &rows, 3).unwrap())).unwrap();
        let groups = reader.metadata().row_groups().iter();
        assert_eq!(groups.map(RowGroupMetaData::num_rows).collect::<Vec<_>>(), [3, 1]);
    }

    #[test]
    fn the_same_scores_give_the_same_bytes() {
        let (out, rows) = scored(true);
        let bytes = || write(Told::scores(&out), &rows, 2).unwrap();
        assert_eq!(bytes(), bytes());
    }
}
