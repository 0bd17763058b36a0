//! Model files that were changed in 20,000 ways: none makes the reader panic, or take much more memory than the file is long.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use cap::Cap;
use mltraining_domain::{
    AlgorithmSpec, Calibration, ExtraTreesSpec, GradientBoostingSpec, LogisticRegressionSpec,
    RandomForestSpec, Task,
};
use mltraining_learn::calibration::Calibrator;
use mltraining_learn::control::Control;
use mltraining_learn::fit::fit;
use mltraining_learn::matrix::Matrix;
use mltraining_learn::model_file::{self, Header, ModelFile};
use mltraining_learn::onnx;
use sha2::{Digest, Sha256};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

const MUTATIONS: usize = 20_000;
/// All that a read may ever have asked for: so many times the file, and a little.
const TIMES: usize = 16;
const A_LITTLE: usize = 64 * 1024;

/// Random numbers from a seed (Steele, Lea and Flood 2014, SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// A small file of each learner and each calibration.
fn files() -> Vec<Vec<u8>> {
    let mut numbers = Numbers(1);
    let rows = 300;
    let columns: Vec<Vec<f32>> = (0..3)
        .map(|_| (0..rows).map(|_| numbers.below(100) as f32).collect())
        .collect();
    let labels: Vec<u8> = columns[0].iter().map(|value| u8::from(*value > 60.0)).collect();
    let names: Vec<String> = (0..3).map(|feature| format!("f{feature}")).collect();
    let x = Matrix::new(names.clone(), columns).unwrap();
    let all: Vec<u32> = (0..rows).collect();
    let specs = [
        AlgorithmSpec::RandomForest(RandomForestSpec {
            trees: 3,
            max_depth: 4,
            ..Default::default()
        }),
        AlgorithmSpec::ExtraTrees(ExtraTreesSpec {
            trees: 3,
            max_depth: 4,
            ..Default::default()
        }),
        AlgorithmSpec::GradientBoosting(GradientBoostingSpec {
            trees: 3,
            max_depth: 3,
            ..Default::default()
        }),
        AlgorithmSpec::LogisticRegression(LogisticRegressionSpec::default()),
    ];
    let calibrations = [Calibration::None, Calibration::Platt, Calibration::Isotonic];
    let with = |spec: &AlgorithmSpec, calibration| {
        let model = fit(spec, &x, &all, &labels, 1, &Control::none()).unwrap();
        let scores = model.predict(&x, &all);
        let header = Header {
            spec_hash: "ab".repeat(32),
            source_fingerprint: "cd".repeat(32),
            feature_names: names.clone(),
            label: serde_json::json!({"column": {"column": "fraud", "delay": 0}}),
            threshold: Some(0.5),
            calibration: Calibrator::fit(calibration, &labels, &scores),
            seed: 1,
            service_version: "0.1.0".to_owned(),
        };
        model_file::encode(&ModelFile { header, model })
    };
    let every = specs
        .iter()
        .flat_map(|spec| calibrations.map(|calibration| with(spec, calibration)));
    every.collect()
}

/// One change of the bytes.
fn change(bytes: &mut Vec<u8>, numbers: &mut Numbers) {
    let at = numbers.below(bytes.len());
    let some = 1 + numbers.below(40);
    let end = bytes.len().min(at + some);
    match numbers.below(8) {
        0 => bytes[at] ^= 1 << numbers.below(8),
        1 => bytes[at] = numbers.next() as u8,
        2 => bytes.truncate(at),
        3 => drop(bytes.drain(at..end)),
        4 => {
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        5 => {
            let extreme = [0, 1, u32::MAX, i32::MAX as u32, 1 << 24][numbers.below(5)].to_le_bytes();
            let end = bytes.len().min(at + 4);
            bytes[at..end].copy_from_slice(&extreme[..end - at]);
        }
        6 => {
            let not_finite =
                [f32::NAN, f32::INFINITY, -0.0, f32::MIN_POSITIVE / 2.0][numbers.below(4)].to_le_bytes();
            let end = bytes.len().min(at + 4);
            bytes[at..end].copy_from_slice(&not_finite[..end - at]);
        }
        _ => {
            let other = numbers.below(bytes.len());
            bytes.swap(at, other);
        }
    }
}

/// Lengths and hash that fit what stands between them, as only a forger would write them: what is behind them is read then.
fn forge(bytes: &mut [u8]) {
    const PREFIX: usize = 8 + 4 + 4 + 8;
    if bytes.len() < PREFIX + 32 {
        return;
    }
    let content = bytes.len() - 32;
    let header = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    let header = header.min(content - PREFIX);
    bytes[12..16].copy_from_slice(&(header as u32).to_le_bytes());
    bytes[16..24].copy_from_slice(&((content - PREFIX - header) as u64).to_le_bytes());
    let hash = Sha256::digest(&bytes[..content]);
    bytes[content..].copy_from_slice(&hash);
}

/// What was read can be used: on a few rows, and written again.
fn use_it(file: &ModelFile) {
    let features = file.model.features();
    let columns = (0..features)
        .map(|feature| vec![feature as f32, f32::NAN, -1e30])
        .collect();
    let names = (0..features).map(|feature| format!("f{feature}")).collect();
    let x = Matrix::new(names, columns).unwrap();
    assert_eq!(file.predict(&x, &[0, 1, 2]).len(), 3);
    assert_eq!(
        model_file::decode(&model_file::encode(file)).unwrap().model,
        file.model
    );
    assert!(onnx::encode(file, Task::Binary).is_ok());
}

#[test]
fn no_change_of_a_model_file_makes_its_reader_panic_or_take_much_memory() {
    let files = files();
    let mut numbers = Numbers(2);
    let (mut read, mut most) = (0, 0.0f64);
    for nth in 0..MUTATIONS {
        let mut bytes = files[nth % files.len()].clone();
        for _ in 0..1 + numbers.below(3) {
            if !bytes.is_empty() {
                change(&mut bytes, &mut numbers);
            }
        }
        if nth % 4 != 0 {
            forge(&mut bytes);
        }
        let before = ALLOCATOR.total_allocated();
        let found = model_file::decode(&bytes);
        let taken = ALLOCATOR.total_allocated() - before;
        let bound = TIMES * bytes.len() + A_LITTLE;
        assert!(
            taken <= bound,
            "change {nth}: {taken} bytes for a file of {}",
            bytes.len()
        );
        most = most.max(taken as f64 / bytes.len().max(1024) as f64);
        if let Ok(file) = found {
            read += 1;
            use_it(&file);
        }
    }
    println!(
        "{MUTATIONS} changed files, {read} of them readable; at most {most:.1} bytes taken for a byte of a file"
    );
    assert!(
        read > MUTATIONS / 100,
        "only {read} files came so far that they were read whole"
    );
}
