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
