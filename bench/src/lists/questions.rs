//! What is asked of the list of jobs: for the store, and in the words of the API.

use chrono::{DateTime, Duration, Utc};
use mltraining_domain::{JobState, Priority};
use mltraining_store::jobs::JobFilter;

/// One kind of question; its `n`-th form differs from the others, so that not one page is measured again and again.
pub(super) struct Question {
    pub(super) name: &'static str,
    pub(super) set: fn(&mut JobFilter, u32),
    pub(super) filter: fn(u32) -> String,
}

/// The time of a job somewhere in the middle: one was made each second.
pub(super) fn some_time(n: u32, jobs: u32) -> DateTime<Utc> {
    let first = DateTime::from_timestamp(1_767_225_600, 0).expect("2026 is a year");
    first + Duration::seconds(i64::from(jobs / 4 + n * 997 % (jobs / 2).max(1)))
}

fn label(filter: &mut JobFilter, key: &str, value: String) {
    filter.labels.insert(key.to_owned(), value);
}

fn state(filter: &mut JobFilter, state: JobState) {
    filter.states = Some(vec![state]);
}

fn last_priority(filter: &mut JobFilter) {
    filter.priorities = Some(Priority::new(4).into_iter().collect());
}

fn same(text: &str) -> String {
    text.to_owned()
}

pub(super) const QUESTIONS: &[Question] = &[
    Question {
        name: "newest",
        set: |_, _| {},
        filter: |_| String::new(),
    },
    Question {
        name: "state: FAILED, one of 23",
        set: |f, _| state(f, JobState::Failed),
        filter: |_| same("state = FAILED"),
    },
    Question {
        name: "state: RUNNING, twenty of all",
        set: |f, _| state(f, JobState::Running),
        filter: |_| same("state = RUNNING"),
    },
    Question {
        name: "model, fifty of all",
        set: |f, n| f.model = format!("m{}", n + 1).parse().ok(),
        filter: |n| format!("model = m{}", n + 1),
    },
    Question {
        name: "label, one of 50",
        set: |f, n| label(f, "team", format!("t{}", n % 50)),
        filter: |n| format!("labels.team = t{}", n % 50),
    },
    Question {
        name: "label, a thousand old jobs",
        set: |f, n| label(f, "run", format!("r{}", n % 100)),
        filter: |n| format!("labels.run = r{}", n % 100),
    },
    Question {
        name: "label, the oldest forty",
        set: |f, _| label(f, "rare", same("yes")),
        filter: |_| same("labels.rare = yes"),
    },
    Question {
        name: "label that no job has",
        set: |f, n| label(f, "none", format!("n{n}")),
        filter: |n| format!("labels.none = n{n}"),
    },
    Question {
        name: "two labels that no job has together",
        set: |f, n| {
            label(f, "team", format!("t{}", n % 50));
            label(f, "run", same("none"));
        },
        filter: |n| format!("labels.team = t{} AND labels.run = none", n % 50),
    },
    Question {
        name: "created_by, one of 100",
        set: |f, n| f.created_by = Some(format!("key{}", n % 100)),
        filter: |n| format!("created_by = key{}", n % 100),
    },
    Question {
        name: "created_by, the oldest forty",
        set: |f, _| f.created_by = Some(same("ann")),
        filter: |_| same("created_by = ann"),
    },
    Question {
        name: "state, priority and caller together, hardly any",
        set: |f, n| {
            state(f, JobState::Failed);
            last_priority(f);
            f.created_by = Some(format!("key{}", n % 100));
        },
        filter: |n| format!("state = FAILED AND priority = 4 AND created_by = key{}", n % 100),
    },
    Question {
        name: "state and priority, hardly any",
        set: |f, _| {
            state(f, JobState::Failed);
            last_priority(f);
        },
        filter: |_| same("state = FAILED AND priority = 4"),
    },
    Question {
        name: "priority, one of 1009",
        set: |f, _| last_priority(f),
        filter: |_| same("priority = 4"),
    },
];
