//! A forest: the mean of its trees.

use super::ensemble::Ensemble;
use super::graph::Graph;
use crate::random_forest::Forest;

/// Adds the score or the number, double [rows, 1].
pub(super) fn write(forest: &Forest, values: &str, graph: &mut Graph) -> String {
    let mut ensemble = Ensemble::default();
    forest.trees().iter().for_each(|tree| ensemble.tree(tree));
    let sum = ensemble.write(values, 1, graph);
    let count = graph.number(forest.trees().len() as f64);
    graph.op("Div", &[&sum, &count], Vec::new())
}
