use crate::seeded::{Rows, exclusive_or, matrix};
use mltraining_domain::{AlgorithmSpec, ClassWeight, ExtraTreesSpec};
use mltraining_learn::control::Control;
use mltraining_learn::fit::{fit, fit_weighted};
use mltraining_learn::model::Model;

fn extra_trees(spec: ExtraTreesSpec) -> AlgorithmSpec {
    AlgorithmSpec::ExtraTrees(spec)
}

fn small() -> ExtraTreesSpec {
    ExtraTreesSpec {
        trees: 60,
        max_depth: 8,
        ..ExtraTreesSpec::default()
    }
}

#[test]
fn a_planted_interaction_is_found_and_noise_is_not() {
    let spec = ExtraTreesSpec {
        max_features: Some(1.0),
        ..small()
    };
    let auc = Rows::of(5, 8000, 6, exclusive_or).fitted_auc(&extra_trees(spec));
    assert!(auc > 0.87, "{auc}");
    let auc = Rows::of(3, 8000, 10, |_| 0.5).fitted_auc(&extra_trees(small()));
    assert!((auc - 0.5).abs() < 0.03, "{auc}");
}

/// Every tree sees all rows once, so that all say the exact shares of a column with two values.
#[test]
fn every_tree_sees_every_row_once() {
    let x = matrix(vec![(0..1000).map(|row| (row % 2) as f32).collect()]);
    let labels: Vec<u8> = (0..1000)
        .map(|row| u8::from(row % 10 == 0 || row % 4 == 1))
        .collect();
    let rows: Vec<u32> = (0..1000).collect();
    let model = fit(&extra_trees(small()), &x, &rows, &labels, 1, &Control::none()).unwrap();
    let share = |odd: usize| {
        let of = (0..1000).filter(|row| row % 2 == odd);
        f64::from(of.map(|row| u32::from(labels[row])).sum::<u32>()) / 500.0
    };
    let scores = model.predict(&x, &[0, 1]);
    for (score, odd) in scores.iter().zip([0, 1]) {
        assert!((score - share(odd)).abs() < 1e-7, "{scores:?}");
    }
}

/// The values 0 to 9, but for one at 100: a cut is as likely in each stretch between two values as the stretch is long, so that
/// nine in ten lie in the last one.
#[test]
fn cuts_are_drawn_evenly_between_the_least_and_the_largest_value() {
    let mut column: Vec<f32> = (0..900).map(|row| (row % 10) as f32).collect();
    column.extend(vec![100.0; 100]);
    let x = matrix(vec![column]);
    let labels: Vec<u8> = (0..1000).map(|row| u8::from(row % 3 == 0)).collect();
    let rows: Vec<u32> = (0..1000).collect();
    let spec = ExtraTreesSpec {
        trees: 2000,
        max_depth: 1,
        ..small()
    };
    let Model::ExtraTrees(forest) = fit(&extra_trees(spec), &x, &rows, &labels, 7, &Control::none()).unwrap()
    else {
        panic!("extra trees were asked for")
    };
    let cut = |threshold: f32| {
        let roots = forest.trees().iter().map(|tree| tree.nodes()[0].threshold);
        roots.filter(|found| *found == threshold).count()
    };
    // Cuts lie midway: 0.5, 1.5 .. 8.5, then 54.5; the first stretch is taken to be as long as the second.
    let total = 54.5 + 0.5;
    for (threshold, length) in [(0.5, 1.0), (4.5, 1.0), (8.5, 1.0), (54.5, 46.0)] {
        let expected = 2000.0 * length / total;
        let found = cut(threshold) as f64;
        assert!(
            (found - expected).abs() < 5.0 * expected.sqrt(),
            "{found} cuts at {threshold}, not {expected}"
        );
    }
}

/// Deep nodes hold a part of the values only, so that most cuts drawn over all values part nothing there.
#[test]
fn nodes_of_few_values_are_cut_as_well() {
    let x = matrix(vec![
        (0..2000).map(|row| ((row % 1000) as f32 / 50.0).exp()).collect(),
    ]);
    let labels: Vec<u8> = (0..2000).map(|row| u8::from(row % 1000 / 100 % 2 == 0)).collect();
    let rows: Vec<u32> = (0..2000).collect();
    let spec = ExtraTreesSpec {
        trees: 5,
        max_depth: 64,
        ..small()
    };
    let model = fit(&extra_trees(spec), &x, &rows, &labels, 1, &Control::none()).unwrap();
    let wrong = model
        .predict(&x, &rows)
        .iter()
        .zip(&labels)
        .filter(|(score, label)| (**score >= 0.5) != (**label == 1))
        .count();
    assert!(
        wrong < 40,
        "{wrong} of 2,000 rows, where only bins at the nine borders hold both classes"
    );
}

#[test]
fn that_a_value_is_missing_is_a_signal_too() {
    let rows = Rows::of(9, 4000, 2, |row| if row[0] < 0.5 { 0.9 } else { 0.1 });
    let hidden = |v: &f32| if *v < 0.5 { f32::NAN } else { 1.0 };
    let columns = vec![
        rows.x.column(0).iter().map(hidden).collect(),
        rows.x.column(1).to_vec(),
    ];
    let rows = Rows {
        x: matrix(columns),
        labels: rows.labels,
    };
    let auc = rows.fitted_auc(&extra_trees(small()));
    assert!(auc > 0.87, "{auc}");
}

#[test]
fn rows_and_classes_count_what_they_weigh() {
    let x = matrix(vec![vec![1.0; 1000]]);
    let labels: Vec<u8> = (0..1000).map(|row| u8::from(row % 4 == 0)).collect();
    let rows: Vec<u32> = (0..1000).collect();
    let weights: Vec<f32> = labels
        .iter()
        .map(|&label| if label == 1 { 1.0 } else { 0.25 })
        .collect();
    let score = |weights: Option<&[f32]>, class_weight| {
        let spec = extra_trees(ExtraTreesSpec {
            class_weight,
            ..small()
        });
        let model = fit_weighted(&spec, &x, &rows, &labels, weights, 1, &Control::none()).unwrap();
        model.predict(&x, &[0])[0]
    };
    let expected = 0.25 / (0.25 + 0.75 * 0.25);
    let found = score(Some(&weights), ClassWeight::None);
    assert!((found - expected).abs() < 0.02, "{found}, not {expected}");
    let balanced = score(None, ClassWeight::Balanced);
    assert!((balanced - 0.5).abs() < 1e-6, "{balanced}");
}

#[test]
fn no_leaf_is_smaller_and_no_tree_deeper_than_asked_for() {
    let rows = Rows::of(6, 3000, 4, exclusive_or);
    let spec = ExtraTreesSpec {
        max_depth: 5,
        min_samples_leaf: 40,
        trees: 20,
        ..ExtraTreesSpec::default()
    };
    let Model::ExtraTrees(forest) = rows.fit(&extra_trees(spec)) else {
        panic!("extra trees were asked for")
    };
    for tree in forest.trees() {
        assert!(tree.depth() <= 5 && tree.depth() > 1);
        let mut counts = vec![0; tree.nodes().len()];
        for row in rows.train() {
            let mut at = 0;
            while !tree.is_leaf(at) {
                let node = tree.nodes()[at];
                let value = rows.x.column(usize::from(node.feature))[row as usize];
                at = node.left as usize + usize::from(value > node.threshold);
            }
            counts[at] += 1;
        }
        let leaves = (0..counts.len()).filter(|&node| tree.is_leaf(node));
        assert!(
            leaves.map(|node| counts[node]).all(|count| count >= 40),
            "{counts:?}"
        );
    }
}
