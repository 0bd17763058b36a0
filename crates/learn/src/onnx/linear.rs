//! A linear model: missing values become the mean, all are standardised, weighed and added up.

use super::graph::Graph;
use crate::logistic_regression::Linear;

/// Adds the weighted sum, double [rows, 1]: the number, or the log odds.
pub(super) fn write(linear: &Linear, values: &str, graph: &mut Graph) -> String {
    let features = linear.weights().len();
    let means: Vec<f64> = linear.standards().iter().map(|standard| standard.mean).collect();
    let scales: Vec<f64> = linear.standards().iter().map(|standard| standard.scale).collect();
    let means = graph.numbers(&[features], &means);
    let scales = graph.numbers(&[features], &scales);
    let weights = graph.numbers(&[features, 1], linear.weights());
    let intercept = graph.number(linear.intercept());
    let missing = graph.op("IsNaN", &[values], Vec::new());
    let filled = graph.op("Where", &[&missing, &means, values], Vec::new());
    let centred = graph.op("Sub", &[&filled, &means], Vec::new());
    let standard = graph.op("Div", &[&centred, &scales], Vec::new());
    let sum = graph.op("MatMul", &[&standard, &weights], Vec::new());
    graph.op("Add", &[&sum, &intercept], Vec::new())
}
