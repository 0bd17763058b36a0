//! Which training rows know nothing of a test block (Lopez de Prado, "Advances in Financial Machine Learning", 2018,
//! chapter 7). A row is known from its decision time t to its label's resolve time r.

/// Rows that stay, and how many went for which reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The rows that stay, in the order given.
    pub rows: Vec<u32>,
    /// Rows dropped because their span meets the test block.
    pub purged: u64,
    /// Rows dropped because of the embargo alone.
    pub embargoed: u64,
}

/// What the rows of a test block know: from the first decision among them to the latest resolve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestSpan {
    /// T0, the first decision time of its rows.
    pub first_decision: i64,
    /// T1, the latest resolve time of its rows, which need not be that of the row decided last.
    pub latest_resolve: i64,
}

impl TestSpan {
    /// The span of these rows (positions in the slices); `None` without a row.
    pub fn of(decision: &[i64], resolve: &[i64], test: &[u32]) -> Option<Self> {
        Some(Self {
            first_decision: test.iter().map(|row| decision[*row as usize]).min()?,
            latest_resolve: test.iter().map(|row| resolve[*row as usize]).max()?,
        })
    }
}

/// Of rows decided before the test block (`candidates`, positions in `resolve`) those with r < T0 - embargo stay, T0 being
/// the block's first decision time.
pub fn walk_forward(resolve: &[i64], candidates: &[u32], first_test_decision: i64, embargo: i64) -> Kept {
    let limit = first_test_decision.saturating_sub(embargo);
    sift(candidates, |row| {
        let resolved = resolve[row as usize];
        if resolved >= first_test_decision {
            Fate::Purged
        } else if resolved >= limit {
            Fate::Embargoed
        } else {
            Fate::Kept
        }
    })
}

/// Of rows on both sides of test blocks (`candidates`, positions in the other slices) those stay whose span [t, r] meets
/// [T0, T1] of none of them and that are not decided in (T1, T1 + embargo] of any. Without a test block all stay.
pub fn k_fold(
    decision: &[i64],
    resolve: &[i64],
    candidates: &[u32],
    test: &[TestSpan],
    embargo: i64,
) -> Kept {
    sift(candidates, |row| {
        let (decided, resolved) = (decision[row as usize], resolve[row as usize]);
        let meets = |span: &TestSpan| decided <= span.latest_resolve && resolved >= span.first_decision;
        let follows = |span: &TestSpan| {
            decided > span.latest_resolve && decided <= span.latest_resolve.saturating_add(embargo)
        };
        if test.iter().any(meets) {
            Fate::Purged
        } else if test.iter().any(follows) {
            Fate::Embargoed
        } else {
            Fate::Kept
        }
    })
}

enum Fate {
    Kept,
    Purged,
    Embargoed,
}

fn sift(candidates: &[u32], fate: impl Fn(u32) -> Fate) -> Kept {
    let mut kept = Kept {
        rows: Vec::with_capacity(candidates.len()),
        purged: 0,
        embargoed: 0,
    };
    for row in candidates {
        match fate(*row) {
            Fate::Kept => kept.rows.push(*row),
            Fate::Purged => kept.purged += 1,
            Fate::Embargoed => kept.embargoed += 1,
        }
    }
    kept
}
