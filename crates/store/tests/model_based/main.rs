//! Random sequences of operations, done on the store and on a small model of the protocol side by side. After each one the
//! answers agree, and so does everything that can be seen. Leases of the past are used on purpose for every kind of write.
//!
//! `PROPTEST_CASES=2000 cargo test -p mltraining-store --test model_based` runs more of them.
#![allow(clippy::unwrap_used)]

mod model;
mod operation;
mod system;

#[path = "../support/mod.rs"]
mod support;

use model::World;
use operation::{Operation, operations};
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;
use system::System;

/// Sequences tried when the environment does not say how many.
const CASES: u32 = 64;

/// How often a write with a lease of the past was refused while its successor ran, by kind.
type Refused = BTreeMap<&'static str, u32>;

#[test]
fn the_store_does_what_the_protocol_says() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let system = runtime.block_on(System::new());
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|text| text.parse().ok());
    let config = Config {
        cases: cases.unwrap_or(CASES),
        failure_persistence: None,
        max_shrink_iters: 500,
        ..Config::default()
    };
    let refused = RefCell::new(Refused::new());
    let outcome = TestRunner::new(config).run(&operations(), |operations| {
        runtime.block_on(play(&system, &operations, &refused))
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(_, operations)) => {
            let fails = |some: &[Operation]| runtime.block_on(play(&system, some, &refused)).err();
            let (operations, why) = least(operations, fails);
            let steps: Vec<String> = operations
                .iter()
                .map(|operation| format!("{operation:?}"))
                .collect();
            panic!(
                "{why}\nafter these {} operations:\n  {}",
                steps.len(),
                steps.join("\n  ")
            );
        }
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
    let refused = refused.into_inner();
    let kinds = ["beat", "fail", "finish", "log", "progress", "release", "stage"];
    assert!(
        kinds.iter().all(|kind| refused.contains_key(kind)),
        "not every write was tried with a stale lease: {refused:?}"
    );
}

/// Leaves out single operations as long as the rest still fails: some of them are made, and so left out, in groups.
fn least(
    mut operations: Vec<Operation>,
    fails: impl Fn(&[Operation]) -> Option<TestCaseError>,
) -> (Vec<Operation>, TestCaseError) {
    let mut why = fails(&operations).expect("the same sequence fails again");
    let mut i = operations.len();
    while i > 0 {
        i -= 1;
        let without = [&operations[..i], &operations[i + 1..]].concat();
        if let Some(still) = fails(&without) {
            (operations, why) = (without, still);
            i = i.min(operations.len());
        }
    }
    (operations, why)
}

/// Does the operations on both, until they differ.
async fn play(
    system: &System,
    operations: &[Operation],
    refused: &RefCell<Refused>,
) -> Result<(), TestCaseError> {
    let mut model = World::new();
    let mut run = system.begin().await;
    for (i, operation) in operations.iter().enumerate() {
        if let Some(kind) = model.writes_beside_its_successor(operation) {
            *refused.borrow_mut().entry(kind).or_default() += 1;
        }
        let expected = model.apply(operation);
        let told = run.apply(operation, &model).await;
        if told != expected.answer {
            return Err(TestCaseError::fail(format!(
                "step {i}, {operation:?}: the store answers `{told}`, the model `{}`",
                expected.answer
            )));
        }
        run.hold_back(&expected.backoffs)
            .await
            .map_err(TestCaseError::fail)?;
        let (seen, wanted) = (run.visible().await, model.visible());
        if seen != wanted {
            return Err(TestCaseError::fail(format!(
                "step {i}, {operation:?}: the rows say\n  {}\nthe model says\n  {}",
                seen.join("\n  "),
                wanted.join("\n  ")
            )));
        }
    }
    Ok(())
}
