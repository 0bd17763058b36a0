//! A calibration: two numbers, or a search tree over the corners of a rising function.

use super::ensemble::{Child, Ensemble, Mode, Split};
use super::graph::{Graph, integer};
use crate::calibration::{Calibrator, Isotonic, Platt};
use crate::tree::Side;

/// Adds the probability of a score, double [rows, 1] both.
pub(super) fn write(calibration: &Calibrator, score: &str, graph: &mut Graph) -> String {
    match calibration {
        Calibrator::Platt(platt) => write_platt(*platt, score, graph),
        Calibrator::Isotonic(isotonic) => write_isotonic(isotonic, score, graph),
    }
}

fn write_platt(platt: Platt, score: &str, graph: &mut Graph) -> String {
    let one = graph.number(1.0);
    let (low, high) = (graph.number(Platt::CLIP), graph.number(1.0 - Platt::CLIP));
    let (slope, intercept) = (graph.number(platt.slope), graph.number(platt.intercept));
    let clipped = graph.op("Clip", &[score, &low, &high], Vec::new());
    let rest = graph.op("Sub", &[&one, &clipped], Vec::new());
    let odds = graph.op("Div", &[&clipped, &rest], Vec::new());
    let log_odds = graph.op("Log", &[&odds], Vec::new());
    let scaled = graph.op("Mul", &[&log_odds, &slope], Vec::new());
    let moved = graph.op("Add", &[&scaled, &intercept], Vec::new());
    graph.op("Sigmoid", &[&moved], Vec::new())
}

/// What is known of the part of the function that a score falls into: a target of the search each.
#[derive(Debug, Clone, Copy)]
struct Part {
    /// The corner at its beginning.
    from: f64,
    /// The value there.
    value: f64,
    /// What the function rises by up to its end.
    rise: f64,
    /// How long it is.
    length: f64,
    /// The value at its end, above which nothing rounds.
    most: f64,
}

/// The corners are searched by a tree, in as many steps as their number has bits, whatever number that is. What is found
/// is computed by the same arithmetic as in the model.
fn write_isotonic(isotonic: &Isotonic, score: &str, graph: &mut Graph) -> String {
    let parts = parts(isotonic);
    let targets: [fn(&Part) -> f64; 5] = [|p| p.from, |p| p.value, |p| p.rise, |p| p.length, |p| p.most];
    let mut ensemble = Ensemble::default();
    for (target, of) in targets.iter().enumerate() {
        let leaves: Vec<f64> = parts.iter().map(of).collect();
        if let Child::Node(root) = search(isotonic.scores(), &leaves, 0, target as i64, &mut ensemble) {
            ensemble.root(root);
        }
    }
    let found = ensemble.write(score, targets.len(), graph);
    let column = |nth: usize, graph: &mut Graph| {
        let place = graph.index(nth);
        graph.op("Gather", &[&found, &place], vec![integer("axis", 1)])
    };
    let (from, value) = (column(0, graph), column(1, graph));
    let (rise, length, most) = (column(2, graph), column(3, graph), column(4, graph));
    let beyond = graph.op("Sub", &[score, &from], Vec::new());
    let part = graph.op("Div", &[&beyond, &length], Vec::new());
    let risen = graph.op("Mul", &[&rise, &part], Vec::new());
    let sum = graph.op("Add", &[&value, &risen], Vec::new());
    graph.op("Min", &[&sum, &most], Vec::new())
}

/// The parts before, between and after the corners.
fn parts(isotonic: &Isotonic) -> Vec<Part> {
    let (scores, values) = (isotonic.scores(), isotonic.values());
    let level = |value: f64| Part {
        from: 0.0,
        value,
        rise: 0.0,
        length: 1.0,
        most: value,
    };
    let first = level(values[0]);
    let last = level(values[values.len() - 1]);
    let between = (1..scores.len()).map(|at| Part {
        from: scores[at - 1],
        value: values[at - 1],
        rise: values[at] - values[at - 1],
        length: scores[at] - scores[at - 1],
        most: values[at],
    });
    std::iter::once(first).chain(between).chain([last]).collect()
}

/// A balanced tree over the leaves from `first` on, of which the k-th is of scores that so many corners are at or below.
fn search(corners: &[f64], leaves: &[f64], first: usize, target: i64, ensemble: &mut Ensemble) -> Child {
    if let [leaf] = leaves {
        return ensemble.leaf(target, *leaf);
    }
    let half = leaves.len() / 2;
    let (below, above) = leaves.split_at(half);
    let below = search(corners, below, first, target, ensemble);
    let above = search(corners, above, first + half, target, ensemble);
    let split = Split {
        feature: 0,
        mode: Mode::Below,
        at: corners[first + half - 1],
        missing: Side::Left,
    };
    ensemble.node(split, below, above)
}
