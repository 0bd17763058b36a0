//! Symmetric (oblivious) trees: all nodes of a level are split by the same cut, the one that gains most over all of them
//! (Prokhorenkova and others 2018, "CatBoost", section 3.3). A node of which a side would have too little adds no gain.

use super::draft::Draft;
use super::gradient::Cell;
use super::grow::Grower;
use super::leaf::{Leaf, Next, Rows};
use super::scan::Scan;
use super::search::Split;
use crate::binned::MISSING;
use crate::fit::FitError;
use crate::tree::Side;
use rayon::prelude::*;

/// A cut of all nodes of a level.
#[derive(Debug, Clone, Copy)]
struct LevelCut {
    /// Place among the chosen features.
    place: usize,
    cut: usize,
    missing: Side,
    gain: f64,
}

pub(super) fn grow(grower: &Grower<'_>, rows: &mut Rows, draft: &mut Draft) -> Result<Vec<Leaf>, FitError> {
    let mut level = vec![grower.root(rows, Next::Count)?];
    loop {
        let deep = level[0].depth == grower.spec.max_depth;
        let Some(cut) = (!deep).then(|| best(grower, &level)).flatten() else {
            return Ok(level);
        };
        let splits = splits(grower, &level, cut);
        let next = match grower.after(&level[0]) {
            Next::Search => Next::Count,
            other => other,
        };
        level = grower.split(level, &splits, rows, draft, next)?;
        if next == Next::Stop {
            return Ok(level);
        }
    }
}

/// The cut of the highest gain over all nodes; of equally good ones that of the first feature.
fn best(grower: &Grower<'_>, level: &[Leaf]) -> Option<LevelCut> {
    let places = 0..grower.splitter.searcher.columns.features().len();
    let found: Vec<Option<LevelCut>> = places
        .into_par_iter()
        .map(|place| best_of_feature(grower, level, place))
        .collect();
    let better = |a: LevelCut, b: LevelCut| if b.gain > a.gain { b } else { a };
    let best = found.into_iter().flatten().reduce(better)?;
    (best.gain > grower.splitter.searcher.penalty.least_gain).then_some(best)
}

fn best_of_feature(grower: &Grower<'_>, level: &[Leaf], place: usize) -> Option<LevelCut> {
    let scans: Vec<Scan<'_>> = level
        .iter()
        .filter_map(|leaf| scan(grower, leaf, place))
        .collect();
    let bins = scans.first()?.bins;
    let known = scans
        .iter()
        .any(|scan| scan.cells[usize::from(MISSING)] != Cell::default());
    let mut best: Option<LevelCut> = None;
    for &missing in &[Side::Right, Side::Left][..1 + usize::from(known)] {
        let mut gains = [0f64; 256];
        for scan in &scans {
            scan.add_gains(missing, &mut gains[..bins]);
        }
        for (cut, &gain) in gains[..bins].iter().enumerate() {
            if gain > best.map_or(0.0, |best| best.gain) {
                best = Some(LevelCut {
                    place,
                    cut,
                    missing,
                    gain,
                });
            }
        }
    }
    best
}

fn scan<'a>(grower: &'a Grower<'_>, leaf: &'a Leaf, place: usize) -> Option<Scan<'a>> {
    let histogram = leaf.facts.histogram.as_ref()?;
    Some(
        grower
            .splitter
            .searcher
            .scan(histogram, place, leaf.facts.total, leaf.facts.bounds),
    )
}

/// What the level's cut means for each of its nodes. Where no value is missing, later ones go where the rows have the greater
/// sum of second derivatives.
fn splits(grower: &Grower<'_>, level: &[Leaf], cut: LevelCut) -> Vec<Split> {
    let left = |leaf: &Leaf, missing: Side| {
        scan(grower, leaf, cut.place).map_or_else(Cell::default, |scan| scan.left(cut.cut, missing))
    };
    let weight = |cell: Cell| i64::from(cell.curvature());
    let total: i64 = level.iter().map(|leaf| weight(leaf.facts.total)).sum();
    let [with, without]: [i64; 2] =
        [Side::Left, Side::Right].map(|side| level.iter().map(|leaf| weight(left(leaf, side))).sum());
    let missing = match with == without && 2 * with >= total {
        true => Side::Left,
        false => cut.missing,
    };
    level
        .iter()
        .map(|leaf| Split {
            feature: grower.splitter.searcher.columns.features()[cut.place],
            cut: cut.cut as u8,
            missing,
            left: left(leaf, cut.missing),
            gain: cut.gain / level.len() as f64,
        })
        .collect()
}
