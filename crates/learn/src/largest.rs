//! The largest of many scores, several compared side by side.

/// Scores that are compared side by side.
pub(crate) const LANES: usize = 8;

/// The largest of the scores, at least 0.
#[inline]
pub(crate) fn largest(scores: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [0f32; LANES];
    let chunks = scores.chunks_exact(LANES);
    let rest = chunks.remainder().iter().copied().fold(0.0, larger);
    for chunk in chunks {
        for (lane, &score) in lanes.iter_mut().zip(chunk) {
            *lane = larger(*lane, score);
        }
    }
    lanes.into_iter().fold(rest, larger)
}
