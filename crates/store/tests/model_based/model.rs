//! The protocol of jobs in memory, written from its description and not from the statements.
//!
//! A claim raises the epoch by one and nothing else changes it. Whatever a worker writes counts only while the job is RUNNING
//! under the epoch of its lease. Three budgets pay for what goes wrong; a claim and a release cost nothing. Time has no
//! length here: a job is due, or it is not yet.

use crate::operation::{FinishWith, Operation};
use mltraining_domain::{FailureClass, JobState};

/// Small budgets, so that they run out.
pub(crate) const MAX_FAILURES: i32 = 2;
pub(crate) const MAX_INFRA_FAILURES: i32 = 1;
pub(crate) const MAX_LOST: i32 = 2;

/// What is allowed at first.
pub(crate) const MAX_RUNNING: i32 = 2;
pub(crate) const MAX_QUEUED: i32 = 4;

/// The longest backoff, in seconds.
const LONGEST: i32 = 900;

/// Everything.
pub(crate) struct World {
    quotas: [Quota; 2],
    paused: bool,
    pub(crate) jobs: Vec<Job>,
    /// Job and epoch of each lease, in the order in which they were given.
    leases: Vec<(usize, usize)>,
    /// Orders the moments at which jobs became due.
    moment: u64,
    /// When each project was last given a lease.
    served: [Option<usize>; 2],
    versions: [i32; 2],
}

struct Quota {
    max_running: i32,
    max_queued: i32,
}

pub(crate) struct Job {
    project: usize,
    priority: i32,
    request: Option<(u8, u8)>,
    state: JobState,
    due: Option<u64>,
    failures: i32,
    infra_failures: i32,
    lost: i32,
    cancel: bool,
    error: Option<&'static str>,
    attempts: Vec<Attempt>,
    expired: bool,
    overrun: bool,
    progress_seq: i64,
    events: i64,
}

struct Attempt {
    worker: usize,
    outcome: Option<&'static str>,
    /// The number of the staged result, and its state.
    result: Option<(usize, &'static str)>,
}

/// What an operation must bring about.
pub(crate) struct Expected {
    pub(crate) answer: String,
    /// Jobs that wait now, each for at most so many seconds.
    pub(crate) backoffs: Vec<(usize, i32)>,
}

impl From<String> for Expected {
    fn from(answer: String) -> Self {
        Self {
            answer,
            backoffs: Vec::new(),
        }
    }
}

impl From<&str> for Expected {
    fn from(answer: &str) -> Self {
        answer.to_owned().into()
    }
}

const LOST: &str = "lease lost";

impl Job {
    fn held(&self, epoch: usize) -> bool {
        self.state == JobState::Running && self.attempts.len() == epoch
    }

    /// Ends the last attempt. A result that was not committed is an orphan.
    fn end(&mut self, state: JobState, outcome: &'static str, error: Option<&'static str>) {
        let attempt = self.attempts.last_mut().unwrap();
        attempt.outcome = Some(outcome);
        if let Some((_, result @ "STAGED")) = &mut attempt.result {
            *result = if state == JobState::Succeeded {
                "COMMITTED"
            } else {
                "ORPHANED"
            };
        }
        (self.state, self.error) = (state, error);
        self.due = None;
        self.events += 1;
    }
}

fn backoff(n: i32) -> i32 {
    (5 << n.min(10)).min(LONGEST)
}

impl World {
    pub(crate) fn new() -> Self {
        let quota = || Quota {
            max_running: MAX_RUNNING,
            max_queued: MAX_QUEUED,
        };
        Self {
            quotas: [quota(), quota()],
            paused: false,
            jobs: Vec::new(),
            leases: Vec::new(),
            moment: 0,
            served: [None, None],
            versions: [0, 0],
        }
    }

    /// The lease that an operation means.
    pub(crate) fn lease(&self, back: usize) -> Option<(usize, usize)> {
        let count = self.leases.len();
        (count > 0).then(|| self.leases[count - 1 - back % count])
    }

    /// The job that an operation means.
    pub(crate) fn job(&self, index: usize) -> Option<usize> {
        (!self.jobs.is_empty()).then(|| index % self.jobs.len())
    }

    /// The kind of a write with a lease whose job another attempt runs.
    pub(crate) fn writes_beside_its_successor(&self, operation: &Operation) -> Option<&'static str> {
        let (kind, lease) = match operation {
            Operation::Beat { lease } => ("beat", lease),
            Operation::Progress { lease, .. } => ("progress", lease),
            Operation::Log { lease } => ("log", lease),
            Operation::Stage { lease, .. } => ("stage", lease),
            Operation::Finish { lease, .. } => ("finish", lease),
            Operation::Fail { lease, .. } => ("fail", lease),
            Operation::Release { lease } => ("release", lease),
            _ => return None,
        };
        let (job, epoch) = self.lease(*lease)?;
        let job = &self.jobs[job];
        (job.state == JobState::Running && epoch < job.attempts.len()).then_some(kind)
    }

