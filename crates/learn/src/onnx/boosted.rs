//! A sum of trees: the logistic function of the base and what the trees add.

use super::ensemble::Ensemble;
use super::graph::Graph;
use crate::gradient_boosting::Boosted;

/// Adds the score, double [rows, 1].
pub(super) fn write(boosted: &Boosted, values: &str, graph: &mut Graph) -> String {
    let mut ensemble = Ensemble::default();
    boosted.trees().iter().for_each(|tree| ensemble.tree(tree));
    let sum = ensemble.write(values, 1, graph);
    let base = graph.number(boosted.base());
    let log_odds = graph.op("Add", &[&sum, &base], Vec::new());
    graph.op("Sigmoid", &[&log_odds], Vec::new())
}
