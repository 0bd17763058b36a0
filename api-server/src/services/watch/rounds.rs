//! What the poller of projects remembers from round to round, and which events are new to it.
//!
//! An event is stamped with the start of its transaction and seen after its commit, so a look at what is newer than the last
//! look misses some. Each look overlaps the one before: by a moment every time, and by more than the longest transaction every
//! few seconds. What was seen already is told by the sequence of each job, which has no holes and appears in order: it is taken
//! under the lock of the job's row. See docs/adr/0012.

use super::found::Wanted;
use chrono::{DateTime, TimeDelta, Utc};
use mltraining_domain::{JobId, ProjectId};
use mltraining_store::jobs::RecentJob;
use std::collections::HashMap;
use std::time::Duration;

/// A usual look goes back so far behind the one before.
const OVERLAP: TimeDelta = TimeDelta::seconds(3);
/// Time between two looks that go back by the whole window.
const SWEEP_EVERY: TimeDelta = TimeDelta::seconds(5);

/// How far a look goes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// By a moment: finds nearly everything, at once.
    Usual(DateTime<Utc>),
    /// By the whole window: finds what was committed late.
    Sweep(DateTime<Utc>),
}

/// The last event of a job that was sent on, and when the job was last found.
#[derive(Debug, Clone, Copy)]
struct Cursor {
    seq: i64,
    found: DateTime<Utc>,
}

/// The memory of the poller.
#[derive(Debug)]
pub(super) struct Rounds {
    window: TimeDelta,
    last: Option<DateTime<Utc>>,
    last_sweep: Option<DateTime<Utc>>,
    cursors: HashMap<ProjectId, HashMap<JobId, Cursor>>,
}

impl Look {
    /// Events of this time and later are looked at.
    pub(super) fn since(self) -> DateTime<Utc> {
        match self {
            Self::Usual(since) | Self::Sweep(since) => since,
        }
    }
}

impl Rounds {
    /// Nothing seen yet. No transaction that writes an event is longer than `window`.
    pub(super) fn new(window: Duration) -> Self {
        Self {
            window: TimeDelta::from_std(window).unwrap_or(TimeDelta::MAX),
            last: None,
            last_sweep: None,
            cursors: HashMap::new(),
        }
    }

    /// The time of the last round that was completed.
    pub(super) fn last(&self) -> Option<DateTime<Utc>> {
        self.last
    }

    /// Where the round at `now` has to look for what these projects have new. Those that are not known yet make it a sweep.
    pub(super) fn look(&self, now: DateTime<Utc>, projects: &[ProjectId]) -> Look {
        let all_known = projects.iter().all(|project| self.cursors.contains_key(project));
        match (self.last, self.last_sweep) {
            (Some(last), Some(sweep)) if all_known && now - sweep < SWEEP_EVERY => {
                Look::Usual(last - OVERLAP)
            }
            _ => self.sweep(now),
        }
    }

    /// The look that goes back by the whole window.
    pub(super) fn sweep(&self, now: DateTime<Utc>) -> Look {
        Look::Sweep(self.last_sweep.unwrap_or(now) - self.window)
    }

    /// Whether a usual look cannot tell where some job's new events begin: earlier ones may be committed late. A job that is
    /// found with its first event is new as a whole.
    pub(super) fn is_unsure(&self, jobs: &[RecentJob]) -> bool {
        jobs.iter()
            .any(|job| job.first_seq > 1 && self.cursor(job).is_none())
    }

