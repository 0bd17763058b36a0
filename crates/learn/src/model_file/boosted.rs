//! A sum of trees in bytes: the base, then its trees.

use super::ModelFileError;
use super::reader::Reader;
use super::trees;
use crate::gradient_boosting::{Boosted, Link};

pub(super) fn write(boosted: &Boosted, bytes: &mut Vec<u8>) {
    bytes.extend(boosted.base().to_le_bytes());
    trees::write(boosted.gains(), boosted.trees(), bytes);
}

pub(super) fn read(reader: &mut Reader<'_>, link: Link) -> Result<Boosted, ModelFileError> {
    let base = reader.f64()?;
    let (gains, trees) = trees::read(reader)?;
    Boosted::new(link, base, trees, gains)
        .ok_or_else(|| ModelFileError::malformed("a sum without trees, or with a base that is no number"))
}
