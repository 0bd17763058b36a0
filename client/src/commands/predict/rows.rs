//! Rows of features in a CSV file.

use super::MOST;
use crate::errors::CliError;
use csv::{Reader, StringRecord};
use mltraining_proto::v1;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use v1::predict_request::Input;

/// The rows of a file, or of the standard input, in as many calls as it takes.
///
/// # Errors
/// [`CliError::Invalid`] with the line.
pub(super) fn read(file: &Path) -> Result<Vec<Input>, CliError> {
    if file == Path::new("-") {
        return parse(io::stdin().lock(), "the standard input");
    }
    let name = file.display().to_string();
    let opened = File::open(file).map_err(|error| CliError::Invalid(format!("{name}: {error}")))?;
    parse(opened, &name)
}

fn parse(text: impl Read, name: &str) -> Result<Vec<Input>, CliError> {
    let mut reader = Reader::from_reader(text);
    let unreadable = |error: csv::Error| CliError::Invalid(format!("{name}: {error}"));
    let header = reader.headers().map_err(unreadable)?;
    let features: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    let mut rows = Vec::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(unreadable)? {
        rows.push(row(&record, &features).map_err(|text| {
            let line = record.position().map_or(0, csv::Position::line);
            CliError::Invalid(format!("{name}, line {line}: {text}"))
        })?);
    }
    if rows.is_empty() {
        return Err(CliError::Invalid(format!("{name} has no rows below its header")));
    }
    let input = |rows: &[v1::FeatureRow]| {
        Input::Rows(v1::FeatureRows {
            features: features.clone(),
            rows: rows.to_vec(),
        })
    };
    Ok(rows.chunks(MOST).map(input).collect())
}

fn row(record: &StringRecord, features: &[String]) -> Result<v1::FeatureRow, String> {
    let value = |(text, feature): (&str, &String)| match text.trim() {
        "" => Ok(f64::NAN),
        text => text
            .parse()
            .map_err(|_| format!("`{}` of {feature} is no number", text.escape_default())),
    };
    let values = record.iter().zip(features).map(value);
    Ok(v1::FeatureRow {
        values: values.collect::<Result<_, String>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_names_the_features_and_an_empty_field_is_missing() {
        let text = "close,\"rolling_mean(close, 10)\"\n1.5,\n-2,3e4\n";
        let inputs = parse(text.as_bytes(), "x.csv").unwrap();
        let [Input::Rows(found)] = inputs.as_slice() else {
            panic!("one call: {inputs:?}")
        };
        assert_eq!(found.features, ["close", "rolling_mean(close, 10)"]);
        assert!(found.rows[0].values[1].is_nan());
        assert_eq!(
            (found.rows[0].values[0], &found.rows[1].values),
            (1.5, &vec![-2.0, 3e4])
        );
    }

    #[test]
    fn many_rows_take_several_calls() {
        let text = format!("close\n{}", "1\n".repeat(MOST + 1));
        assert_eq!(parse(text.as_bytes(), "x.csv").unwrap().len(), 2);
    }

    #[test]
    fn what_is_no_number_is_told_by_its_line() {
        for (text, part) in [
            ("close\n1\nx\n", "x.csv, line 3: `x` of close is no number"),
            ("close,volume\n1\n", "x.csv"),
            ("close\n", "no rows"),
        ] {
            let error = parse(text.as_bytes(), "x.csv").unwrap_err();
            assert!(matches!(error, CliError::Invalid(_)));
            assert!(error.to_string().contains(part), "{error}");
        }
    }
}