    /// Does an operation.
    pub(crate) fn apply(&mut self, operation: &Operation) -> Expected {
        match *operation {
            Operation::Create {
                project,
                priority,
                request,
            } => self.create(project, priority, request),
            Operation::Claim { worker } => self.claim(worker),
            Operation::Cancel { job } => self.on_job(job, Self::cancel),
            Operation::Retry { job } => self.on_job(job, Self::retry),
            Operation::Expire { lease } => self.on_job_of(lease, |_, job| {
                job.expired |= job.state == JobState::Running;
            }),
            Operation::Overrun { lease } => self.on_job_of(lease, |_, job| {
                job.overrun |= job.state == JobState::Running;
            }),
            Operation::MakeDue { lease } => self.on_job_of(lease, |moment, job| {
                if job.state == JobState::Queued {
                    *moment += 1;
                    job.due = Some(*moment);
                }
            }),
            Operation::Reap => self.reap(),
            Operation::Pause => {
                self.paused = true;
                "".into()
            }
            Operation::Resume => {
                self.paused = false;
                "".into()
            }
            Operation::Quota {
                project,
                max_running,
                max_queued,
            } => {
                self.quotas[project] = Quota {
                    max_running,
                    max_queued,
                };
                "".into()
            }
            ref of_lease => self.on_lease(of_lease),
        }
    }

    fn on_job(&mut self, index: usize, operation: fn(&mut Self, usize) -> Expected) -> Expected {
        match self.job(index) {
            Some(job) => operation(self, job),
            None => "nobody".into(),
        }
    }

    fn on_job_of(&mut self, lease: usize, change: fn(&mut u64, &mut Job)) -> Expected {
        let Some((job, _)) = self.lease(lease) else {
            return "nobody".into();
        };
        change(&mut self.moment, &mut self.jobs[job]);
        "".into()
    }

    fn on_lease(&mut self, operation: &Operation) -> Expected {
        let back = match operation {
            Operation::Beat { lease }
            | Operation::Progress { lease, .. }
            | Operation::Log { lease }
            | Operation::Stage { lease, .. }
            | Operation::Finish { lease, .. }
            | Operation::Fail { lease, .. }
            | Operation::Release { lease }
            | Operation::Outcome { lease } => *lease,
            other => panic!("no operation on a lease: {other:?}"),
        };
        let Some((job, epoch)) = self.lease(back) else {
            return "nobody".into();
        };
        if let Operation::Outcome { .. } = operation {
            return self.outcome(job, epoch);
        }
        if !self.jobs[job].held(epoch) {
            return LOST.into();
        }
        match *operation {
            Operation::Beat { .. } => self.beat(job),
            Operation::Progress { seq, .. } => self.progress(job, seq),
            Operation::Log { .. } => {
                self.jobs[job].events += 1;
                "ok".into()
            }
            Operation::Stage { result, .. } => self.stage(job, result),
            Operation::Finish { result, .. } => self.finish(job, result),
            Operation::Fail { class, .. } => self.fail(job, class),
            _ => self.release(job),
        }
    }

    fn count(&self, project: usize, state: JobState) -> i32 {
        let of_it = |job: &&Job| job.project == project && job.state == state;
        i32::try_from(self.jobs.iter().filter(of_it).count()).unwrap()
    }

    fn make_due(&mut self, job: usize) {
        self.moment += 1;
        self.jobs[job].due = Some(self.moment);
    }

    fn create(&mut self, project: usize, priority: i32, request: Option<(u8, u8)>) -> Expected {
        let same_key = |job: &Job| {
            job.project == project
                && job
                    .request
                    .zip(request)
                    .is_some_and(|(known, new)| known.0 == new.0)
        };
        if let Some(known) = self.jobs.iter().position(same_key) {
            let same = self.jobs[known].request == request;
            return if same {
                format!("existing job {known}").into()
            } else {
                "key reused".into()
            };
        }
        let max_queued = self.quotas[project].max_queued;
        if self.count(project, JobState::Queued) >= max_queued {
            return format!("queue full at {max_queued}").into();
        }
        self.jobs.push(Job {
            project,
            priority,
            request,
            state: JobState::Queued,
            due: None,
            failures: 0,
            infra_failures: 0,
            lost: 0,
            cancel: false,
            error: None,
            attempts: Vec::new(),
            expired: false,
            overrun: false,
            progress_seq: 0,
            events: 1,
        });
        let job = self.jobs.len() - 1;
        self.make_due(job);
        format!("created job {job}").into()
    }

