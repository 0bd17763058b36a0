//! Seeded matrices with known structure: autocorrelated, heavy-tailed, whole and correlated columns, interactions.
//! The same recipe as the peers' `make_matrices.py` (their random numbers differ), without missing values.

use std::f64::consts::TAU;

/// Columns and labels, cut into training rows (first) and test rows.
pub struct Dataset {
    /// One column per feature.
    pub columns: Vec<Vec<f32>>,
    /// 0 or 1 for each row.
    pub labels: Vec<u8>,
    /// So many rows from the front are for training.
    pub train_rows: usize,
}

/// SplitMix64, and normals by Box and Muller.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (TAU * self.uniform()).cos()
    }
}

/// A matrix of `train_rows + test_rows` rows and `features` columns (20 or more), about `positives` of them positive.
pub fn make(train_rows: usize, test_rows: usize, features: usize, positives: f64, seed: u64) -> Dataset {
    let rows = train_rows + test_rows;
    let mut random = Random(seed);
    let quarter = features / 4;
    let mut columns: Vec<Vec<f32>> = (0..features)
        .map(|j| column(&mut random, rows, if j < quarter { 0.95 } else { 0.0 }))
        .collect();
    for column in &mut columns[quarter..quarter + 3] {
        column.iter_mut().for_each(|v| *v = v.signum() * v.abs().exp_m1());
    }
    columns[quarter + 3] = (0..rows)
        .map(|_| (random.uniform() * 7.0).floor() as f32)
        .collect();
    columns[quarter + 4] = (0..rows)
        .map(|_| f32::from(u8::from(random.uniform() < 0.3)))
        .collect();
    for j in 0..4 {
        let (front, back) = columns.split_at_mut(features - 1 - j);
        back[0]
            .iter_mut()
            .zip(&front[j])
            .for_each(|(b, a)| *b = 0.8 * a + 0.6 * *b);
    }
    let signal: Vec<f64> = (0..rows)
        .map(|row| 1.3 * signal(&columns, quarter, row))
        .collect();
    let offset = offset(&signal, positives);
    let labels = signal
        .iter()
        .map(|z| u8::from(random.uniform() < logistic(z + offset)))
        .collect();
    Dataset {
        columns,
        labels,
        train_rows,
    }
}

/// Standard normals; with `memory` above 0 each remembers the one before.
fn column(random: &mut Random, rows: usize, memory: f64) -> Vec<f32> {
    let fresh = (1.0 - memory * memory).sqrt();
    let mut last = 0.0;
    (0..rows)
        .map(|_| {
            last = memory * last + fresh * random.normal();
            last as f32
        })
        .collect()
}

fn signal(columns: &[Vec<f32>], k: usize, row: usize) -> f64 {
    let f = |j: usize| f64::from(columns[j][row]);
    let when = |condition: bool| f64::from(u8::from(condition));
    1.1 * f(0) + 0.9 * (2.0 * f(1)).sin() + 1.2 * f(2) * f(3) - 0.8 * when(f(k + 5) > 0.7) * f(4)
        + 0.7 * f(k + 6).abs()
        + 0.9 * when(f(k + 3) == 2.0 || f(k + 3) == 5.0)
        - 0.6 * f(k + 4) * f(k + 7)
        + 0.5 * f(k).tanh()
        + 0.4 * f(k + 8) * when(f(0) > 0.0)
        + 0.3 * (3.0 * f(k + 9)).cos()
        + 0.25 * f(k + 5)
}

/// What is added to the signal so that the mean probability is `positives`.
fn offset(signal: &[f64], positives: f64) -> f64 {
    let (mut low, mut high) = (-30.0, 30.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        let mean = signal.iter().map(|z| logistic(z + middle)).sum::<f64>() / signal.len() as f64;
        if mean > positives {
            high = middle;
        } else {
            low = middle;
        }
    }
    (low + high) / 2.0
}

fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}
