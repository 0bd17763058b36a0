//! `predictions.parquet`: a line for each row, in the order of entity and time. A row without a score has none, and says why.

use super::score::Unscored;
use crate::parquet_columns::{GROUP_ROWS, optional, properties, required};
use mltraining_domain::Task;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::ops::Range;
use std::sync::Arc;

/// Lines of whole entities.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The entities with their numbers of lines, in order.
    pub entities: Vec<(String, usize)>,
    /// Decision time of each line, microseconds.
    pub times: Vec<i64>,
    /// Its score, or why it has none.
    pub outcomes: Vec<Result<f64, Unscored>>,
}

/// The file while it is written.
pub(super) struct PredictionFile {
    writer: SerializedFileWriter<Vec<u8>>,
    threshold: Option<f64>,
    group_rows: usize,
}

impl PredictionFile {
    /// An empty one. With a threshold it says of each score whether it reaches that.
    pub(super) fn create(task: Task, threshold: Option<f64>) -> Result<Self, ParquetError> {
        let threshold = threshold.filter(|_| task == Task::Binary);
        let score = match task {
            Task::Binary => "score",
            Task::Regression => "number",
        };
        let decision = threshold.map_or("", |_| "optional boolean decision;");
        let schema = parse_message_type(&format!(
            "message predictions {{
                required binary entity (UTF8);
                required int64 decision_time (TIMESTAMP(MICROS, true));
                optional double {score};
                {decision}
                optional binary no_prediction (UTF8);
            }}"
        ))?;
        Ok(Self {
            writer: SerializedFileWriter::new(Vec::new(), Arc::new(schema), properties()?)?,
            threshold,
            group_rows: GROUP_ROWS,
        })
    }

    /// Adds lines, in groups of their own.
    pub(super) fn append(&mut self, lines: &Lines) -> Result<(), ParquetError> {
        let names: Vec<ByteArray> = lines
            .entities
            .iter()
            .map(|(name, _)| name.as_str().into())
            .collect();
        let counts = lines.entities.iter().map(|(_, count)| count);
        let ends: Vec<usize> = counts
            .scan(0, |end, count| {
                *end += count;
                Some(*end)
            })
            .collect();
        for start in (0..lines.times.len()).step_by(self.group_rows) {
            let places = start..lines.times.len().min(start + self.group_rows);
            let entity = |place: usize| names[ends.partition_point(|end| *end <= place)].clone();
            let entities: Vec<ByteArray> = places.clone().map(entity).collect();
            let mut group = self.writer.next_row_group()?;
            write_group(&entities, lines, places, self.threshold, &mut group)?;
            group.close()?;
        }
        Ok(())
    }

    /// The bytes of the whole file.
    pub(super) fn close(self) -> Result<Vec<u8>, ParquetError> {
        self.writer.into_inner()
    }
}

fn write_group(
    entities: &[ByteArray],
    lines: &Lines,
    places: Range<usize>,
    threshold: Option<f64>,
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
) -> Result<(), ParquetError> {
    let outcomes = &lines.outcomes[places.clone()];
    required::<ByteArrayType, _>(group, entities.iter().cloned())?;
    required::<Int64Type, _>(group, lines.times[places].iter().copied())?;
    optional::<DoubleType, _>(group, outcomes.iter().map(|outcome| outcome.ok()))?;
    if let Some(threshold) = threshold {
        let decision = |outcome: &Result<f64, Unscored>| outcome.ok().map(|score| score >= threshold);
        optional::<BoolType, _>(group, outcomes.iter().map(decision))?;
    }
    let reason = |outcome: &Result<f64, Unscored>| outcome.err().map(|why| ByteArray::from(why.as_str()));
    optional::<ByteArrayType, _>(group, outcomes.iter().map(reason))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use bytes::Bytes;
    use parquet::file::reader::{FileReader, SerializedFileReader};

    fn lines() -> Lines {
        Lines {
            entities: vec![("Bär".to_owned(), 2), ("plain".to_owned(), 2)],
            times: vec![10, 20, 10, 30],
            outcomes: vec![
                Err(Unscored::WarmUp),
                Ok(0.30000000000000004),
                Ok(0.75),
                Err(Unscored::OtherPhase),
            ],
        }
    }

    fn written(threshold: Option<f64>, group_rows: usize) -> Vec<u8> {
        let mut file = PredictionFile::create(Task::Binary, threshold).unwrap();
        file.group_rows = group_rows;
        file.append(&lines()).unwrap();
        file.append(&lines()).unwrap();
        file.close().unwrap()
    }

    fn read(bytes: Vec<u8>) -> Vec<String> {
        let reader = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
        reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().to_string())
            .collect()
    }

    #[test]
    fn every_line_reads_back_and_one_without_a_score_says_why() {
        let found = read(written(Some(0.5), 3));
        assert_eq!(found.len(), 8);
        assert!(
            found[0].contains("score: null, decision: null, no_prediction: \"WARM_UP\""),
            "{}",
            found[0]
        );
        assert!(found[1].contains("entity: \"Bär\""), "{}", found[1]);
        assert!(
            found[1].contains("score: 0.30000000000000004, decision: false, no_prediction: null"),
            "{}",
            found[1]
        );
        assert!(
            found[2].contains("entity: \"plain\"") && found[2].contains("decision: true"),
            "{}",
            found[2]
        );
        assert!(
            found[3].contains("no_prediction: \"OTHER_PHASE\""),
            "{}",
            found[3]
        );
        assert_eq!(found[..4], found[4..], "batches follow each other");
    }

    #[test]
    fn without_a_threshold_nothing_is_decided() {
        let found = read(written(None, 100));
        assert!(found.iter().all(|line| !line.contains("decision:")), "{found:?}");
    }

    #[test]
    fn the_same_lines_give_the_same_bytes() {
        assert_eq!(written(Some(0.5), 3), written(Some(0.5), 3));
    }
}
