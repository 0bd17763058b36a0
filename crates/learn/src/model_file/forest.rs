//! A forest in bytes: its trees.

use super::ModelFileError;
use super::reader::Reader;
use super::trees;
use crate::random_forest::Forest;

pub(super) fn write(forest: &Forest, bytes: &mut Vec<u8>) {
    trees::write(forest.gains(), forest.trees(), bytes);
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Forest, ModelFileError> {
    let (gains, trees) = trees::read(reader)?;
    Forest::new(trees, gains).ok_or_else(|| ModelFileError::malformed("a forest without trees"))
}

/// A single tree.
pub(super) fn read_one(reader: &mut Reader<'_>) -> Result<Forest, ModelFileError> {
    let forest = read(reader)?;
    match forest.trees() {
        [_] => Ok(forest),
        _ => Err(ModelFileError::malformed("a tree that is several")),
    }
}