    /// The first due job of a project: by priority, then by the moment at which it became due.
    fn head(&self, project: usize) -> Option<(i32, u64, usize)> {
        let due = |(i, job): (usize, &Job)| {
            let due = job
                .due
                .filter(|_| job.state == JobState::Queued && job.project == project)?;
            Some((job.priority, due, i))
        };
        self.jobs.iter().enumerate().filter_map(due).min()
    }

    /// The project with the fewest running jobs goes first, then the one with the most urgent head, then the one whose turn was
    /// longest ago.
    fn claim(&mut self, worker: usize) -> Expected {
        let candidate = |project: usize| {
            let running = self.count(project, JobState::Running);
            let (priority, due, job) = self.head(project)?;
            let may = running < self.quotas[project].max_running;
            may.then_some((running, priority, self.served[project], due, job))
        };
        let next = (0..2).filter_map(candidate).min();
        let Some((.., job)) = next.filter(|_| !self.paused) else {
            return "nothing due".into();
        };
        self.served[self.jobs[job].project] = Some(self.leases.len());
        let claimed = &mut self.jobs[job];
        claimed.state = JobState::Running;
        (claimed.due, claimed.error) = (None, None);
        (claimed.expired, claimed.overrun, claimed.progress_seq) = (false, false, 0);
        claimed.events += 1;
        claimed.attempts.push(Attempt {
            worker,
            outcome: None,
            result: None,
        });
        let epoch = claimed.attempts.len();
        self.leases.push((job, epoch));
        format!("job {job} under epoch {epoch}").into()
    }

    fn beat(&mut self, job: usize) -> Expected {
        let job = &mut self.jobs[job];
        job.expired = false;
        format!("held, cancel {}, over {}", job.cancel, job.overrun).into()
    }

    fn progress(&mut self, job: usize, seq: i64) -> Expected {
        let job = &mut self.jobs[job];
        if seq > job.progress_seq {
            job.progress_seq = seq;
            job.events += 1;
        }
        "ok".into()
    }

    fn stage(&mut self, job: usize, result: usize) -> Expected {
        let attempt = self.jobs[job].attempts.last_mut().unwrap();
        match attempt.result {
            Some((staged, _)) if staged != result => "another is staged".into(),
            _ => {
                attempt.result = Some((result, "STAGED"));
                "ok".into()
            }
        }
    }

    /// An acknowledged cancel never becomes SUCCEEDED.
    fn finish(&mut self, job: usize, result: FinishWith) -> Expected {
        let project = self.jobs[job].project;
        let job = &mut self.jobs[job];
        let staged = job.attempts.last().unwrap().result.map(|(number, _)| number);
        let named = match result {
            FinishWith::Own(number) => Some(number),
            FinishWith::OfTheAttemptBefore | FinishWith::OfTheAttemptAfter => None,
        };
        if named.is_none() || named != staged {
            return "not staged".into();
        }
        if job.cancel {
            job.end(JobState::Cancelled, "CANCELLED", Some("CANCELLED"));
            return "cancelled".into();
        }
        job.end(JobState::Succeeded, "SUCCEEDED", None);
        self.versions[project] += 1;
        format!("version {}", self.versions[project]).into()
    }

    fn fail(&mut self, index: usize, class: FailureClass) -> Expected {
        let job = &mut self.jobs[index];
        let before = job.failures + job.infra_failures + job.lost;
        let next = match class {
            FailureClass::Transient if job.failures + 1 < MAX_FAILURES => JobState::Queued,
            FailureClass::Infra if job.infra_failures < MAX_INFRA_FAILURES => JobState::Queued,
            FailureClass::Lost if job.lost + 1 < MAX_LOST => JobState::Queued,
            FailureClass::Transient | FailureClass::Infra | FailureClass::Lost => JobState::Dead,
            _ => JobState::Failed,
        };
        match class {
            FailureClass::Transient | FailureClass::User => {
                job.failures = (job.failures + 1).min(MAX_FAILURES);
            }
            FailureClass::Infra => job.infra_failures = (job.infra_failures + 1).min(MAX_INFRA_FAILURES),
            FailureClass::Lost => job.lost = (job.lost + 1).min(MAX_LOST),
            FailureClass::Timeout | FailureClass::Resource => {}
        }
        if job.cancel {
            job.end(JobState::Cancelled, "CANCELLED", Some("CANCELLED"));
            return "CANCELLED".into();
        }
        let outcome = if next == JobState::Queued {
            "RETRIED"
        } else {
            "FAILED"
        };
        // One that brings processes down is told apart.
        let poison = next == JobState::Dead && class == FailureClass::Lost;
        job.end(
            next,
            outcome,
            Some(if poison { "POISON" } else { "TOO_FEW_ROWS" }),
        );
        let waits = (next == JobState::Queued).then(|| (index, backoff(before)));
        Expected {
            answer: next.to_string(),
            backoffs: waits.into_iter().collect(),
        }
    }

