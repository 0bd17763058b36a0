#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    AlgorithmSpec, Calibration, ChangeAtHorizon, Direction, FeatureSpec, GradientBoostingSpec, Growth,
    LabelSpec, SampleWeight, ThresholdSpec, WalkForward, WalkForwardScheme,
};

/// Ten depths of a forest by chance, over ten days.
pub(crate) fn example() -> TuneSpec {
    let label = ChangeAtHorizon {
        column: None,
        change: 0.01,
        direction: Direction::Up,
        horizon: Span::from_mins(10),
        tolerance: None,
    };
    let start = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
    TuneSpec {
        train: TrainSpec {
            model: "tuned".parse().unwrap(),
            source: "bars".parse().unwrap(),
            range: TimeRange {
                start,
                end: start + TimeDelta::days(10),
            },
            known_before: None,
            label: LabelSpec::ChangeAtHorizon(label),
            features: FeatureSpec::default(),
            algorithm: AlgorithmSpec::default(),
            split: SplitSpec::default(),
            unseen_entity_share: None,
            sample_weight: SampleWeight::None,
            calibration: Calibration::None,
            threshold: ThresholdSpec::MaxF1,
            seed: 1,
            entities: Vec::new(),
            phases: Vec::new(),
            max_rows: 1000,
        },
        space: vec![integers("max_depth", 1, 20, Scale::Linear)],
        method: SearchMethod::Random,
        metric: StudyMetric::RocAuc,
        max_trials: 10,
        max_duration: DEFAULT_SEARCH,
        halving: None,
        holdout_share: DEFAULT_HOLDOUT_SHARE,
        parallel_jobs: DEFAULT_PARALLEL_JOBS,
        seed: 42,
    }
}

fn list(name: &str, values: &[f64]) -> Parameter {
    Parameter {
        name: name.to_owned(),
        values: ParameterValues::List(values.to_vec()),
    }
}

fn numbers(name: &str, low: f64, high: f64, scale: Scale) -> Parameter {
    Parameter {
        name: name.to_owned(),
        values: ParameterValues::Numbers { low, high, scale },
    }
}

fn integers(name: &str, low: i64, high: i64, scale: Scale) -> Parameter {
    Parameter {
        name: name.to_owned(),
        values: ParameterValues::Integers { low, high, scale },
    }
}

fn with(change: impl FnOnce(&mut TuneSpec)) -> TuneSpec {
    let mut spec = example();
    change(&mut spec);
    spec
}

fn wrong(change: impl FnOnce(&mut TuneSpec)) -> Vec<String> {
    let found = with(change).violations_of_search();
    found.iter().map(|violation| violation.field.clone()).collect()
}

fn boosting() -> AlgorithmSpec {
    AlgorithmSpec::GradientBoosting(GradientBoostingSpec::default())
}

#[test]
fn a_grid_is_every_point_with_the_last_parameter_first() {
    let spec = with(|spec| {
        spec.method = SearchMethod::Grid;
        spec.space = vec![
            list("trees", &[10.0, 20.0]),
            integers("max_depth", 2, 4, Scale::Linear),
        ];
    });
    let points: Vec<(f64, f64)> = spec
        .configurations()
        .iter()
        .map(|point| (point["trees"], point["max_depth"]))
        .collect();
    let expected = [
        (10.0, 2.0),
        (10.0, 3.0),
        (10.0, 4.0),
        (20.0, 2.0),
        (20.0, 3.0),
        (20.0, 4.0),
    ];
    assert_eq!(points, expected);
}

#[test]
fn draws_follow_from_the_seed_lie_in_bounds_and_never_come_twice() {
    let drawn = |seed| {
        with(|spec| {
            spec.train.algorithm = boosting();
            spec.max_trials = 200;
            spec.seed = seed;
            spec.space = vec![
                numbers("learning_rate", 0.001, 0.3, Scale::Log),
                integers("max_depth", 2, 9, Scale::Linear),
                integers("trees", 10, 1000, Scale::Log),
            ];
        })
        .configurations()
    };
    let points = drawn(7);
    assert_eq!(points, drawn(7));
    assert_ne!(points, drawn(8));
    assert_eq!(points.len(), 200);
    for (place, point) in points.iter().enumerate() {
        assert!((0.001..=0.3).contains(&point["learning_rate"]), "{point:?}");
        assert!((2.0..=9.0).contains(&point["max_depth"]) && point["max_depth"].fract() == 0.0);
        assert!((10.0..=1000.0).contains(&point["trees"]) && point["trees"].fract() == 0.0);
        assert!(!points[..place].contains(point), "{point:?} twice");
    }
    // On a log scale as many lie below the geometric mean of the ends as above it; all whole numbers come about as often.
    let low = points.iter().filter(|point| point["trees"] < 100.0).count();
    assert!((75..=125).contains(&low), "{low} of 200");
    for depth in 2..=9 {
        let count = points
            .iter()
            .filter(|point| point["max_depth"] == f64::from(depth))
            .count();
        assert!((10..=45).contains(&count), "depth {depth} came {count} times");
    }
}

