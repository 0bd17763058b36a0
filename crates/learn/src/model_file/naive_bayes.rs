//! A naive Bayes in bytes: the log odds of the classes, then median, means and variances by feature.

use super::ModelFileError;
use super::reader::Reader;
use crate::gaussian_nb::{NaiveBayes, Normals};

pub(super) fn write(bayes: &NaiveBayes, bytes: &mut Vec<u8>) {
    bytes.extend(bayes.prior().to_le_bytes());
    bytes.extend((bayes.features().len() as u32).to_le_bytes());
    for Normals {
        median,
        means: [a, b],
        variances: [v, w],
    } in bayes.features()
    {
        for number in [median, a, b, v, w] {
            bytes.extend(number.to_le_bytes());
        }
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<NaiveBayes, ModelFileError> {
    let prior = reader.f64()?;
    let count = reader.count(5 * 8)?;
    let mut features = Vec::with_capacity(count);
    for _ in 0..count {
        features.push(Normals {
            median: reader.f64()?,
            means: [reader.f64()?, reader.f64()?],
            variances: [reader.f64()?, reader.f64()?],
        });
    }
    NaiveBayes::new(prior, features).ok_or_else(|| ModelFileError::malformed("moments that are no numbers"))
}
