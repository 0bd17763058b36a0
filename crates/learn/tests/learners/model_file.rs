use crate::seeded::{Rows, specs};
use mltraining_domain::Calibration;
use mltraining_learn::calibration::Calibrator;
use mltraining_learn::model_file::{Header, ModelFile, ModelFileError, decode, encode};
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

fn rows() -> Rows {
    Rows::of(19, 600, 5, |row| row[0] * row[1])
}

/// A small file of each learner.
static FILES: LazyLock<Vec<(ModelFile, Vec<u8>)>> = LazyLock::new(|| {
    let rows = rows();
    let file = |spec| ModelFile {
        header: header(&rows),
        model: rows.fit(spec),
    };
    let with_bytes = |file: ModelFile| {
        let bytes = encode(&file);
        (file, bytes)
    };
    specs().iter().map(file).map(with_bytes).collect()
});

fn header(rows: &Rows) -> Header {
    Header {
        spec_hash: "ab".repeat(32),
        source_fingerprint: "cd".repeat(32),
        feature_names: rows.x.names().to_vec(),
        label: serde_json::json!({ "change_at_horizon": { "change": 0.1, "horizon": 600 } }),
        // Two numbers that a careless reader of decimals gets wrong in the last bit.
        threshold: Some(0.300_000_000_000_000_04),
        calibration: None,
        seed: u64::MAX - 1,
        service_version: "0.1.0".to_owned(),
    }
}

/// The same bytes with a hash that fits them: what no accident makes, and only a forger would.
fn rehashed(mut bytes: Vec<u8>) -> Vec<u8> {
    let content = bytes.len() - 32;
    let hash = Sha256::digest(&bytes[..content]);
    bytes[content..].copy_from_slice(&hash);
    bytes
}

#[test]
fn a_model_comes_back_as_it_was_and_predicts_bit_for_bit() {
    let rows = rows();
    for (file, bytes) in &*FILES {
        let back = decode(bytes).unwrap();
        assert_eq!(back, *file);
        assert_eq!(encode(&back), *bytes);
        let bits = |file: &ModelFile| -> Vec<u64> {
            file.model
                .predict(&rows.x, &rows.test())
                .iter()
                .map(|score| score.to_bits())
                .collect()
        };
        assert_eq!(bits(&back), bits(file));
        assert_eq!(back.model.importances(), file.model.importances());
    }
}

#[test]
fn a_calibration_is_kept_in_the_file_and_laid_over_the_scores() {
    let rows = rows();
    for (file, _) in &*FILES {
        let raw = file.model.predict(&rows.x, &rows.test());
        let labels: Vec<u8> = rows.test().iter().map(|&row| rows.labels[row as usize]).collect();
        assert_eq!(
            file.predict(&rows.x, &rows.test()),
            raw,
            "without one they stay as they are"
        );
        for spec in [Calibration::Platt, Calibration::Isotonic] {
            let fitted = Calibrator::fit(spec, &labels, &raw).unwrap();
            let mut calibrated = file.clone();
            calibrated.header.calibration = Some(fitted.clone());
            let back = decode(&encode(&calibrated)).unwrap();
            assert_eq!(back, calibrated);
            let expected: Vec<f64> = raw.iter().map(|&score| fitted.apply(score)).collect();
            assert_eq!(back.predict(&rows.x, &rows.test()), expected);
        }
    }
}

/// A file that says of itself what `change` makes of its header.
fn with_header(bytes: &[u8], change: impl Fn(String) -> String) -> Vec<u8> {
    let length = u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
    let header = change(String::from_utf8(bytes[24..24 + length].to_vec()).unwrap());
    let mut changed = bytes[..12].to_vec();
    changed.extend((header.len() as u32).to_le_bytes());
    changed.extend(&bytes[16..24]);
    changed.extend(header.as_bytes());
    changed.extend(&bytes[24 + length..]);
    rehashed(changed)
}

