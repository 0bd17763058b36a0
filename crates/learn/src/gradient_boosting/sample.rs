//! Which rows and which features a tree sees.

use crate::random::Random;

/// Rows that a tree learns from, and those that it does not; both ascend. The memory is used for tree after tree.
#[derive(Default)]
pub(super) struct Sample {
    pub(super) drawn: Vec<u32>,
    pub(super) rest: Vec<u32>,
}

impl Sample {
    /// Draws `share` of the rows without replacement, at least one (selection sampling: Knuth, volume 2, algorithm 3.4.2 S).
    pub(super) fn draw(&mut self, rows: usize, share: f64, random: &mut Random) {
        self.drawn.clear();
        self.rest.clear();
        let wanted = wanted(rows, share);
        if wanted == rows {
            self.drawn.extend(0..rows as u32);
            return;
        }
        for row in 0..rows {
            let chosen = random.below(rows - row) < wanted - self.drawn.len();
            if chosen { &mut self.drawn } else { &mut self.rest }.push(row as u32);
        }
    }
}

/// Draws `share` of the features without replacement, at least one, in ascending order.
pub(super) fn features(features: usize, share: f64, random: &mut Random) -> Vec<u16> {
    let mut sample = Sample::default();
    sample.draw(features, share, random);
    sample.drawn.into_iter().map(|feature| feature as u16).collect()
}

fn wanted(all: usize, share: f64) -> usize {
    ((share * all as f64).round() as usize).clamp(1, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_the_rows_is_drawn_evenly_and_the_rest_is_left() {
        let mut counts = [0; 40];
        let mut sample = Sample::default();
        for stream in 0..1000 {
            sample.draw(40, 0.25, &mut Random::of(1, stream));
            let (drawn, rest) = (&sample.drawn, &sample.rest);
            assert_eq!((drawn.len(), rest.len()), (10, 30));
            let mut all = [drawn.as_slice(), rest].concat();
            all.sort_unstable();
            assert_eq!(all, (0..40).collect::<Vec<u32>>());
            drawn.iter().for_each(|&row| counts[row as usize] += 1);
        }
        assert!(
            counts.iter().all(|count| (190..310).contains(count)),
            "{counts:?}"
        );
        sample.draw(40, 1e-9, &mut Random::of(1, 1));
        assert_eq!(sample.drawn.len(), 1);
        assert_eq!(features(3, 1.0, &mut Random::of(1, 1)), [0, 1, 2]);
    }
}
