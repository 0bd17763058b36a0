//! Blocks drawn with replacement.

use crate::random::Random;

/// How often each of `blocks` blocks is drawn in as many draws. Resample `nth` of a stream is the same on any thread.
pub(super) fn weights(seed: u64, stream: u64, nth: u64, blocks: usize) -> Vec<f64> {
    let mut random = Random::of(seed ^ stream.rotate_left(32), FIRST_STREAM + nth);
    let mut weights = vec![0.0; blocks];
    for _ in 0..blocks {
        weights[random.below(blocks)] += 1.0;
    }
    weights
}

/// Streams below are those of trees.
const FIRST_STREAM: u64 = 1 << 63;

#[cfg(test)]
mod tests {
    use super::weights;

    #[test]
    fn as_many_blocks_are_drawn_as_there_are_and_each_resample_differs() {
        let drawn = weights(7, 0, 3, 30);
        assert_eq!(drawn.iter().sum::<f64>(), 30.0);
        assert_eq!(drawn, weights(7, 0, 3, 30));
        for other in [weights(8, 0, 3, 30), weights(7, 1, 3, 30), weights(7, 0, 4, 30)] {
            assert_ne!(drawn, other);
        }
    }
}
