//! One line of a file: parsed, or what is wrong with it.

use super::header::Fields;
use crate::when;
use csv::StringRecord;

/// A line that was understood.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row<'a> {
    pub(super) entity: &'a str,
    /// Microseconds since 1970.
    pub(super) time: i64,
    /// In the order of the table; `None` is NULL.
    pub(super) values: Vec<Option<f64>>,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Number of the field in its line, from 1.
    pub(super) column: usize,
    /// What is wrong.
    pub(super) text: String,
}

/// Texts that mean that a value is not known.
const MISSING: [&str; 7] = ["", "NULL", "null", "NaN", "nan", "NA", "N/A"];

/// Parses a line; `file` is the entity of files without an entity column.
///
/// # Errors
/// The first field that is wrong.
pub(super) fn parse<'a>(record: &'a StringRecord, fields: &Fields, file: &'a str) -> Result<Row<'a>, Wrong> {
    if record.len() != fields.count {
        let text = format!(
            "the line has {} fields, the header {}",
            record.len(),
            fields.count
        );
        return Err(Wrong {
            column: record.len().min(fields.count) + 1,
            text,
        });
    }
    let entity = fields.entity.map_or(file, |place| &record[place]);
    let entity_column = fields.entity.map_or(1, |place| place + 1);
    if entity.is_empty() || entity.contains('\0') {
        return Err(Wrong {
            column: entity_column,
            text: "the entity is empty or holds a NUL".to_owned(),
        });
    }
    let time = time(&record[fields.time]).map_err(|text| Wrong {
        column: fields.time + 1,
        text,
    })?;
    let value = |place: &usize| {
        number(&record[*place]).map_err(|text| Wrong {
            column: place + 1,
            text,
        })
    };
    let values = fields.values.iter().map(value).collect::<Result<_, _>>()?;
    Ok(Row { entity, time, values })
}

/// Microseconds since 1970, of a written time or of digits: 10 for seconds, 13 for milliseconds, 16 for microseconds.
fn time(text: &str) -> Result<i64, String> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        let number: i64 = text.parse().map_err(|_| format!("`{text}` is no time"))?;
        return match text.len() {
            9 | 10 => Ok(number * 1_000_000),
            12 | 13 => Ok(number * 1000),
            15 | 16 => Ok(number),
            _ => Err(format!(
                "`{text}` is no time: expected seconds, ms or us since 1970"
            )),
        };
    }
    let instant =
        when::parse_instant(text).map_err(|why| format!("`{}` is no time: {why}", text.escape_default()))?;
    Ok(instant.timestamp_micros())
}

fn number(text: &str) -> Result<Option<f64>, String> {
    if MISSING.contains(&text) {
        return Ok(None);
    }
    let number: Option<f64> = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.map(Some).ok_or_else(|| {
        format!(
            "`{}` is no number; --skip leaves the column out",
            text.escape_default()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Fields {
        Fields {
            count: 4,
            entity: Some(0),
            time: 1,
            values: vec![2, 3],
        }
    }

    fn parsed(line: &str) -> Result<(String, i64, Vec<Option<f64>>), Wrong> {
        let record: StringRecord = line.split(',').collect();
        parse(&record, &fields(), "file").map(|row| (row.entity.to_owned(), row.time, row.values))
    }

    #[test]
    fn an_empty_field_is_unknown_and_never_zero() {
        let (entity, time, values) = parsed("ADA,2018-01-10T04:55:00Z,5.33e-05,").unwrap();
        assert_eq!((entity.as_str(), time), ("ADA", 1_515_560_100_000_000));
        assert_eq!(values, [Some(5.33e-5), None]);
        assert_eq!(parsed("ADA,2018-01-10,NaN,null").unwrap().2, [None, None]);
    }

    #[test]
    fn a_time_may_be_a_number_of_seconds_or_of_its_parts() {
        for text in [
            "1515560100",
            "1515560100000",
            "1515560100000000",
            "2018-01-10 04:55",
        ] {
            assert_eq!(time(text), Ok(1_515_560_100_000_000), "{text}");
        }
        for text in ["", "12", "99999999999999999999", "yesterday"] {
            assert!(time(text).is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn a_wrong_field_is_named_by_its_column() {
        for (line, column, word) in [
            ("ADA,2018-01-10,1", 4, "3 fields"),
            ("ADA,2018-01-10,1,2,3", 5, "5 fields"),
            (",2018-01-10,1,2", 1, "entity"),
            ("ADA,soon,1,2", 2, "no time"),
            ("ADA,2018-01-10,1,abc", 4, "`abc` is no number"),
            ("ADA,2018-01-10,inf,2", 3, "no number"),
        ] {
            let wrong = parsed(line).unwrap_err();
            assert_eq!(wrong.column, column, "{line}");
            assert!(wrong.text.contains(word), "{line}: {}", wrong.text);
        }
    }
}
