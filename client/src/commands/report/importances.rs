//! What the features add, largest first.

use crate::output::{Paint, Table, Tone, bar, share, signed};
use mltraining_proto::v1;

const SHOWN: usize = 10;

/// The features with the largest shares, and a word on the others.
pub(crate) fn chart(importances: &[v1::FeatureImportance], paint: Paint) -> String {
    let mut sorted: Vec<&v1::FeatureImportance> = importances.iter().collect();
    sorted.sort_by(|a, b| b.share.total_cmp(&a.share));
    let largest = sorted.first().map_or(0.0, |first| first.share);
    let numbers = importances.iter().any(|importance| importance.r2_drop.is_some());
    let without = match numbers {
        true => ">R2 lost without it",
        false => ">ROC AUC lost without it",
    };
    let mut table = Table::new(&["feature", ">importance", "", without], paint);
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
    let drop = importance.roc_auc_drop.or(importance.r2_drop);
    let deviation = importance.roc_auc_drop_deviation.or(importance.r2_drop_deviation);
    match deviation {
        Some(deviation) => format!("{} ± {deviation:.3}", signed(drop)),
        None => signed(drop),
    }
}