#[test]
fn of_a_small_space_all_points_can_be_drawn() {
    let spec = with(|spec| {
        spec.max_trials = 6;
        spec.space = vec![
            list("trees", &[10.0, 20.0]),
            integers("max_depth", 2, 4, Scale::Linear),
        ];
    });
    assert!(spec.violations_of_search().is_empty());
    let mut points = spec.configurations();
    let grid = space::grid(&spec.space);
    assert_ne!(points, grid, "by chance, not in order");
    points.sort_by(|a, b| a.values().partial_cmp(b.values()).unwrap());
    assert_eq!(points.len(), 6);
    assert!(grid.iter().all(|point| points.contains(point)));
}

#[test]
fn a_grid_beyond_the_budget_and_a_space_below_it_are_refused() {
    let five = || vec![list("max_depth", &[1.0, 2.0, 3.0, 4.0, 5.0])];
    let sized = |method, trials| {
        wrong(|spec| {
            spec.method = method;
            spec.space = five();
            spec.max_trials = trials;
        })
    };
    assert_eq!(sized(SearchMethod::Grid, 5), Vec::<String>::new());
    assert_eq!(sized(SearchMethod::Grid, 4), ["max_trials"]);
    assert_eq!(sized(SearchMethod::Random, 5), Vec::<String>::new());
    assert_eq!(sized(SearchMethod::Random, 6), ["max_trials"]);
}

#[test]
fn every_wrong_field_of_a_space_is_named() {
    let space = |space: Vec<Parameter>| {
        wrong(|spec| {
            spec.train.algorithm = boosting();
            spec.space = space;
        })
    };
    assert_eq!(space(vec![]), ["space"]);
    assert_eq!(space(vec![list("leaves", &[1.0])]), ["space[0].name"]);
    assert_eq!(space(vec![list("growth", &[1.0])]), ["space[0].name"]);
    assert_eq!(space(vec![list("max_depth", &[])]), ["space[0].list"]);
    assert_eq!(space(vec![list("max_depth", &[4.0, 4.0])]), ["space[0].list"]);
    assert_eq!(space(vec![list("max_depth", &[4.5])]), ["space[0].list"]);
    assert_eq!(space(vec![list("max_depth", &[65.0])]), ["space[0].list"]);
    assert_eq!(space(vec![list("max_leaves", &[1.0])]), ["space[0].list"]);
    let low = integers("max_depth", 8, 2, Scale::Linear);
    assert_eq!(space(vec![low]), ["space[0].integers"]);
    let log = numbers("l2", 0.0, 1.0, Scale::Log);
    assert_eq!(space(vec![log]), ["space[0].numbers"]);
    let whole = numbers("trees", 1.0, 5.0, Scale::Linear);
    assert_eq!(space(vec![whole]), ["space[0].numbers"]);
    let twice = vec![list("l1", &[0.0]), list("l1", &[1.0])];
    assert_eq!(space(twice), ["space[1].name"]);
    let grid = wrong(|spec| {
        spec.train.algorithm = boosting();
        spec.method = SearchMethod::Grid;
        spec.space = vec![numbers("l2", 0.1, 1.0, Scale::Linear)];
    });
    assert_eq!(grid, ["space[0].numbers"]);
}

#[test]
fn every_wrong_field_of_a_search_is_named() {
    type Change = fn(&mut TuneSpec);
    let changes: [(Change, &str); 8] = [
        (|spec| spec.metric = StudyMetric::Rmse, "metric"),
        (|spec| spec.max_duration = Span::ZERO, "max_duration"),
        (|spec| spec.holdout_share = 0.6, "holdout_share"),
        (|spec| spec.holdout_share = f64::NAN, "holdout_share"),
        (|spec| spec.parallel_jobs = 0, "parallel_jobs"),
        (
            |spec| spec.halving = Some(Halving { rungs: 1, rate: 3 }),
            "halving.rungs",
        ),
        (
            |spec| spec.halving = Some(Halving { rungs: 3, rate: 1 }),
            "halving.rate",
        ),
        (
            |spec| spec.halving = Some(Halving { rungs: 4, rate: 10 }),
            "halving.rungs",
        ),
    ];
    for (change, field) in changes {
        assert_eq!(wrong(change), [field]);
    }
    assert_eq!(wrong(|_| {}), Vec::<String>::new());
}

#[test]
fn parameters_are_set_by_the_names_that_requests_have() {
    let depth = boosting().with_parameter("max_depth", 3.0).unwrap();
    let AlgorithmSpec::GradientBoosting(set) = depth else {
        panic!("boosting")
    };
    assert_eq!(set.max_depth, 3);
    let leaves = boosting().with_parameter("max_leaves", 40.0).unwrap();
    let AlgorithmSpec::GradientBoosting(set) = leaves else {
        panic!("boosting")
    };
    assert_eq!(set.growth, Growth::LeafWise { max_leaves: 40 });
    // One that is unset by default takes a number as well.
    let forest = AlgorithmSpec::default()
        .with_parameter("max_features", 0.5)
        .unwrap();
    let AlgorithmSpec::RandomForest(set) = forest else {
        panic!("a forest")
    };
    assert_eq!(set.max_features, Some(0.5));
    for algorithm in AlgorithmSpec::all() {
        assert!(!algorithm.parameter_names().is_empty(), "{}", algorithm.name());
    }
    assert!(boosting().with_parameter("max_depth", -1.0).is_err());
    assert!(boosting().with_parameter("l2", f64::NAN).is_err());
}

