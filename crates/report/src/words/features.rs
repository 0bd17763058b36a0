//! What the model may look at.

use mltraining_domain::{FeatureSpec, Window};

/// Sets, windows and single features in a line.
pub(crate) fn features(spec: &FeatureSpec, count: usize) -> String {
    let mut parts = vec![format!("{count} in all")];
    if !spec.sets.is_empty() {
        let windows: Vec<String> = spec.windows.iter().map(Window::to_string).collect();
        parts.push(format!(
            "sets {} over windows {}",
            spec.sets.join(", "),
            windows.join(", ")
        ));
    }
    if !spec.features.is_empty() {
        parts.push(format!("{} named one by one", spec.features.len()));
    }
    if !spec.exclude.is_empty() {
        parts.push(format!("{} left out", spec.exclude.len()));
    }
    parts.join("; ")
}
