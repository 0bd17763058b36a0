//! Where a reading differs from an earlier one, by the hashes of the days that the earlier one left behind (`source_days.jsonl`).

use super::source_days::{self, FORMAT, Line, Per};
use mltraining_domain::reproduction::MOST_DAYS_NAMED;
use mltraining_domain::{DayChange, DifferingDay, DifferingDays, ThenAndNow};
use mltraining_panel::{Fingerprint, Outline};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Why the hashes of an earlier reading cannot be compared with.
#[derive(Debug, thiserror::Error)]
pub enum DaysError {
    /// A line is not of the form that this version knows.
    #[error("line {0} of the days that were read cannot be understood: {1}")]
    Line(usize, serde_json::Error),
    /// The file says that it has another form.
    #[error("the days that were read are written in another form: {0:?}")]
    Format(String),
}

#[derive(Deserialize)]
struct Head {
    format: String,
    per: Per,
}

#[derive(Deserialize)]
struct Earlier {
    #[serde(default)]
    context: Option<String>,
    entity: String,
    #[serde(default)]
    day: Option<String>,
    rows: u64,
    sha256: String,
}

/// What a line is about; in the order in which days are named.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    context: Option<String>,
    entity: String,
    day: Option<String>,
}

struct Hashed {
    rows: u64,
    sha256: String,
}

/// The days whose rows are not those of the earlier reading. `earlier` is its file, of which the caller has bounded the size and
/// checked the hash; the order of entities may differ.
///
/// # Errors
/// [`DaysError`].
pub fn differing_days(
    earlier: &[u8],
    read: &Outline,
    fingerprint: &Fingerprint,
) -> Result<DifferingDays, DaysError> {
    let (per, mut then) = parse(earlier)?;
    let mut found = Found::default();
    for line in source_days::lines(read, fingerprint, per) {
        let key = Key::of(&line);
        let earlier = then.remove(&key);
        if earlier.as_ref().is_none_or(|day| day.sha256 != line.sha256) {
            found.note(key, earlier.map(|day| day.rows), Some(line.rows));
        }
    }
    for (key, day) in then {
        found.note(key, Some(day.rows), None);
    }
    Ok(found.into_days())
}

fn parse(file: &[u8]) -> Result<(Per, BTreeMap<Key, Hashed>), DaysError> {
    let mut lines = file.split(|byte| *byte == b'\n').enumerate();
    let (_, head) = lines.next().unwrap_or_default();
    let head: Head = serde_json::from_slice(head).map_err(|error| DaysError::Line(1, error))?;
    if head.format != FORMAT {
        return Err(DaysError::Format(head.format));
    }
    let days = lines.filter(|(_, line)| !line.is_empty()).map(|(at, line)| {
        let day: Earlier = serde_json::from_slice(line).map_err(|error| DaysError::Line(at + 1, error))?;
        let key = Key {
            context: day.context,
            entity: day.entity,
            day: day.day,
        };
        let (rows, sha256) = (day.rows, day.sha256);
        Ok((key, Hashed { rows, sha256 }))
    });
    Ok((head.per, days.collect::<Result<_, _>>()?))
}

impl Key {
    fn of(line: &Line<'_>) -> Self {
        Self {
            context: line.context.map(str::to_owned),
            entity: line.entity.to_owned(),
            day: line.day.clone(),
        }
    }
}

/// What differs so far: all counted, the first kept.
#[derive(Default)]
struct Found {
    days: DifferingDays,
    first: BTreeMap<Key, ThenAndNow<Option<u64>>>,
}

impl Found {
    fn note(&mut self, key: Key, then: Option<u64>, now: Option<u64>) {
        let rows = ThenAndNow { then, now };
        *match rows.change() {
            DayChange::Added => &mut self.days.added,
            DayChange::Removed => &mut self.days.removed,
            DayChange::Changed => &mut self.days.changed,
        } += 1;
        self.first.insert(key, rows);
        if self.first.len() > MOST_DAYS_NAMED {
            self.first.pop_last();
        }
    }

