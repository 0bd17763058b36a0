//! What the features add, largest first.

use crate::output::{Paint, Table, Tone, bar, share, signed};
use mltraining_proto::v1;

const SHOWN: usize = 10;

/// The features with the largest shares, and a word on the others.
pub(crate) fn chart(importances: &[v1::FeatureImportance], paint: Paint) -> String {
    let mut sorted: Vec<&v1::FeatureImportance> = importances.iter().collect();
    sorted.sort_by(|a, b| b.share.total_cmp(&a.share));
    let largest = sorted.first().map_or(0.0, |first| first.share);
    let mut table = Table::new(&["feature", ">importance", "", ">ROC AUC lost without it"], paint);
    for importance in sorted.iter().take(SHOWN) {
        table.row([
            importance.feature.clone(),
            share(Some(importance.share)),
            bar(Some(importance.share), largest, 24),
            lost(importance),
        ]);
    }
    let rest = &sorted[sorted.len().min(SHOWN)..];
    if rest.is_empty() {
        return table.render();
    }
    let sum: f64 = rest.iter().map(|importance| importance.share).sum();
    let others = format!("and {} more with {} together", rest.len(), share(Some(sum)));
    format!("{}\n{}", table.render(), paint.text(Tone::Faint, others))
}

/// What test rows lose when the feature is shuffled, with its spread over the folds.
fn lost(importance: &v1::FeatureImportance) -> String {
    match importance.roc_auc_drop_deviation {
        Some(deviation) => format!("{} ± {deviation:.3}", signed(importance.roc_auc_drop)),
        None => signed(importance.roc_auc_drop),
    }
}
