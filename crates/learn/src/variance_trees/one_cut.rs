//! One random cut for each feature that is tried.

use super::draw::{Draw, Sums};
use super::search::{Node, Split, SplitSearch};
use crate::binned::{BinnedMatrix, MISSING};
use crate::extra_trees::random_cut::RandomCut;
use crate::random::Random;
use crate::tree::Side;

/// Draws one cut between the least and the largest value of a node, as extra trees of classes do.
pub(crate) struct OneCut;

impl SplitSearch for OneCut {
    fn try_feature(
        &mut self,
        bins: &BinnedMatrix,
        rows: &[Draw],
        node: &Node,
        feature: u16,
        random: &mut Random,
        best: &mut Option<Split>,
    ) {
        let column = bins.column(usize::from(feature));
        let (mut least, mut most, mut missing) = (MISSING, 0, Sums::default());
        for draw in rows {
            let bin = column[draw.row as usize];
            if bin == MISSING {
                missing.add(*draw);
            } else {
                (least, most) = (least.min(bin), most.max(bin));
            }
        }
        let some_missing = missing.draws > 0;
        let cut = match least {
            MISSING => return, // nothing is known
            least if least < most => RandomCut::draw(bins, feature, least, most, random),
            _ if some_missing => most, // values from missing ones: the only way to part them
            _ => return,
        };
        let left = rows.iter().filter(|draw| column[draw.row as usize] <= cut);
        let left: Sums = left.copied().sum();
        let known = |side| some_missing.then_some(side);
        node.keep_better(best, (feature, cut), left, known(Side::Right));
        if some_missing {
            node.keep_better(best, (feature, cut), left.and(missing), known(Side::Left));
        }
    }
}
