//! A probe: does what a test of the service asks for, good or bad.

use crate::work::{OutputFile, Work, WorkError};
use mltraining_domain::{Epoch, FailureClass, JobFailure, ProbeSpec, ProbeStep, Reason, WorkPhase};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// How often a step that heeds a stop looks.
const LOOK: Duration = Duration::from_millis(5);

/// Does the steps of the attempt, then leaves one file. Call it on a thread that may be blocked.
///
/// # Errors
/// What its steps ask for.
pub fn run(spec: &ProbeSpec, epoch: Epoch, work: &Work) -> Result<Vec<OutputFile>, WorkError> {
    for step in spec.steps_of(epoch) {
        if work.stop.reason().is_some() {
            return Err(WorkError::Stopped);
        }
        step_of(*step, work)?;
    }
    let size = usize::try_from(spec.artifact_bytes).expect("a checked artifact has at most 1 GiB");
    let mut bytes = vec![b' '; size];
    for (place, byte) in bytes.iter_mut().zip(b"{}") {
        *place = *byte;
    }
    Ok(vec![OutputFile {
        file: "probe.json",
        media_type: "application/json",
        bytes,
    }])
}

fn step_of(step: ProbeStep, work: &Work) -> Result<(), WorkError> {
    match step {
        ProbeStep::Sleep { millis } => sleep(Duration::from_millis(millis), work),
        ProbeStep::Work { millis } => compute(Duration::from_millis(millis), work),
        ProbeStep::Spin { millis } => {
            spin(Duration::from_millis(millis));
            Ok(())
        }
        ProbeStep::Abort => std::process::abort(),
        ProbeStep::OverflowStack => {
            black_box(overflow(0));
            Ok(())
        }
        ProbeStep::Allocate { bytes } => {
            allocate(bytes);
            Ok(())
        }
        ProbeStep::Panic => panic!("the probe was asked to panic"),
        ProbeStep::Exit { code } => exit(code),
        ProbeStep::Fail { class } => Err(failure(class)),
    }
}

/// Waits without computing; a stop ends it.
fn sleep(span: Duration, work: &Work) -> Result<(), WorkError> {
    let end = Instant::now() + span;
    while let Some(left) = end
        .checked_duration_since(Instant::now())
        .filter(|left| !left.is_zero())
    {
        if work.stop.reason().is_some() {
            return Err(WorkError::Stopped);
        }
        std::thread::park_timeout(left.min(LOOK));
    }
    Ok(())
}

/// Computes, with progress; a stop ends it.
fn compute(span: Duration, work: &Work) -> Result<(), WorkError> {
    let begin = Instant::now();
    let total = span.as_millis() as u64;
    loop {
        let done = begin.elapsed().min(span).as_millis() as u64;
        work.board
            .note(WorkPhase::Fit, done, total, format!("{done} of {total} ms"));
        if done == total {
            return Ok(());
        }
        if work.stop.reason().is_some() {
            return Err(WorkError::Stopped);
        }
        spin(LOOK.min(span - begin.elapsed().min(span)));
    }
}

fn spin(span: Duration) {
    let end = Instant::now() + span;
    let mut sum = 0u64;
    while Instant::now() < end {
        for i in 0..1000 {
            sum = black_box(sum.wrapping_mul(31).wrapping_add(i));
        }
    }
}

#[expect(unconditional_recursion, reason = "the probe asks for just this")]
fn overflow(depth: u64) -> u64 {
    let frame = black_box([depth; 512]);
    black_box(overflow(depth + 1)).wrapping_add(frame[0])
}

fn allocate(bytes: u64) {
    let size = usize::try_from(bytes).unwrap_or(usize::MAX);
    let mut taken: Vec<u8> = Vec::with_capacity(size);
    taken.resize(size, 1); // written to, so that it is taken for good
    black_box(&taken);
}

#[expect(clippy::disallowed_methods, reason = "the probe asks for just this")]
fn exit(code: i32) -> ! {
    std::process::exit(code)
}

fn failure(class: FailureClass) -> WorkError {
    let reason = match class {
        FailureClass::User => Reason::InvalidField,
        FailureClass::Infra => Reason::Unavailable,
        FailureClass::Timeout => Reason::JobTimeout,
        FailureClass::Resource => Reason::MemoryLimit,
        FailureClass::Transient | FailureClass::Lost => Reason::Internal,
    };
    WorkError::Failed(JobFailure {
        class,
        reason,
        message: format!("the probe was asked to fail with {}", class.as_str()),
        phase: WorkPhase::Fit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stop::StopReason;
    use serde_json::json;

    fn run_of(spec: serde_json::Value, work: &Work) -> Result<Vec<OutputFile>, WorkError> {
        let spec: ProbeSpec = serde_json::from_value(spec).unwrap();
        run(&spec.check().unwrap(), Epoch(1), work)
    }

    #[test]
    fn a_probe_leaves_one_file_of_the_size_asked_for() {
        let files = run_of(json!({"artifact_bytes": 5}), &Work::default()).unwrap();
        assert_eq!(files[0].bytes, b"{}   ");
        let work = json!([{"do": "work", "millis": 20}, {"do": "spin", "millis": 1}]);
        let shared = Work::default();
        let files = run_of(json!({"steps": work}), &shared).unwrap();
        assert_eq!(files[0].bytes, b"{}");
        assert_eq!(shared.board.read().steps_done, 20);
    }

    #[test]
    fn a_stop_ends_a_step_that_heeds_it() {
        for step in ["sleep", "work"] {
            let work = Work::default();
            let stop = work.stop.clone();
            let stopper = std::thread::spawn(move || stop.stop(StopReason::Cancelled));
            let ended = run_of(json!({"steps": [{"do": step, "millis": 600_000}]}), &work);
            assert!(matches!(ended, Err(WorkError::Stopped)));
            stopper.join().unwrap();
        }
    }
}
