//! A linear model in bytes: how the fit ended, the intercept, then weight, mean and scale by feature.

use super::ModelFileError;
use super::reader::Reader;
use crate::logistic_regression::{Convergence, Linear, Standard};

const REACHED: u8 = 1;
const NOT_REACHED: u8 = 2;

pub(super) fn write(linear: &Linear, bytes: &mut Vec<u8>) {
    let (kind, iterations) = match linear.convergence() {
        Convergence::Reached(iterations) => (REACHED, iterations),
        Convergence::NotReached(iterations) => (NOT_REACHED, iterations),
    };
    bytes.push(kind);
    bytes.extend(iterations.to_le_bytes());
    bytes.extend(linear.intercept().to_le_bytes());
    bytes.extend((linear.weights().len() as u32).to_le_bytes());
    for (weight, standard) in linear.weights().iter().zip(linear.standards()) {
        for number in [*weight, standard.mean, standard.scale] {
            bytes.extend(number.to_le_bytes());
        }
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Linear, ModelFileError> {
    let kind = reader.u8()?;
    let iterations = reader.u32()?;
    let convergence = match kind {
        REACHED => Convergence::Reached(iterations),
        NOT_REACHED => Convergence::NotReached(iterations),
        other => return Err(ModelFileError::Malformed(format!("unknown end of a fit {other}"))),
    };
    let intercept = reader.f64()?;
    let count = reader.count(3 * 8)?;
    let (mut weights, mut standards) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for _ in 0..count {
        weights.push(reader.f64()?);
        standards.push(Standard {
            mean: reader.f64()?,
            scale: reader.f64()?,
        });
    }
    Linear::new(intercept, weights, standards, convergence)
        .ok_or_else(|| ModelFileError::malformed("weights that are no numbers"))
}
