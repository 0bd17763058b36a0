//! The rows that one tree sees.

use super::draw::Draw;
use crate::random::Random;

/// Rows drawn with replacement, and the memory for them, which is used for tree after tree.
#[derive(Default)]
pub(crate) struct Bag {
    times: Vec<u8>,
    draws: Vec<Draw>,
}

impl Bag {
    /// Draws `share` of the rows with replacement, and keeps of the draws of a row with a weight that share of them. Gives the
    /// drawn rows, in their order; at least one.
    pub(super) fn fill(
        &mut self,
        labels: &[u8],
        weights: Option<&[f32]>,
        share: f64,
        random: &mut Random,
    ) -> &mut [Draw] {
        self.draw(labels.len(), weights, share, random);
        let times = std::mem::take(&mut self.times); // given back before the tree grows
        // No more memory than is drawn, and one place that is written and not kept.
        let places = times.iter().filter(|times| **times > 0).count() + 1;
        self.draws.clear();
        self.draws.reserve_exact(places);
        self.draws.resize(places, Draw::default());
        let mut drawn = 0;
        for (row, (&times, &label)) in times.iter().zip(labels).enumerate() {
            // Written in any case and kept when drawn: no branch to guess wrong on every third row.
            self.draws[drawn] = Draw::new(row as u32, times, label);
            drawn += usize::from(times > 0);
        }
        &mut self.draws[..drawn]
    }

    /// How often each of `rows` rows is drawn, as [`fill`](Self::fill) draws them.
    pub(crate) fn draw(
        &mut self,
        rows: usize,
        weights: Option<&[f32]>,
        share: f64,
        random: &mut Random,
    ) -> &[u8] {
        self.times.clear();
        self.times.resize(rows, 0);
        let draws = ((share * rows as f64).round() as usize).max(1);
        match weights {
            None => (0..draws).for_each(|_| self.count(random.below(rows))),
            Some(weights) => self.draw_by_weight(weights, draws, random),
        }
        &self.times
    }

    fn count(&mut self, row: usize) {
        // No row is drawn 255 times: with n draws of n rows that has a probability below n / 255!.
        self.times[row] = self.times[row].saturating_add(1);
    }

    fn draw_by_weight(&mut self, weights: &[f32], draws: usize, random: &mut Random) {
        let mut kept = false;
        for _ in 0..draws {
            let row = random.below(weights.len());
            if random.unit() < f64::from(weights[row]) {
                self.count(row);
                kept = true;
            }
        }
        if !kept {
            self.count(random.below(weights.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::draw::Tally;
    use super::*;

    #[test]
    fn a_bag_holds_the_share_of_draws_in_ascending_rows() {
        let labels: Vec<u8> = (0..1000).map(|row| u8::from(row % 4 == 0)).collect();
        let mut bag = Bag::default();
        for share in [1.0, 0.3, 1e-9] {
            let draws = bag.fill(&labels, None, share, &mut Random::of(1, 2));
            assert!(draws.windows(2).all(|pair| pair[0].row() < pair[1].row()));
            let tally: Tally = draws.iter().copied().sum();
            assert_eq!(tally.draws(), ((share * 1000.0) as u32).max(1));
            let positives = draws
                .iter()
                .filter(|draw| draw.row() % 4 == 0)
                .copied()
                .sum::<Tally>();
            assert_eq!(positives.draws(), tally.positives());
        }
    }

    #[test]
    fn a_row_is_drawn_as_often_as_it_weighs() {
        let labels = vec![0; 20_000];
        let weights: Vec<f32> = (0..20_000)
            .map(|row| if row < 10_000 { 1.0 } else { 0.25 })
            .collect();
        let mut bag = Bag::default();
        let draws = bag.fill(&labels, Some(&weights), 1.0, &mut Random::of(3, 0));
        let count = |heavy: bool| {
            let of = draws.iter().filter(|draw| (draw.row() < 10_000) == heavy);
            of.copied().sum::<Tally>().draws()
        };
        assert!((9_700..10_300).contains(&count(true)), "{}", count(true));
        assert!((2_350..2_650).contains(&count(false)), "{}", count(false));
        let few = [1e-9, 1e-9];
        assert_eq!(bag.fill(&[0, 1], Some(&few), 1.0, &mut Random::of(3, 0)).len(), 1);
    }

    #[test]
    fn two_thirds_of_the_rows_are_in_a_full_bag() {
        let labels = vec![0; 10_000];
        let drawn = Bag::default()
            .fill(&labels, None, 1.0, &mut Random::of(5, 0))
            .len();
        assert!(
            (6200..6440).contains(&drawn),
            "{drawn} of 10,000; 1 - 1 / e of them are expected"
        );
    }
}