#[test]
fn trials_see_nothing_of_the_holdout_and_the_winner_is_judged_on_it_alone() {
    let spec = with(|spec| spec.holdout_share = 0.25);
    let (searched, held_out) = (spec.searched(), spec.held_out());
    assert_eq!(searched.end, held_out.start);
    assert_eq!(
        (searched.start, held_out.end),
        (spec.train.range.start, spec.train.range.end)
    );
    let whole = spec.train.range.end - spec.train.range.start;
    assert_eq!((held_out.end - held_out.start) * 4, whole);
    let trial = TrialConfiguration {
        number: 1,
        parameters: Configuration::from([("max_depth".to_owned(), 3.0)]),
    };
    let training = spec.training_of(&trial.parameters).unwrap();
    let SplitSpec::Holdout(holdout) = &training.split else {
        panic!("a holdout")
    };
    assert_eq!(holdout.test_start, Some(held_out.start));
    assert!(training.violations().is_empty());
    let jobs = spec.jobs_of(JobId::new(uuid::Uuid::nil()), 0, &[trial]);
    assert_eq!(jobs.len(), 1, "no more jobs than trials");
    assert_eq!(jobs[0].train.range, searched);
}

#[test]
fn trials_keep_the_embargo_of_the_split_from_the_holdout() {
    let spec = with(|spec| set_embargo(spec, 60 * 24));
    assert_eq!(spec.held_out().start - spec.searched().end, TimeDelta::days(1));
    let SplitSpec::Holdout(holdout) = spec.training_of(&Configuration::new()).unwrap().split else {
        panic!("a holdout")
    };
    assert_eq!(holdout.embargo, Span::from_mins(60 * 24));
    // Of ten days trials have eight; an embargo of eight leaves none.
    let none = wrong(|spec| set_embargo(spec, 60 * 24 * 8));
    assert_eq!(none, ["spec.split.walk_forward.embargo"]);
}

fn set_embargo(spec: &mut TuneSpec, minutes: u32) {
    spec.train.split = SplitSpec::WalkForward(WalkForward {
        folds: 5,
        scheme: WalkForwardScheme::Expanding,
        embargo: Span::from_mins(minutes),
    });
}

#[test]
fn a_holdout_that_was_recorded_later_is_refused_at_once() {
    let known =
        |days| wrong(|spec| spec.train.known_before = Some(spec.train.range.start + TimeDelta::days(days)));
    assert_eq!(known(9), Vec::<String>::new());
    assert_eq!(known(8), ["spec.known_before"]);
}

#[test]
fn a_space_with_fewer_points_than_trials_is_refused_whatever_it_is_made_of() {
    let narrow = |trials| {
        wrong(|spec| {
            spec.train.algorithm = boosting();
            spec.max_trials = trials;
            // Of four digits these are 1.000, 1.001 and 1.002.
            spec.space = vec![numbers("l2", 1.0, 1.002, Scale::Linear)];
        })
    };
    assert_eq!(narrow(3), Vec::<String>::new());
    assert_eq!(narrow(4), ["max_trials"]);
    let lowest = wrong(|spec| spec.space = vec![integers("max_depth", i64::MIN, 5, Scale::Linear)]);
    assert_eq!(lowest, ["space[0].integers"]);
}

#[test]
fn trials_are_dealt_out_evenly_and_each_once() {
    let trials: Vec<TrialConfiguration> = (1..=10)
        .map(|number| TrialConfiguration {
            number,
            parameters: Configuration::new(),
        })
        .collect();
    let jobs = example().jobs_of(JobId::new(uuid::Uuid::nil()), 0, &trials);
    let sizes: Vec<usize> = jobs.iter().map(|job| job.trials.len()).collect();
    assert_eq!(sizes, [3, 3, 2, 2]);
    let mut numbers: Vec<u32> = jobs
        .iter()
        .flat_map(|job| &job.trials)
        .map(|trial| trial.number)
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=10).collect::<Vec<u32>>());
}

#[test]
fn rungs_learn_from_rising_shares_up_to_all_rows() {
    let spec = with(|spec| spec.halving = Some(Halving { rungs: 3, rate: 3 }));
    let shares: Vec<f64> = (0..3).map(|rung| spec.row_share(rung)).collect();
    assert!((shares[0] - 1.0 / 9.0).abs() < 1e-12 && (shares[1] - 1.0 / 3.0).abs() < 1e-12);
    assert!((shares[2] - 1.0).abs() < 1e-12);
    assert!((example().row_share(0) - 1.0).abs() < 1e-12);
    assert_eq!([9, 8, 1].map(|trials| spec.survivors(trials)), [3, 3, 1]);
}
