//! Kept rows in bytes: how many are asked, median, mean and scale by feature, then labels, weights and values.

use super::ModelFileError;
use super::reader::Reader;
use crate::knn::{Neighbors, Scaled};
use crate::logistic_regression::Standard;

pub(super) fn write(neighbors: &Neighbors, bytes: &mut Vec<u8>) {
    bytes.extend(neighbors.count().to_le_bytes());
    bytes.extend((neighbors.features().len() as u32).to_le_bytes());
    for feature in neighbors.features() {
        for number in [feature.median, feature.standard.mean, feature.standard.scale] {
            bytes.extend(number.to_le_bytes());
        }
    }
    bytes.extend((neighbors.labels().len() as u32).to_le_bytes());
    for numbers in [neighbors.labels(), neighbors.weights(), neighbors.values()] {
        numbers
            .iter()
            .for_each(|number| bytes.extend(number.to_le_bytes()));
    }
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Neighbors, ModelFileError> {
    let asked = reader.u32()?;
    let features = reader.count(3 * 8)?;
    let mut scaled = Vec::with_capacity(features);
    for _ in 0..features {
        scaled.push(Scaled {
            median: reader.f64()?,
            standard: Standard {
                mean: reader.f64()?,
                scale: reader.f64()?,
            },
        });
    }
    // Of each row a label, a weight and its values.
    let rows = reader.count(4 * (2 + features))?;
    let mut numbers = |count: usize| (0..count).map(|_| reader.f32()).collect::<Result<Vec<_>, _>>();
    let (labels, weights) = (numbers(rows)?, numbers(rows)?);
    let values = numbers(rows * features)?;
    Neighbors::new(asked, scaled, values, labels, weights)
        .ok_or_else(|| ModelFileError::malformed("rows with values that are no numbers"))
}
