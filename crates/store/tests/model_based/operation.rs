//! What can happen to jobs.

use mltraining_domain::FailureClass;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// One operation. A lease is chosen by how many were given after it (0: the newest one), a job by how many were made before it,
/// both modulo their number; an operation on what does not exist does nothing. So a sequence stays one when parts of it go.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    /// `request`: a key and what is asked for under it.
    Create {
        project: usize,
        priority: i32,
        request: Option<(u8, u8)>,
    },
    Claim {
        worker: usize,
    },
    Beat {
        lease: usize,
    },
    Progress {
        lease: usize,
        seq: i64,
    },
    Log {
        lease: usize,
    },
    Stage {
        lease: usize,
        result: usize,
    },
    Finish {
        lease: usize,
        result: FinishWith,
    },
    Fail {
        lease: usize,
        class: FailureClass,
    },
    Release {
        lease: usize,
    },
    /// Reads what became of a lease.
    Outcome {
        lease: usize,
    },
    Cancel {
        job: usize,
    },
    Retry {
        job: usize,
    },
    /// The lease of the job of this lease runs out, as if its worker had fallen silent.
    Expire {
        lease: usize,
    },
    /// The deadline of the job of this lease passed before the last heartbeat.
    Overrun {
        lease: usize,
    },
    /// The backoff of the job of this lease is over.
    MakeDue {
        lease: usize,
    },
    Reap,
    Pause,
    Resume,
    Quota {
        project: usize,
        max_running: i32,
        max_queued: i32,
    },
}

/// The result that a finish names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum FinishWith {
    /// The one of this number of the same lease.
    Own(usize),
    /// The first one of the attempt before.
    OfTheAttemptBefore,
    /// The first one of the attempt after, if there is one: the way in which a stale finish could do harm, since its own result
    /// is an orphan.
    OfTheAttemptAfter,
}

use Operation::*;

/// Mostly the newest lease; often one of the past.
fn lease() -> BoxedStrategy<usize> {
    prop_oneof![3 => Just(0_usize), 2 => 0..6_usize].boxed()
}

fn class() -> impl Strategy<Value = FailureClass> {
    use FailureClass::{Infra, Lost, Resource, Timeout, Transient, User};
    prop_oneof![
        3 => Just(Transient),
        3 => Just(Infra),
        2 => Just(Lost),
        1 => Just(User),
        1 => Just(Timeout),
        1 => Just(Resource),
    ]
}

fn finish_with() -> impl Strategy<Value = FinishWith> {
    use FinishWith::{OfTheAttemptAfter, OfTheAttemptBefore, Own};
    prop_oneof![
        4 => Just(Own(0)),
        1 => Just(Own(1)),
        1 => Just(OfTheAttemptBefore),
        1 => Just(OfTheAttemptAfter),
    ]
}

fn create() -> impl Strategy<Value = Operation> {
    let request = option::weighted(0.3, (0..3_u8, 0..2_u8));
    (0..2_usize, 0..3_i32, request).prop_map(|(project, priority, request)| Create {
        project,
        priority,
        request,
    })
}

fn of_a_worker(lease: &BoxedStrategy<usize>) -> impl Strategy<Value = Operation> + use<> {
    let lease = || lease.clone();
    prop_oneof![
        2 => lease().prop_map(|lease| Beat { lease }),
        2 => (lease(), 1..4_i64).prop_map(|(lease, seq)| Progress { lease, seq }),
        2 => lease().prop_map(|lease| Log { lease }),
        3 => (lease(), 0..2_usize).prop_map(|(lease, result)| Stage { lease, result }),
        3 => (lease(), finish_with()).prop_map(|(lease, result)| Finish { lease, result }),
        4 => (lease(), class()).prop_map(|(lease, class)| Fail { lease, class }),
        2 => lease().prop_map(|lease| Release { lease }),
        1 => lease().prop_map(|lease| Outcome { lease }),
    ]
}

fn of_others() -> impl Strategy<Value = Operation> {
    let job = || 0..6_usize;
    prop_oneof![
        3 => job().prop_map(|job| Cancel { job }),
        3 => job().prop_map(|job| Retry { job }),
        4 => lease().prop_map(|lease| Expire { lease }),
        1 => lease().prop_map(|lease| Overrun { lease }),
        4 => lease().prop_map(|lease| MakeDue { lease }),
        3 => Just(Reap),
        1 => Just(Pause),
        2 => Just(Resume),
        1 => (0..2_usize, 0..3_i32, 0..4_i32)
            .prop_map(|(project, max_running, max_queued)| Quota { project, max_running, max_queued }),
    ]
}

/// A job that another worker runs now, and what its worker of before still does: it fell silent, or gave the job back.
fn beside_its_successor() -> impl Strategy<Value = Vec<Operation>> {
    let before = of_a_worker(&Just(1).boxed());
    let finish = Just(Finish {
        lease: 1,
        result: FinishWith::OfTheAttemptAfter,
    });
    let staged = prop_oneof![3 => before.prop_map(|one| vec![one]), 1 => finish.prop_map(|one| vec![Stage { lease: 0, result: 0 }, one])];
    (any::<bool>(), staged, of_a_worker(&lease())).prop_map(|(silent, before, then)| {
        let away = if silent {
            vec![Expire { lease: 0 }, Reap, MakeDue { lease: 0 }]
        } else {
            vec![Release { lease: 0 }]
        };
        let claim = |worker| vec![Claim { worker }];
        [claim(0), away, claim(1), before, vec![then]].concat()
    })
}

/// A few operations that belong together; one alone is one of them.
fn some() -> impl Strategy<Value = Vec<Operation>> {
    let staged_and_finished = vec![
        Stage { lease: 0, result: 0 },
        Finish {
            lease: 0,
            result: FinishWith::Own(0),
        },
    ];
    prop_oneof![
        3 => create().prop_map(|one| vec![one]),
        4 => (0..3_usize).prop_map(|worker| vec![Claim { worker }]),
        10 => of_a_worker(&lease()).prop_map(|one| vec![one]),
        8 => of_others().prop_map(|one| vec![one]),
        6 => beside_its_successor(),
        2 => Just(staged_and_finished),
    ]
}

/// Sequences that begin with a job.
pub(crate) fn operations() -> impl Strategy<Value = Vec<Operation>> {
    (create(), vec(some(), 1..30))
        .prop_map(|(first, rest)| std::iter::once(first).chain(rest.into_iter().flatten()).collect())
}
