//! Which points are read together: those that lie so near each other that reading them apart would read more, and never two
//! that are to be seen as they were known at different times.

use crate::convert::prediction::Points;
use crate::error::ApiError;
use crate::services::resolved::Resolved;
use chrono::{DateTime, Utc};
use mltraining_domain::{SourceSpec, TimeRange};
use mltraining_panel::catalogue::LookBack;
use std::collections::BTreeSet;

/// Most times that are read each as it was known then.
pub(super) const MOST_TIMES: usize = 100;

/// How far a point sees.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reach {
    /// How old its bar may be, microseconds; `None` for one and a half bars of the bar's phase.
    age: Option<i64>,
    /// The oldest bar that any point may have, microseconds.
    oldest: i64,
    /// Points with more than this between them are read apart, microseconds; `None` when all history is read anyway.
    apart: Option<i64>,
    /// Whether each point sees what was recorded until its time.
    pub(super) at_each_time: bool,
    /// What all points see; unset for all rows.
    known_before: Option<DateTime<Utc>>,
    /// The entities that are read whatever is asked for, because features rank them; `None` for those of the points.
    ranked: Option<Vec<String>>,
}

/// Points that are read together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Group {
    /// From the oldest bar of the first point to the time of the last.
    pub(super) range: TimeRange,
    /// Only rows recorded before; unset for all.
    pub(super) known_before: Option<DateTime<Utc>>,
    /// Only these entities; empty for all.
    pub(super) entities: Vec<String>,
    /// The places of its points in the request.
    pub(super) points: Vec<usize>,
}

impl Reach {
    /// How far the points of a request see.
    ///
    /// # Errors
    /// INVALID_FIELD for `known_before` of a source that does not say when its rows were recorded.
    pub(super) fn of(resolved: &Resolved, asked: &Points) -> Result<Self, ApiError> {
        let Resolved { spec, source, plan } = resolved;
        let check = |at| plan.check_known_before(source, Some(at), "points.known_before");
        if let Some(before) = asked.known_before {
            check(before).into_result(())?;
        }
        let says_when = check(DateTime::<Utc>::UNIX_EPOCH).is_empty();
        let longest = source.phases.iter().map(|phase| phase.bar_interval);
        let longest = longest.fold(source.bar_interval, Ord::max).micros();
        let oldest = asked.max_bar_age.unwrap_or_else(|| longest.saturating_mul(3) / 2);
        let ranked = plan.needs_whole_panel();
        Ok(Self {
            age: asked.max_bar_age,
            oldest,
            apart: match plan.look_back() {
                LookBack::Unbounded => None,
                LookBack::Bounded { bars, time } => {
                    let bars = longest.saturating_mul(i64::from(bars));
                    Some(time.micros().max(bars).saturating_add(oldest))
                }
            },
            at_each_time: says_when && asked.known_before.is_none(),
            known_before: asked.known_before,
            ranked: ranked.then(|| spec.entities.clone()),
        })
    }

    /// How old a bar of this phase may be, microseconds.
    pub(super) fn age_of(&self, source: &SourceSpec, phase: Option<i32>) -> i64 {
        let usual = || source.bar_interval_of(phase).micros().saturating_mul(3) / 2;
        self.age.unwrap_or_else(usual)
    }

    /// Whether features rank entities, and this is none of them.
    pub(super) fn is_outside(&self, entity: &str) -> bool {
        let ranked = self.ranked.as_ref().filter(|ranked| !ranked.is_empty());
        ranked.is_some_and(|ranked| !ranked.iter().any(|one| one == entity))
    }

    fn parts(&self, before: i64, next: i64) -> bool {
        let far = self.apart.is_some_and(|apart| next - before > apart);
        far || (self.at_each_time && next != before)
    }

    fn group(&self, asked: &Points, points: Vec<usize>) -> Group {
        let micros = |at: &usize| asked.points[*at].micros;
        let first = points.iter().map(micros).min().unwrap_or_default();
        let last = points.iter().map(micros).max().unwrap_or_default();
        let instant = |micros| DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let end = instant(last + 1);
        let named: BTreeSet<&String> = points.iter().map(|at| &asked.points[*at].entity).collect();
        Group {
            range: TimeRange {
                start: instant(first.saturating_sub(self.oldest)),
                end,
            },
            known_before: match self.at_each_time {
                true => Some(end),
                false => self.known_before,
            },
            entities: match &self.ranked {
                Some(ranked) => ranked.clone(),
                None => named.into_iter().cloned().collect(),
            },
            points,
        }
    }
}

/// The points of a request by what is read together, in order of time.
pub(super) fn groups(asked: &Points, reach: &Reach) -> Vec<Group> {
    let micros = |at: &usize| asked.points[*at].micros;
    let mut places: Vec<usize> = (0..asked.points.len()).collect();
    places.sort_by_key(micros);
    let together = places.chunk_by(|a, b| !reach.parts(micros(a), micros(b)));
    together
        .map(|points| reach.group(asked, points.to_vec()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::prediction::Point;

    fn reach() -> Reach {
        Reach {
            age: None,
            oldest: 90,
            apart: Some(600),
            at_each_time: false,
            known_before: None,
            ranked: None,
        }
    }

    fn asked(times: &[(&str, i64)]) -> Points {
        let point = |(entity, micros): &(&str, i64)| Point {
            entity: (*entity).to_owned(),
            micros: *micros,
        };
        Points {
            points: times.iter().map(point).collect(),
            max_bar_age: None,
            known_before: None,
        }
    }

    fn micros(at: DateTime<Utc>) -> i64 {
        at.timestamp_micros()
    }

    #[test]
    fn points_that_lie_near_each_other_are_read_together_and_nothing_after_the_last() {
        let asked = asked(&[("b", 5_000), ("a", 1_000), ("a", 1_500), ("c", 1_200)]);
        let found = groups(&asked, &reach());
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].points, [1, 3, 2]);
        assert_eq!(found[0].entities, ["a", "c"]);
        let range = found[0].range;
        assert_eq!((micros(range.start), micros(range.end)), (910, 1_501));
        assert_eq!(
            (found[1].points.as_slice(), micros(found[1].range.end)),
            (&[0][..], 5_001)
        );
    }

    #[test]
    fn where_all_history_is_read_it_is_read_once() {
        let reach = Reach {
            apart: None,
            ..reach()
        };
        assert_eq!(groups(&asked(&[("a", 0), ("a", 1 << 50)]), &reach).len(), 1);
    }

    #[test]
    fn points_that_see_what_was_known_at_their_times_are_read_by_time() {
        let reach = Reach {
            at_each_time: true,
            ..reach()
        };
        let found = groups(&asked(&[("a", 10), ("b", 10), ("a", 11)]), &reach);
        let known: Vec<_> = found.iter().map(|group| group.known_before.map(micros)).collect();
        assert_eq!(
            known,
            [Some(11), Some(12)],
            "a row recorded at the time itself is known"
        );
    }

    #[test]
    fn entities_that_are_ranked_are_read_whoever_is_asked_for() {
        let reach = Reach {
            ranked: Some(vec!["a".to_owned(), "b".to_owned()]),
            ..reach()
        };
        assert_eq!(groups(&asked(&[("c", 1)]), &reach)[0].entities, ["a", "b"]);
        assert!(reach.is_outside("c") && !reach.is_outside("b"));
        let all = Reach {
            ranked: Some(Vec::new()),
            ..reach
        };
        assert!(!all.is_outside("c"));
    }
}