#[test]
fn a_calibration_that_no_fit_can_give_is_refused() {
    let (_, bytes) = &FILES[0];
    for broken in [
        r#""calibration":{"platt":{"slope":-1.0,"intercept":0.0}},"seed""#,
        r#""calibration":{"isotonic":{"scores":[0.2,0.1],"values":[0.0,1.0]}},"seed""#,
        r#""calibration":{"isotonic":{"scores":[],"values":[]}},"seed""#,
    ] {
        let forged = with_header(bytes, |header| header.replace(r#""seed""#, broken));
        assert!(
            matches!(decode(&forged), Err(ModelFileError::Malformed(_))),
            "{broken}"
        );
    }
    let sound = r#""calibration":{"platt":{"slope":1.0,"intercept":0.0}},"seed""#;
    assert!(decode(&with_header(bytes, |header| header.replace(r#""seed""#, sound))).is_ok());
}

#[test]
fn every_truncation_is_refused() {
    for (_, bytes) in &*FILES {
        for length in (0..bytes.len())
            .step_by(1 + bytes.len() / 2000)
            .chain(bytes.len() - 40..bytes.len())
        {
            assert!(
                decode(&bytes[..length]).is_err(),
                "{length} of {} bytes",
                bytes.len()
            );
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert!(matches!(decode(&longer), Err(ModelFileError::WrongLength { .. })));
    }
}

#[test]
fn what_is_wrong_is_said() {
    let (_, bytes) = &FILES[1];
    assert_eq!(
        decode(b"PK\x03\x04 and so on").unwrap_err(),
        ModelFileError::NotAModelFile
    );
    let mut newer = bytes.clone();
    newer[8] = 2;
    assert_eq!(
        decode(&newer).unwrap_err(),
        ModelFileError::UnknownVersion { found: 2 }
    );
    let mut flipped = bytes.clone();
    *flipped.last_mut().unwrap() ^= 1;
    assert_eq!(decode(&flipped).unwrap_err(), ModelFileError::HashMismatch);
}

#[test]
fn lengths_that_the_bytes_do_not_hold_are_refused_before_anything_is_allocated() {
    let (_, bytes) = &FILES[0];
    let mut huge = bytes.clone();
    huge[16..24].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(
        decode(&rehashed(huge)),
        Err(ModelFileError::WrongLength { .. })
    ));
    let mut header = bytes.clone();
    header[12..16].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(
        decode(&rehashed(header)),
        Err(ModelFileError::Malformed(_))
    ));
    // The number of features stands right behind the header and the learner's byte.
    let start = 24 + u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize + 1;
    let mut features = bytes.clone();
    features[start..start + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    let expected = ModelFileError::Malformed("more entries than bytes".to_owned());
    assert_eq!(decode(&rehashed(features)).unwrap_err(), expected);
}

#[test]
fn a_header_that_names_other_features_than_the_model_has_is_refused() {
    let (file, _) = &FILES[0];
    let mut other = file.clone();
    other.header.feature_names.pop();
    assert!(matches!(
        decode(&encode(&other)),
        Err(ModelFileError::Malformed(_))
    ));
}

proptest! {
    #[test]
    fn every_flipped_byte_is_refused(at in any::<prop::sample::Index>(), flip in 1u8..=255) {
        for (_, bytes) in &*FILES {
            let mut broken = bytes.clone();
            broken[at.index(bytes.len())] ^= flip;
            prop_assert!(decode(&broken).is_err());
        }
    }

    #[test]
    fn random_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(decode(&bytes).is_err());
        let behind_the_magic: Vec<u8> = b"MLTSMODL\x01\0\0\0".iter().copied().chain(bytes).collect();
        prop_assert!(decode(&behind_the_magic).is_err());
    }

    /// Behind the hash stands the parser, alone: whatever it takes has to predict without panic.
    #[test]
    fn forged_bytes_never_panic(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)
    ) {
        let rows = rows();
        for (_, bytes) in &*FILES {
            let mut forged = bytes.clone();
            for (at, byte) in &changes {
                forged[24 + at.index(bytes.len() - 24 - 32)] = *byte;
            }
            if let Ok(file) = decode(&rehashed(forged))
                && file.model.features() == rows.x.features()
            {
                prop_assert_eq!(file.model.predict(&rows.x, &rows.test()).len(), 300);
            }
        }
    }
}
