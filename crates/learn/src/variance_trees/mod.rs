//! Trees of numbers: a split takes the most from the squared error, a leaf holds the mean of its rows (Breiman, Friedman, Olshen
//! and Stone 1984, "Classification and regression trees", section 8.3). Random forests and extra trees of numbers are made of them.
//!
//! The numbers are kept as whole ones ([`fixed`]), so that sums are exact and a split depends on nothing but its rows.

mod draw;
mod fixed;
mod grow;
mod one_cut;
mod search;

use crate::random::Random;
pub(crate) use fixed::above;
pub(crate) use grow::VarianceTrees;
pub(crate) use one_cut::OneCut;
pub(crate) use search::EveryCut;

/// Every row once; of rows with weights each with the probability that it weighs, but at least one.
pub(crate) fn once<'t>(
    times: &'t mut Vec<u8>,
    rows: usize,
    weights: Option<&[f32]>,
    random: &mut Random,
) -> &'t [u8] {
    times.clear();
    match weights {
        None => times.resize(rows, 1),
        Some(weights) => {
            times.extend(
                weights
                    .iter()
                    .map(|weight| u8::from(random.unit() < f64::from(*weight))),
            );
            if times.iter().all(|times| *times == 0) {
                times[random.below(rows)] = 1;
            }
        }
    }
    times
}