    fn release(&mut self, index: usize) -> Expected {
        let job = &mut self.jobs[index];
        if job.cancel {
            job.end(JobState::Cancelled, "CANCELLED", Some("CANCELLED"));
            return "CANCELLED".into();
        }
        job.end(JobState::Queued, "RELEASED", None);
        self.make_due(index);
        "QUEUED".into()
    }

    fn outcome(&self, job: usize, epoch: usize) -> Expected {
        match self.jobs[job].attempts[epoch - 1].outcome {
            None => "still held",
            Some("SUCCEEDED") => "ended well",
            Some("CANCELLED") => "ended cancelled",
            Some("RETRIED" | "RELEASED") => "ended, queued again",
            Some("LOST") => "taken away",
            Some(_) => "ended badly",
        }
        .into()
    }

    fn cancel(&mut self, job: usize) -> Expected {
        let job = &mut self.jobs[job];
        match job.state {
            JobState::Queued => {
                (job.state, job.cancel, job.error) = (JobState::Cancelled, true, Some("CANCELLED"));
                job.due = None;
                job.events += 1;
            }
            JobState::Running if !job.cancel => {
                job.cancel = true;
                job.events += 1;
            }
            JobState::Running | JobState::Cancelled => {}
            _ => return "final already".into(),
        }
        "acknowledged".into()
    }

    /// Budgets are full again; the epoch goes on.
    fn retry(&mut self, index: usize) -> Expected {
        let job = &mut self.jobs[index];
        if !matches!(job.state, JobState::Failed | JobState::Dead | JobState::Cancelled) {
            return "cannot be retried".into();
        }
        let (project, max_queued) = (job.project, self.quotas[job.project].max_queued);
        if self.count(project, JobState::Queued) >= max_queued {
            return format!("queue full at {max_queued}").into();
        }
        let job = &mut self.jobs[index];
        (job.state, job.cancel, job.error) = (JobState::Queued, false, None);
        (job.failures, job.infra_failures, job.lost) = (0, 0, 0);
        job.events += 1;
        self.make_due(index);
        "retried".into()
    }

    fn reap(&mut self) -> Expected {
        let (mut reaped, mut backoffs) = (Vec::new(), Vec::new());
        for (i, job) in self.jobs.iter_mut().enumerate() {
            if job.state != JobState::Running || !job.expired {
                continue;
            }
            let (next, error) = if job.cancel {
                (JobState::Cancelled, "CANCELLED")
            } else if job.overrun {
                (JobState::Failed, "JOB_TIMEOUT")
            } else if job.lost + 1 >= MAX_LOST {
                (JobState::Dead, "POISON")
            } else {
                backoffs.push((i, backoff(job.lost)));
                (JobState::Queued, "LEASE_EXPIRED")
            };
            job.lost = (job.lost + 1).min(MAX_LOST);
            job.end(next, "LOST", Some(error));
            reaped.push(format!("job {i} epoch {} {next} {error}", job.attempts.len()));
        }
        Expected {
            answer: reaped.join(", "),
            backoffs,
        }
    }

    /// What the rows must say, a line for each job.
    pub(crate) fn visible(&self) -> Vec<String> {
        self.jobs
            .iter()
            .enumerate()
            .map(|(i, job)| line(i, job))
            .collect()
    }
}

fn line(i: usize, job: &Job) -> String {
    let attempts: Vec<String> = job
        .attempts
        .iter()
        .map(|a| format!("{}:{}", a.worker, a.outcome.unwrap_or("runs")))
        .collect();
    let results = job.attempts.iter().enumerate().filter_map(|(epoch, attempt)| {
        let (number, state) = attempt.result?;
        Some(format!("{}/{number}:{state}", epoch + 1))
    });
    format!(
        "job {i} {} epoch {} budgets {}/{}/{} cancel {} error {} due {} expired {} progress {} events {} attempts [{}] results [{}]",
        job.state,
        job.attempts.len(),
        job.failures,
        job.infra_failures,
        job.lost,
        job.cancel,
        job.error.unwrap_or("-"),
        job.due.is_some(),
        job.state == JobState::Running && job.expired,
        job.progress_seq,
        job.events,
        attempts.join(" "),
        results.collect::<Vec<_>>().join(" ")
    )
}
