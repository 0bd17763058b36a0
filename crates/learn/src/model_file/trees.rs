//! Trees in bytes, node by node, with the gains by feature before them.

use super::ModelFileError;
use super::reader::Reader;
use crate::tree::{Node, Side, Tree};

const LEAF: u8 = 0;
const SPLIT_MISSING_LEFT: u8 = 1;
const SPLIT_MISSING_RIGHT: u8 = 2;
/// The bytes of a leaf, the smallest node.
const SMALLEST_NODE: usize = 1 + 4;

pub(super) fn write(gains: &[f64], trees: &[Tree], bytes: &mut Vec<u8>) {
    bytes.extend((gains.len() as u32).to_le_bytes());
    for gain in gains {
        bytes.extend(gain.to_le_bytes());
    }
    bytes.extend((trees.len() as u32).to_le_bytes());
    for tree in trees {
        bytes.extend((tree.nodes().len() as u32).to_le_bytes());
        for (index, node) in tree.nodes().iter().enumerate() {
            if tree.is_leaf(index) {
                bytes.push(LEAF);
                bytes.extend(node.value.to_le_bytes());
            } else {
                write_split(node, bytes);
            }
        }
    }
}

fn write_split(node: &Node, bytes: &mut Vec<u8>) {
    bytes.push(match node.missing {
        Side::Left => SPLIT_MISSING_LEFT,
        Side::Right => SPLIT_MISSING_RIGHT,
    });
    bytes.extend(node.feature.to_le_bytes());
    bytes.extend(node.threshold.to_le_bytes());
    bytes.extend(node.left.to_le_bytes());
}

/// Gains and trees, over as many features as there are gains.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<(Vec<f64>, Vec<Tree>), ModelFileError> {
    let features = reader.count(8)?;
    let gains = (0..features)
        .map(|_| reader.f64())
        .collect::<Result<Vec<_>, _>>()?;
    if !gains.iter().all(|gain| gain.is_finite() && *gain >= 0.0) {
        return Err(ModelFileError::malformed("a gain that is no number of 0 or more"));
    }
    let trees = reader.count(4 + SMALLEST_NODE)?;
    let trees = (0..trees)
        .map(|_| read_tree(reader, features))
        .collect::<Result<Vec<_>, _>>()?;
    Ok((gains, trees))
}

fn read_tree(reader: &mut Reader<'_>, features: usize) -> Result<Tree, ModelFileError> {
    let count = reader.count(SMALLEST_NODE)?;
    let nodes = (0..count)
        .map(|index| read_node(reader, index as u32))
        .collect::<Result<Vec<_>, _>>()?;
    Tree::new(nodes, features).map_err(|e| ModelFileError::malformed(&e))
}

fn read_node(reader: &mut Reader<'_>, index: u32) -> Result<Node, ModelFileError> {
    let missing = match reader.u8()? {
        LEAF => return Ok(Node::leaf(index, reader.f32()?)),
        SPLIT_MISSING_LEFT => Side::Left,
        SPLIT_MISSING_RIGHT => Side::Right,
        other => return Err(ModelFileError::Malformed(format!("unknown kind of node {other}"))),
    };
    let (feature, threshold, left) = (reader.u16()?, reader.f32()?, reader.u32()?);
    Ok(Node {
        threshold,
        left,
        value: 0.0,
        feature,
        missing,
    })
}