    /// The events to send on. Of a project that is new to the poller nothing is: what is there now is what its watchers look at
    /// for themselves.
    pub(super) fn wanted(&mut self, now: DateTime<Utc>, jobs: Vec<RecentJob>) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        let mut new = HashMap::<ProjectId, HashMap<JobId, Cursor>>::new();
        for job in jobs {
            let Some(cursors) = self.cursors.get_mut(&job.project) else {
                let cursor = Cursor {
                    seq: job.last_seq,
                    found: now,
                };
                new.entry(job.project.clone()).or_default().insert(job.id, cursor);
                continue;
            };
            let cursor = cursors.entry(job.id).or_insert(Cursor {
                seq: job.first_seq - 1,
                found: now,
            });
            cursor.found = now;
            if cursor.seq < job.last_seq {
                wanted.push(Wanted {
                    after: cursor.seq,
                    job,
                });
            }
        }
        self.cursors.extend(new);
        wanted
    }

    /// Notes that an event was sent on.
    pub(super) fn sent(&mut self, project: &ProjectId, job: JobId, seq: i64) {
        if let Some(cursor) = self
            .cursors
            .get_mut(project)
            .and_then(|cursors| cursors.get_mut(&job))
        {
            cursor.seq = cursor.seq.max(seq);
        }
    }

    /// Ends a round: everything that its look found was sent on. Projects that are no longer watched are forgotten, and jobs
    /// that no sweep can find any more.
    pub(super) fn complete(&mut self, now: DateTime<Utc>, look: Look, projects: &[ProjectId]) {
        self.last = Some(now);
        for project in projects {
            self.cursors.entry(project.clone()).or_default();
        }
        if matches!(look, Look::Sweep(_)) {
            self.last_sweep = Some(now);
            self.cursors.retain(|project, _| projects.contains(project));
            let oldest = now - self.window - self.window;
            for cursors in self.cursors.values_mut() {
                cursors.retain(|_, cursor| cursor.found >= oldest);
            }
        }
    }

    /// Forgets projects that are watched anew: what happened meanwhile was sent to nobody.
    pub(super) fn begin(&mut self, projects: &[ProjectId]) {
        for project in projects {
            self.cursors.remove(project);
        }
    }

    fn cursor(&self, job: &RecentJob) -> Option<Cursor> {
        self.cursors.get(&job.project)?.get(&job.id).copied()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use mltraining_domain::{JobKind, Priority};
    use mltraining_store::jobs::JobFacts;
    use uuid::Uuid;

    fn project() -> ProjectId {
        ProjectId::default_project()
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_700_000_000 + seconds, 0).unwrap()
    }

    fn job(id: u128, first_seq: i64, last_seq: i64) -> RecentJob {
        RecentJob {
            id: JobId(Uuid::from_u128(id)),
            project: project(),
            facts: JobFacts {
                kind: JobKind::Train,
                model: None,
                created_by: "test".to_owned(),
                created_at: at(0),
                labels: [].into(),
                priority: Priority::DEFAULT,
            },
            first_seq,
            last_seq,
        }
    }

    /// One whole round; gives (job, after) of what is sent on.
    fn round(rounds: &mut Rounds, now: i64, jobs: Vec<RecentJob>) -> Vec<(u128, i64)> {
        let look = rounds.look(at(now), &[project()]);
        let wanted = rounds.wanted(at(now), jobs);
        for want in &wanted {
            rounds.sent(&project(), want.job.id, want.job.last_seq);
        }
        rounds.complete(at(now), look, &[project()]);
        wanted
            .iter()
            .map(|want| (want.job.id.0.as_u128(), want.after))
            .collect()
    }

    #[test]
    fn what_was_there_before_is_not_sent_and_what_comes_is_sent_once() {
        let mut rounds = Rounds::new(Duration::from_secs(60));
        assert_eq!(round(&mut rounds, 0, vec![job(1, 3, 7)]), []);
        assert_eq!(round(&mut rounds, 1, vec![job(1, 6, 7)]), []);
        assert_eq!(
            round(&mut rounds, 2, vec![job(1, 7, 9), job(2, 1, 1)]),
            [(1, 7), (2, 0)]
        );
        assert_eq!(round(&mut rounds, 3, vec![job(1, 7, 9), job(2, 1, 1)]), []);
    }

    #[test]
    fn every_few_seconds_a_look_goes_back_by_the_whole_window() {
        let mut rounds = Rounds::new(Duration::from_secs(60));
        assert_eq!(rounds.look(at(0), &[project()]), Look::Sweep(at(-60)));
        round(&mut rounds, 0, Vec::new());
        assert_eq!(rounds.look(at(1), &[project()]), Look::Usual(at(-3)));
        round(&mut rounds, 1, Vec::new());
        assert_eq!(rounds.look(at(5), &[project()]), Look::Sweep(at(-60)));
        let other: ProjectId = "other".parse().unwrap();
        assert!(matches!(rounds.look(at(2), &[project(), other]), Look::Sweep(_)));
    }

    #[test]
    fn after_a_pause_a_look_goes_back_behind_the_pause() {
        let mut rounds = Rounds::new(Duration::from_secs(60));
        round(&mut rounds, 0, Vec::new());
        assert_eq!(rounds.look(at(600), &[project()]), Look::Sweep(at(-60)));
    }

    #[test]
    fn a_job_that_was_silent_for_long_is_looked_up_by_a_sweep() {
        let mut rounds = Rounds::new(Duration::from_secs(60));
        round(&mut rounds, 0, vec![job(1, 1, 4)]);
        assert!(!rounds.is_unsure(&[job(1, 5, 5)]));
        round(&mut rounds, 200, Vec::new());
        assert!(rounds.is_unsure(&[job(1, 5, 5)]), "it was forgotten");
        assert!(
            !rounds.is_unsure(&[job(2, 1, 1)]),
            "a new job is known from its first event"
        );
        assert_eq!(round(&mut rounds, 201, vec![job(1, 5, 6)]), [(1, 4)]);
    }

    #[test]
    fn a_project_that_is_watched_again_begins_anew() {
        let mut rounds = Rounds::new(Duration::from_secs(60));
        round(&mut rounds, 0, vec![job(1, 1, 4)]);
        rounds.begin(&[project()]);
        assert!(matches!(rounds.look(at(1), &[project()]), Look::Sweep(_)));
        assert_eq!(round(&mut rounds, 1, vec![job(1, 1, 9)]), []);
        assert_eq!(round(&mut rounds, 2, vec![job(1, 9, 10)]), [(1, 9)]);
    }
}
