//! What the features add, largest first.

use crate::output::{Paint, Table, Tone, bar, share};
use mltraining_proto::v1;

const SHOWN: usize = 10;

/// The features with the largest shares, and a word on the others.
pub(super) fn chart(importances: &[v1::FeatureImportance], paint: Paint) -> String {
    let mut sorted: Vec<&v1::FeatureImportance> = importances.iter().collect();
    sorted.sort_by(|a, b| b.share.total_cmp(&a.share));
    let largest = sorted.first().map_or(0.0, |first| first.share);
    let mut table = Table::new(&["feature", ">importance", ""], paint);
    for importance in sorted.iter().take(SHOWN) {
        table.row([
            importance.feature.clone(),
            share(Some(importance.share)),
            bar(Some(importance.share), largest, 24),
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
