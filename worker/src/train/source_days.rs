//! `source_days.jsonl`: a hash of each entity's each day that was read, so that a later reading can say where it differs.

use super::user_failure;
use crate::work::{OutputFile, WorkError};
use mltraining_domain::{Reason, WorkPhase, hex};
use mltraining_panel::{DayHash, Fingerprint, Outline};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Lines of days that the file may have, some 25 MB; of more days there is one line for each entity, and the head says so.
const MOST_DAYS: usize = 200_000;

/// What the first line says of the form of the file.
pub(super) const FORMAT: &str = "mltraining source days 1";

/// The first line.
#[derive(Serialize)]
struct Head<'a> {
    format: &'static str,
    fingerprint: &'a str,
    columns: &'a [String],
    contexts: Vec<ContextHead<'a>>,
    per: Per,
}

/// A context whose rows were read beside the source's.
#[derive(Serialize)]
struct ContextHead<'a> {
    context: &'a str,
    fingerprint: &'a str,
    columns: &'a [String],
}

/// What a line is about.
#[derive(Serialize, Deserialize, Debug, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Per {
    Day,
    Entity,
}

/// Each other line.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<&'a str>,
    pub entity: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    pub rows: u64,
    pub sha256: String,
}

/// The file of what was read.
pub(super) fn file(read: &Outline, fingerprint: &Fingerprint) -> Result<OutputFile, WorkError> {
    let of_contexts = fingerprint
        .contexts()
        .iter()
        .map(|(_, context)| context.days().len());
    let days = fingerprint.days().len() + of_contexts.sum::<usize>();
    let per = if days > MOST_DAYS { Per::Entity } else { Per::Day };
    let bytes = write(read, fingerprint, per).map_err(|e| {
        let text = format!("the hashes of the days cannot be written as JSON: {e}");
        user_failure(Reason::Internal, WorkPhase::Store, text)
    })?;
    Ok(OutputFile {
        file: "source_days.jsonl",
        media_type: "application/jsonl",
        bytes,
    })
}

fn write(read: &Outline, fingerprint: &Fingerprint, per: Per) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    let contexts = read.contexts.iter().zip(fingerprint.contexts());
    let heads = contexts.map(|((context, read), (_, print))| ContextHead {
        context,
        fingerprint: print.as_str(),
        columns: &read.columns,
    });
    let head = Head {
        format: FORMAT,
        fingerprint: fingerprint.as_str(),
        columns: &read.columns,
        contexts: heads.collect(),
        per,
    };
    push(&mut bytes, &head)?;
    lines(read, fingerprint, per).try_for_each(|line| push(&mut bytes, &line))?;
    Ok(bytes)
}

/// The lines after the first, in their order: the source's, then those of its contexts.
pub(super) fn lines<'a>(
    read: &'a Outline,
    fingerprint: &'a Fingerprint,
    per: Per,
) -> impl Iterator<Item = Line<'a>> {
    let contexts = read.contexts.iter().zip(fingerprint.contexts());
    let contexts = contexts.map(|((name, read), (_, print))| (Some(name.as_str()), read, print));
    let all = std::iter::once((None, read, fingerprint)).chain(contexts);
    let same = move |one: &DayHash, next: &DayHash| per == Per::Entity && one.entity == next.entity;
    all.flat_map(move |(context, read, fingerprint)| {
        let groups = fingerprint.days().chunk_by(same);
        groups.map(move |group| line(context, read, group, per))
    })
}

/// One day, or the days of one entity: then the hash is over theirs, each with its day.
fn line<'a>(context: Option<&'a str>, read: &'a Outline, group: &[DayHash], per: Per) -> Line<'a> {
    let first = &group[0];
    let (day, sha256) = match per {
        Per::Day => (
            Some(super::folds::time(first.start_micros()).date_naive().to_string()),
            hex(&first.sha256),
        ),
        Per::Entity => {
            let mut hash = Sha256::new();
            for day in group {
                hash.update(day.day.to_le_bytes());
                hash.update(day.sha256);
            }
            (None, hex(&hash.finalize()))
        }
    };
    Line {
        context,
        entity: &read.entities[first.entity],
        day,
        rows: group.iter().map(|day| day.rows).sum(),
        sha256,
    }
}

