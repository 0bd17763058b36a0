use super::*;
use crate::metrics::roc_auc;
use crate::random::Random;

const DAY: i64 = 24;

/// Days of hourly rows of three entities in five folds. The score of a positive is higher by `signal`; each day has a
/// prevalence of its own, and half of the noise is shared by all rows of a day.
struct World {
    labels: Vec<u8>,
    scores: Vec<f64>,
    baseline: Vec<f64>,
    times: Vec<i64>,
    ends: Vec<usize>,
}

fn world(seed: u64, days: i64, signal: f64) -> World {
    let mut random = Random::of(seed, 0);
    let mut made = World {
        labels: Vec::new(),
        scores: Vec::new(),
        baseline: Vec::new(),
        times: Vec::new(),
        ends: Vec::new(),
    };
    for day in 0..days {
        let (share, shift) = (0.2 + 0.2 * random.unit(), random.unit());
        let slope = random.unit() - 0.5; // on some days noise looks like a signal: all rows of a day share it
        for row in 0..3 * DAY {
            let label = u8::from(random.unit() < share);
            let score = shift + random.unit() + (signal + 0.3 * slope) * f64::from(label);
            made.labels.push(label);
            made.scores.push(score);
            made.baseline.push(random.unit());
            made.times.push(day * DAY + row / 3);
        }
        if (day + 1) * 5 / days > day * 5 / days {
            made.ends.push(made.labels.len());
        }
    }
    made
}

impl World {
    fn tested(&self) -> Tested<'_> {
        Tested {
            labels: &self.labels,
            scores: &self.scores,
            baseline: Some(&self.baseline),
            times: &self.times,
            fold_ends: &self.ends,
        }
    }

    fn found(&self, resamples: u32) -> Found {
        let resampling = Resampling {
            least_block: DAY,
            resamples,
            seed: 7,
        };
        intervals(self.tested(), resampling, &Control::none()).unwrap()
    }
}

#[test]
fn the_draws_are_the_same_on_any_number_of_threads() {
    let world = world(1, 30, 0.1);
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| world.found(200))
    };
    assert_eq!(on(1), on(2));
    assert_eq!(on(1), on(5));
}

#[test]
fn a_signal_is_told_from_nothing_and_the_interval_holds_the_value() {
    let world = world(2, 30, 0.5);
    let found = world.found(500);
    let value = roc_auc(&world.labels, &world.scores).unwrap();
    let (low, high) = found.overall.roc_auc.bounds().unwrap();
    assert!(
        low < value && value < high && high - low < 0.1,
        "{low} {value} {high}"
    );
    let (low, _) = found.skill.bounds().unwrap();
    assert!(low > 0.0 && found.p_value.unwrap() < 0.01, "{found:?}");
    assert_eq!((found.block, found.overall.blocks), (DAY, 30));
    assert_eq!(found.folds.len(), 5);
    assert!(
        found
            .folds
            .iter()
            .all(|fold| fold.blocks == 6 && fold.roc_auc.bounds().is_some())
    );
}

/// The level that the intervals promise, on noise that whole days share: 5 % of them leave out 0.
#[test]
fn noise_that_days_share_is_called_noise_as_often_as_promised() {
    let mut left_out = 0;
    for seed in 0..400 {
        let found = world(1_000 + seed, 15, 0.0).found(200);
        let (low, high) = found.skill.bounds().unwrap();
        left_out += u32::from(low > 0.0 || high < 0.0);
    }
    assert!(
        left_out <= 36,
        "{left_out} of 400, where 20 are expected and 36 are beyond chance"
    );
    assert!(left_out >= 6, "{left_out} of 400: the intervals are too wide");
}

#[test]
fn few_blocks_and_a_missing_class_leave_intervals_unset_with_the_reason() {
    let found = world(3, 4, 0.5).found(100);
    assert_eq!(found.skill, Interval::Unset(IntervalUnset::TooFewBlocks));
    assert_eq!((found.overall.blocks, found.p_value), (4, None));
    let mut poor = world(4, 10, 0.5);
    poor.labels.fill(0);
    let found = poor.found(100);
    assert_eq!(found.overall.roc_auc, Interval::Unset(IntervalUnset::Undefined));
    assert_eq!(found.skill, Interval::Unset(IntervalUnset::Undefined));
    assert_eq!(
        found.folds[0].roc_auc,
        Interval::Unset(IntervalUnset::TooFewBlocks)
    );
}

#[test]
fn folds_of_one_block_each_are_drawn_like_blocks() {
    let world = world(5, 5, 0.4);
    let found = world.found(300);
    let (low, high) = found.skill.bounds().unwrap();
    assert!(high > low, "five folds of a day differ");
    assert!(
        found
            .folds
            .iter()
            .all(|fold| fold.blocks == 1 && fold.roc_auc.bounds().is_none())
    );
}

#[test]
fn a_model_held_against_itself_has_no_skill_at_all() {
    let mut world = world(6, 20, 0.3);
    world.baseline = world.scores.clone();
    let found = world.found(100);
    assert_eq!(found.skill.bounds(), Some((0.0, 0.0)));
    assert_eq!(found.p_value, Some(1.0));
}

#[test]
fn a_stop_ends_the_draws() {
    let stopped = std::sync::atomic::AtomicBool::new(true);
    let control = Control {
        cancel: &stopped,
        progress: &|_, _| {},
    };
    let resampling = Resampling {
        least_block: DAY,
        resamples: 10,
        seed: 1,
    };
    let world = world(7, 10, 0.3);
    assert_eq!(
        intervals(world.tested(), resampling, &control),
        Err(FitError::Cancelled)
    );
}
