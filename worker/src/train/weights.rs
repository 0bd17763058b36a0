//! What training rows count in a fit.

use mltraining_domain::SampleWeight;
use mltraining_panel::rows::LabelledRows;
use mltraining_panel::uniqueness::sharing;

/// One weight for each labelled row, for a fit on the rows `train`; `None` when each counts 1. Uniqueness is that among the rows
/// trained on alone, so that it tells nothing of others; rows that are not trained on have the weight 1.
pub(super) fn of(rows: &LabelledRows, train: &[u32], rule: SampleWeight) -> Option<Vec<f32>> {
    if rule == SampleWeight::None {
        return None;
    }
    let mut train = train.to_vec();
    train.sort_unstable(); // by entity, then by time, as the rows are
    let mut weights = vec![1.0; rows.len()];
    let mut rest = train.as_slice();
    for end in &rows.entity_ends {
        let (of_entity, later) = rest.split_at(rest.partition_point(|row| row < end));
        rest = later;
        let times = |of: &[i64]| -> Vec<i64> { of_entity.iter().map(|row| of[*row as usize]).collect() };
        let shared = sharing(&times(&rows.decisions), &times(&rows.resolves));
        for (row, sharing) in of_entity.iter().zip(shared) {
            weights[*row as usize] = sharing.uniqueness as f32;
        }
    }
    Some(weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two entities; labels of the first overlap, those of the second do not.
    fn rows() -> LabelledRows {
        LabelledRows {
            labels: vec![0, 1, 0, 1, 0, 1],
            decisions: vec![0, 1, 2, 0, 10, 20],
            resolves: vec![2, 3, 4, 10, 20, 30],
            entity_ends: vec![3, 6],
            ..LabelledRows::default()
        }
    }

    #[test]
    fn rows_count_what_is_their_own_among_the_rows_trained_on() {
        let of = |train: &[u32]| of(&rows(), train, SampleWeight::Uniqueness).expect("weights");
        assert_eq!(of(&[0, 1, 2, 3, 4, 5]), [0.75, 0.5, 0.75, 1.0, 1.0, 1.0]);
        assert_eq!(
            of(&[5, 1, 3, 0]),
            [0.75, 0.75, 1.0, 1.0, 1.0, 1.0],
            "in any order"
        );
        assert_eq!(of(&[2, 0]), [1.0; 6], "row 1 is not trained on");
    }

    #[test]
    fn without_a_rule_there_are_no_weights() {
        assert_eq!(of(&rows(), &[0, 1], SampleWeight::None), None);
    }
}