fn push(bytes: &mut Vec<u8>, line: &impl Serialize) -> Result<(), serde_json::Error> {
    serde_json::to_writer(&mut *bytes, line)?;
    bytes.push(b'\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use mltraining_domain::DuplicateRule;
    use mltraining_panel::{Panel, PanelBuilder};

    const HOUR: i64 = 3_600_000_000;

    fn read(changed: Option<(usize, i64)>) -> (Panel, Fingerprint) {
        let mut builder = PanelBuilder::new(vec!["close".to_owned()], DuplicateRule::Refuse);
        for (nth, entity) in ["a", "b"].iter().enumerate() {
            for hour in 0..60 {
                let value = if changed == Some((nth, hour)) {
                    -1.0
                } else {
                    hour as f64
                };
                builder.push(entity, hour * HOUR, None, &[value]).unwrap();
            }
        }
        builder.finish().unwrap()
    }

    fn lines(changed: Option<(usize, i64)>, per: Per) -> Vec<serde_json::Value> {
        let (panel, fingerprint) = read(changed);
        written(&panel, &fingerprint, per)
    }

    fn written(panel: &Panel, fingerprint: &Fingerprint, per: Per) -> Vec<serde_json::Value> {
        let text = String::from_utf8(write(&Outline::of(panel), fingerprint, per).unwrap()).unwrap();
        let lines = text.lines();
        lines.map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn each_entity_has_a_line_for_each_day_and_equal_days_have_equal_hashes() {
        let lines = lines(None, Per::Day);
        assert_eq!(lines[0]["per"], "day");
        assert_eq!(lines[0]["columns"], serde_json::json!(["close"]));
        assert_eq!(lines[0]["fingerprint"], read(None).1.as_str());
        let shown = lines[1..].iter().map(|line| {
            (
                line["entity"].as_str(),
                line["day"].as_str(),
                line["rows"].as_u64(),
            )
        });
        let expected = ["a", "b"].into_iter().flat_map(|entity| {
            let days = [("1970-01-01", 24), ("1970-01-02", 24), ("1970-01-03", 12)];
            days.map(|(day, rows)| (Some(entity), Some(day), Some(rows)))
        });
        assert!(shown.eq(expected), "{lines:?}");
        assert_eq!(lines[1]["sha256"], lines[4]["sha256"]);
        assert_ne!(lines[1]["sha256"], lines[2]["sha256"]);
    }

    #[test]
    fn days_of_contexts_follow_under_their_names() {
        let (panel, fingerprint) = read(None);
        let (context, of_context) = read(Some((0, 0)));
        let panel = panel.with_contexts(vec![("btc".to_owned(), context)]);
        let fingerprint = fingerprint.with_contexts(vec![("btc".to_owned(), of_context.clone())]);
        let lines = written(&panel, &fingerprint, Per::Day);
        assert_eq!(lines[0]["contexts"][0]["context"], "btc");
        assert_eq!(lines[0]["contexts"][0]["fingerprint"], of_context.as_str());
        let named: Vec<bool> = lines[1..].iter().map(|line| line["context"] == "btc").collect();
        assert_eq!(named, [vec![false; 6], vec![true; 6]].concat());
        assert_ne!(lines[1]["sha256"], lines[7]["sha256"]);
        assert_eq!(lines[2]["sha256"], lines[8]["sha256"]);
    }

    #[test]
    fn one_changed_value_changes_the_line_of_its_day_alone() {
        for per in [Per::Day, Per::Entity] {
            let (same, other) = (lines(None, per), lines(Some((1, 30)), per));
            assert_ne!(same[0]["fingerprint"], other[0]["fingerprint"]);
            let differ: Vec<_> = (1..same.len()).filter(|at| same[*at] != other[*at]).collect();
            let expected = if per == Per::Day { 5 } else { 2 };
            assert_eq!(differ, [expected]);
            assert_eq!(other[expected]["entity"], "b");
        }
    }
}