    fn into_days(self) -> DifferingDays {
        let first = self.first.into_iter().map(|(key, rows)| DifferingDay {
            context: key.context,
            entity: key.entity,
            day: key.day,
            rows,
        });
        DifferingDays {
            first: first.collect(),
            ..self.days
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use mltraining_domain::DuplicateRule;
    use mltraining_panel::{Panel, PanelBuilder};

    const HOUR: i64 = 3_600_000_000;
    const DAY: i64 = 24;

    /// Hourly rows of the entities, each with its hours; `other` has another value.
    fn read(entities: &[(&str, std::ops::Range<i64>)], other: Option<(&str, i64)>) -> (Panel, Fingerprint) {
        let mut builder = PanelBuilder::new(vec!["close".to_owned()], DuplicateRule::Refuse);
        for (entity, hours) in entities {
            for hour in hours.clone() {
                let value = if other == Some((entity, hour)) {
                    -1.0
                } else {
                    hour as f64
                };
                builder.push(entity, hour * HOUR, None, &[value]).unwrap();
            }
        }
        builder.finish().unwrap()
    }

    fn file(read: &(Panel, Fingerprint)) -> Vec<u8> {
        source_days::file(&Outline::of(&read.0), &read.1).unwrap().bytes
    }

    fn compared(then: &(Panel, Fingerprint), now: &(Panel, Fingerprint)) -> DifferingDays {
        differing_days(&file(then), &Outline::of(&now.0), &now.1).unwrap()
    }

    fn named(days: &DifferingDays) -> Vec<(&str, &str, DayChange)> {
        let days = days.first.iter();
        days.map(|day| {
            (
                day.entity.as_str(),
                day.day.as_deref().unwrap_or(""),
                day.change(),
            )
        })
        .collect()
    }

    #[test]
    fn equal_readings_differ_nowhere() {
        let rows = read(&[("a", 0..50), ("b", 0..50)], None);
        assert_eq!(compared(&rows, &rows), DifferingDays::default());
    }

    #[test]
    fn a_changed_value_an_added_row_and_a_removed_entity_are_named_with_entity_and_day() {
        let then = read(&[("a", 0..50), ("b", 0..50), ("c", 0..20)], None);
        let now = read(&[("a", 0..50), ("b", 0..74), ("d", 30..31)], Some(("a", 30)));
        let days = compared(&then, &now);
        let expected = [
            ("a", "1970-01-02", DayChange::Changed),
            ("b", "1970-01-03", DayChange::Changed),
            ("b", "1970-01-04", DayChange::Added),
            ("c", "1970-01-01", DayChange::Removed),
            ("d", "1970-01-02", DayChange::Added),
        ];
        assert_eq!(named(&days), expected);
        assert_eq!((days.added, days.removed, days.changed), (2, 1, 2));
        assert_eq!(
            days.first[1].rows,
            ThenAndNow {
                then: Some(2),
                now: Some(24)
            }
        );
    }

    #[test]
    fn days_of_contexts_come_after_the_sources_own_under_the_name_of_the_context() {
        let rows = || read(&[("a", 0..50)], None);
        let with = |context: (Panel, Fingerprint)| {
            let (panel, print) = rows();
            let panel = panel.with_contexts(vec![("btc".to_owned(), context.0)]);
            (panel, print.with_contexts(vec![("btc".to_owned(), context.1)]))
        };
        let days = compared(&with(rows()), &with(read(&[("a", 0..50)], Some(("a", 3)))));
        assert_eq!(days.changed, 1);
        let day = &days.first[0];
        assert_eq!(
            (day.context.as_deref(), day.day.as_deref()),
            (Some("btc"), Some("1970-01-01"))
        );
    }

    #[test]
    fn all_days_are_counted_and_the_first_hundred_named() {
        let then = read(&[("a", 0..1), ("b", 0..150 * DAY)], None);
        let days = compared(&then, &read(&[("a", 0..2)], None));
        assert_eq!((days.changed, days.removed), (1, 150));
        assert_eq!(days.first.len(), MOST_DAYS_NAMED);
        assert_eq!(named(&days)[0].0, "a");
        assert_eq!(named(&days)[99], ("b", "1970-04-09", DayChange::Removed));
    }

    #[test]
    fn a_file_with_a_line_for_each_entity_is_compared_entity_by_entity() {
        let (then, now) = (
            read(&[("a", 0..50), ("b", 0..50)], None),
            read(&[("a", 0..50), ("b", 0..50)], Some(("b", 2))),
        );
        let mut file = br#"{"format":"mltraining source days 1","per":"entity"}"#.to_vec();
        for line in source_days::lines(&Outline::of(&then.0), &then.1, Per::Entity) {
            file.push(b'\n');
            file.extend(serde_json::to_vec(&line).unwrap());
        }
        let days = differing_days(&file, &Outline::of(&now.0), &now.1).unwrap();
        assert_eq!(named(&days), [("b", "", DayChange::Changed)]);
    }

    #[test]
    fn a_file_of_another_form_is_refused() {
        let (panel, print) = read(&[("a", 0..1)], None);
        let refused = |file: &[u8]| differing_days(file, &Outline::of(&panel), &print).unwrap_err();
        assert!(matches!(refused(b""), DaysError::Line(1, _)));
        let other = br#"{"format":"days 9","per":"day"}"#;
        assert!(matches!(refused(other), DaysError::Format(_)));
        let torn = b"{\"format\":\"mltraining source days 1\",\"per\":\"day\"}\n{\"entity\":";
        assert!(matches!(refused(torn), DaysError::Line(2, _)));
    }
}
